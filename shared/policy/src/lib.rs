//! What is told to whom, and what is watched: the policies of a team, as it writes them.
//!
//! Pure: where policies are kept and who acts on them is not known here.
//!
//! # Layout
//!
//! - [`document`]: all policies of a stack, read from TOML
//! - [`route`]: who is told of what, and when
//! - [`quiet`]: hours in which nobody is told
//! - [`watch`]: what is watched
//! - [`condition`]: when a watch fires, as people write it
//! - [`summary`]: a summary once a day or a week
//! - [`observed`]: what is known of functions in a window, and whether a condition holds there
//! - [`glob`]: names with wildcards

pub mod condition;
pub mod document;
pub mod glob;
pub mod observed;
pub mod quiet;
pub mod route;
pub mod summary;
pub mod watch;

pub use condition::Condition;
pub use document::{Document, PolicyError};
pub use glob::Glob;
pub use observed::{Observed, Verdict};
pub use route::{Decision, Route, Subject, Treatment};
pub use watch::{Each, Watch};
