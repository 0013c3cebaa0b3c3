//! CloudWatch Logs, asked no faster than it answers.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The pause between calls that describe something. Most of them may come ten times a second.
const DESCRIBING: Duration = Duration::from_millis(110);

/// The pause between calls that read events or change subscriptions: they may come five times a second, and others
/// share that.
const WORKING: Duration = Duration::from_millis(250);

/// Attempts of one call: who is told to slow down tries again later.
const ATTEMPTS: u32 = 8;

/// CloudWatch Logs of one account and region.
pub struct Logs {
    client: Client,
    describing: Mutex<Interval>,
    working: Mutex<Interval>,
}

impl Logs {
    /// CloudWatch Logs of the account that the configuration leads to.
    pub fn new(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let client = Client::from_conf(Builder::from(config).retry_config(retries).build());
        Self { client, describing: paced(DESCRIBING), working: paced(WORKING) }
    }

    /// The client, when it is time for the next call that describes something.
    pub(super) async fn to_describe(&self) -> &Client {
        self.describing.lock().await.tick().await;
        &self.client
    }

    /// The client, when it is time for the next call that reads events or changes a subscription.
    pub async fn to_work(&self) -> &Client {
        self.working.lock().await.tick().await;
        &self.client
    }
}

fn paced(pause: Duration) -> Mutex<Interval> {
    let mut interval = interval(pause);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Mutex::new(interval)
}
