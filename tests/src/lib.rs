//! What only the whole can show.
//!
//! # Layout
//!
//! - [`buttons`]: what Slack sends when somebody presses a button
//! - [`calls`]: random invocations, and the streams that they are logged to
//! - `lines`: the lines that Lambda and the runtimes write about an invocation
//! - [`delivery`]: log events packed as CloudWatch Logs packs them, split, shuffled and repeated
//! - [`plain`]: an independent count of the same invocations
//! - [`binary`]: the built `lamplight`, run to its end
//! - [`local`]: `lamplight local`, run beside the test
//! - [`sink`]: an HTTP server that answers as a test says
//! - [`stack`]: a parser and a keeper on one table, and the clock
//! - [`telling`]: what stands for the topic and for Slack inside a test
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper of tests fails as a test does")]

pub mod binary;
pub mod buttons;
pub mod calls;
pub mod delivery;
mod http;
mod lines;
pub mod local;
pub mod plain;
pub mod sink;
pub mod stack;
pub mod telling;
