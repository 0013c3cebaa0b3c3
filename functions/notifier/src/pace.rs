//! How often a channel is posted to: Slack takes about one message a second there, and lets a few pass at once.
//!
//! No more than two notifiers run at a time, as the mapping of their queue says. Each keeps to half of what a channel
//! takes, so that none has to know of the other.
//!
//! Source: Slack API documentation, "Rate limits", posting messages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Messages that pass at once.
const BURST: u32 = 3;

/// What passes between messages after that.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long a message waits within a run. What would wait longer goes back to its queue.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often each channel was posted to. It lives as long as the process.
#[derive(Debug, Default)]
pub struct Paces(Mutex<HashMap<String, Instant>>);

impl Paces {
    /// How long a message to a channel has to wait, which counts from now on; nothing if that is too long.
    #[must_use]
    pub fn book(&self, channel: &str, now: Instant) -> Option<Duration> {
        // Who panics while it is locked leaves it whole.
        let mut settled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // When the channel would have taken everything, if it took one message in each interval.
        let at = settled.get(channel).copied().unwrap_or(now).max(now);
        let wait = at.duration_since(now).saturating_sub(INTERVAL * (BURST - 1));
        if wait > LONGEST_WAIT {
            return None;
        }
        settled.insert(channel.to_owned(), at + INTERVAL);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_pass_at_once_and_then_one_in_two_seconds() {
        let (paces, now) = (Paces::default(), Instant::now());
        let seconds = |channel: &str, at: u64| {
            let wait = paces.book(channel, now + Duration::from_secs(at));
            wait.map(|wait| wait.as_secs())
        };
        let waits: Vec<_> = (0..7).map(|_| seconds("C1", 0)).collect();
        assert_eq!(waits, [Some(0), Some(0), Some(0), Some(2), Some(4), None, None]);
        assert_eq!(seconds("C2", 0), Some(0), "another channel");
        assert_eq!((seconds("C1", 4), seconds("C1", 5)), (Some(2), Some(3)), "what went back has not counted");
        assert_eq!([(); 4].map(|()| seconds("C1", 3_600)), [Some(0), Some(0), Some(0), Some(2)]);
    }
}
