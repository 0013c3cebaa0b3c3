//! Input: files, folders or standard input, in whatever form the logs are.
//!
//! - `files`: what is to be read
//! - `chunks`: a file in chunks of whole lines
//! - `forms`: what a document or a line is
//! - `lines`: from lines and documents to deliveries
//! - `reader`: from files to sinks, in chunks that threads share

mod chunks;
mod files;
mod forms;
mod lines;
mod reader;

use std::borrow::Cow;

use lamplight_logs::{Delivery, Source};

use crate::arguments::PlaceArguments;
use crate::error::CliError;

pub use reader::read;

/// A delivery, or an event that came alone.
#[derive(Debug)]
pub struct Unit<'a> {
    /// Tells it from any other: the same when it is read again.
    pub identity: u64,
    /// What it holds.
    pub delivery: Delivery<'a>,
}

/// Takes what is read.
pub trait Sink {
    /// Takes a delivery.
    fn take(&mut self, unit: Unit<'_>) -> Result<(), CliError>;

    /// Takes note of something that cannot be read. `identity` tells it from any other.
    fn unreadable(&mut self, identity: u64);
}

/// Where the events are from, as far as the input does not say.
#[derive(Debug, Clone, Default)]
pub struct Place {
    account: Option<String>,
    region: Option<String>,
    log_group: Option<String>,
    log_stream: Option<String>,
}

impl Place {
    /// The place that the arguments name.
    pub fn of(arguments: &PlaceArguments) -> Self {
        Self {
            account: arguments.account.clone(),
            region: arguments.region(),
            log_group: arguments.log_group.clone(),
            log_stream: arguments.log_stream.clone(),
        }
    }

    /// The source, with what it does not name filled in.
    fn complete<'a>(&'a self, source: Source<'a>) -> Source<'a> {
        let own = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Source {
            account: source.account.or_else(|| own(&self.account)),
            region: source.region.or_else(|| own(&self.region)),
            log_group: source.log_group.or_else(|| own(&self.log_group)),
            log_stream: source.log_stream.or_else(|| own(&self.log_stream)),
        }
    }
}
