//! What is written of deliveries, and who is told.

use std::collections::BTreeMap;

use lamplight_alerts::{Alert, Emails, Publish, Reason};
use lamplight_rollup::summary::occurrences;
use lamplight_rollup::{Deployed, Fingerprint, Issue, Ledger};
use lamplight_table::{Claim, Claimed, Table, TableError};

use crate::counted::add_counters;
use crate::reading::Reading;

/// Where deliveries are written, and where is told what they raise.
#[derive(Debug)]
pub struct Recorder<'c, P> {
    /// The table.
    pub table: &'c Table,
    /// Where alerts are published.
    pub topic: &'c P,
    /// Whether e-mail addresses are masked in alerts.
    pub emails: Emails,
}

impl<P: Publish> Recorder<'_, P> {
    /// Writes what deliveries hold; how many alerts were published.
    ///
    /// # Errors
    ///
    /// [`TableError`]. What was added before is left out when it is tried again.
    pub async fn record(&self, readings: &[Reading], now_ms: i64) -> Result<usize, TableError> {
        let mut published = 0;
        let mut renamed = BTreeMap::new();
        for reading in readings {
            published += self.tell_issues(reading, &mut renamed, now_ms).await?;
        }
        add_counters(readings, &renamed, self.table, now_ms).await?;
        for reading in readings {
            self.table.follow(&reading.ledger.transactions, now_ms).await?;
        }
        Ok(published)
    }

    /// Tells the issues of a delivery; how many alerts were published. What the table takes no more of is taken together,
    /// and `renamed` gets to know as what.
    async fn tell_issues(
        &self,
        reading: &Reading,
        renamed: &mut BTreeMap<Fingerprint, Fingerprint>,
        now_ms: i64,
    ) -> Result<usize, TableError> {
        let ledger = &reading.ledger;
        let mut counts = occurrences(ledger.functions.values().flat_map(BTreeMap::values));
        let mut others = Ledger::default();
        let mut published = 0;
        for (fingerprint, issue) in &ledger.issues {
            let count = counts.get(fingerprint).copied().unwrap_or(0);
            match self.tell(*fingerprint, issue, count, reading.delivery, now_ms).await? {
                Told::Published => published += 1,
                Told::Nothing => {}
                Told::Beyond => {
                    let (together, issue) = issue.clone().among_others();
                    renamed.insert(*fingerprint, together);
                    *counts.entry(together).or_default() += count;
                    others.add_issue(together, issue);
                }
            }
        }
        for (fingerprint, issue) in &others.issues {
            let told = self.tell(*fingerprint, issue, counts[fingerprint], reading.delivery, now_ms).await?;
            published += usize::from(told == Told::Published);
        }
        Ok(published)
    }

    /// Records an issue, and publishes its alert if this delivery is to do so. An alert that the topic refuses stays claimed:
    /// the keeper sends it.
    async fn tell(
        &self,
        fingerprint: Fingerprint,
        issue: &Issue,
        count: u64,
        delivery: u64,
        now_ms: i64,
    ) -> Result<Told, TableError> {
        let alert = |claim: Claim, alert_id: &str, deployed: Option<Deployed>| {
            let reason = match claim {
                Claim::New => Reason::New,
                Claim::Regressed => Reason::Regressed,
            };
            Alert::new(alert_id, reason, fingerprint, issue, count, self.emails).after(deployed).to_json()
        };
        let unsent = match self.table.record_issue(fingerprint, issue, delivery, now_ms, alert).await? {
            Claimed::ToPublish(unsent) => unsent,
            Claimed::Nothing => return Ok(Told::Nothing),
            Claimed::Beyond => return Ok(Told::Beyond),
        };
        if let Err(error) = self.topic.publish(&unsent.body).await {
            tracing::error!(%error, alert_id = unsent.alert_id, "an alert could not be published; the keeper will try");
            return Ok(Told::Nothing);
        }
        self.table.mark_sent(&unsent.alert_id).await?;
        Ok(Told::Published)
    }
}

/// What telling an issue came to.
#[derive(PartialEq, Eq)]
enum Told {
    Published,
    Nothing,
    /// The function has had as many new issues as are told apart.
    Beyond,
}
