//! What the functions share of the world outside: the environment, AWS, the web, the clock, their own log.
//!
//! # Layout
//!
//! - [`environment`]: variables that the stack sets
//! - [`web`]: one HTTPS connector for AWS and Slack
//! - [`topic`]: the stack's SNS topic
//! - [`dead_letters`]: the stack's queue of what nobody takes
//! - [`secret`]: a secret by its name
//! - [`clock`]: the time
//! - [`log`]: the functions' own log

pub mod clock;
pub mod dead_letters;
pub mod environment;
mod error;
pub mod log;
pub mod secret;
pub mod topic;
pub mod web;

pub use dead_letters::DeadLetters;
pub use error::AwsError;
pub use topic::Topic;
pub use web::Web;
