//! The guarded `ADD`: every delivery is counted exactly once, for one write.
//!
//! A minute's item has `seen`, the hashes of the deliveries that it has counted. Adding a delivery's counters is one
//! `UpdateItem` on the condition that `seen` has none of their hashes. A refusal brings the item: what it has counted
//! is left out, and the rest is tried again. An answer that is lost on the way does no harm: the next attempt is
//! refused.
//!
//! Peaks have no `ADD`. They are set in the same update, on the condition that they are not below the item's.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use lamplight_rollup::peaks::Peak;
use lamplight_rollup::{Bucket, FunctionKey, Peaks, Rollup};

use crate::Table;
use crate::attributes::{BORN, EXPIRES_AT, Item, SEEN, additions, has_seen, hash, hashes, number, rollup, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{at_once, pause};

/// How long a minute is kept after the later of its time and its writing: three days.
pub(crate) const MINUTE_KEPT_MS: i64 = 3 * 86_400_000;

/// Attributes that one update adds to: its expression is bounded at 4 KB.
const ADDITIONS: usize = 250;

/// Deliveries that one update takes: its condition is bounded at 300 operators.
const PARTS: usize = 50;

/// Times that an update is tried. Each refusal leaves a delivery out or brings higher peaks, so more are only needed
/// where many write the same item.
const ATTEMPTS: usize = 30;

/// What one delivery adds to one minute of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The delivery's identity.
    pub delivery: u64,
    /// What it adds.
    pub rollup: Rollup,
}

impl Table {
    /// Adds what deliveries hold for the minutes of functions; what was added before is left out.
    ///
    /// # Errors
    ///
    /// Those of [`Table::add_minute`].
    pub async fn add_minutes(
        &self,
        minutes: BTreeMap<(&FunctionKey, Bucket), Vec<Part>>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let additions =
            minutes.into_iter().map(|((function, minute), parts)| self.add_minute(function, minute, parts, now_ms));
        at_once(additions.collect()).await
    }

    /// Adds what deliveries hold for one minute of a function; what was added before is left out.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]. Trying again after either counts nothing twice.
    pub async fn add_minute(
        &self,
        key: &FunctionKey,
        minute: Bucket,
        parts: Vec<Part>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let target = Target {
            pk: keys::function(key),
            sk: minute.to_string(),
            expires_at: (minute.end_ms().max(now_ms) + MINUTE_KEPT_MS) / 1000,
            now_ms,
        };
        let is_wide = |part: &Part| additions(&part.rollup).len() > ADDITIONS;
        let (wide, narrow): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_wide);
        for batch in batches(narrow) {
            self.add_parts(&target, batch).await?;
        }
        for part in wide {
            for piece in pieces(&part) {
                self.add_parts(&target, vec![piece]).await?;
            }
        }
        Ok(())
    }

    async fn add_parts(&self, target: &Target, mut parts: Vec<Part>) -> Result<(), TableError> {
        let cached = (target.pk.clone(), target.sk.clone());
        let mut known = self.known.peaks.get(&cached).unwrap_or_default();
        for attempt in 0..ATTEMPTS {
            if parts.is_empty() {
                return Ok(());
            }
            let update = Update::of(target, &parts, &known);
            match self.send(target, update).await? {
                None => {
                    parts.iter().for_each(|part| known.merge(&part.rollup.peaks));
                    self.known.peaks.insert(cached, known);
                    return Ok(());
                }
                Some(item) => {
                    parts.retain(|part| !has_seen(&item, part.delivery));
                    known = rollup(&item).peaks;
                    self.known.peaks.insert(cached.clone(), known);
                }
            }
            if attempt > 3 {
                pause(attempt - 3).await;
            }
        }
        Err(TableError::Contention { key: format!("{} {}", target.pk, target.sk) })
    }

    /// Sends an update; the item, if its condition was refused.
    async fn send(&self, target: &Target, update: Update) -> Result<Option<Item>, TableError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(&target.pk))
            .key("sk", text(&target.sk))
            .update_expression(update.expression)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => match refusal.item() {
                    Some(item) => Ok(Some(item.clone())),
                    None => Ok(Some(self.get(&target.pk, &target.sk).await?.unwrap_or_default())),
                },
                _ => Err(TableError::call("UpdateItem")(error)),
            },
        }
    }
}

/// Parts in batches that each fit one update.
fn batches(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut batches: Vec<Vec<Part>> = Vec::new();
    let mut sum = Rollup::default();
    for part in parts {
        sum.merge(&part.rollup);
        match batches.last_mut() {
            Some(batch) if batch.len() < PARTS && additions(&sum).len() <= ADDITIONS => batch.push(part),
            _ => {
                sum = part.rollup.clone();
                batches.push(vec![part]);
            }
        }
    }
    batches
}

/// A part with more attributes than one update takes, in pieces. They are the same whenever the delivery comes, and
/// each has an identity of its own.
fn pieces(part: &Part) -> Vec<Part> {
    let whole: Vec<_> = additions(&part.rollup).into_iter().map(|(name, value)| (name, number(value))).collect();
    let pieces = whole.chunks(ADDITIONS).enumerate().map(|(i, chunk)| Part {
        delivery: part.delivery ^ (i as u64).rotate_right(8),
        rollup: rollup(&chunk.iter().cloned().collect()),
    });
    let mut pieces: Vec<_> = pieces.collect();
    if let Some(first) = pieces.first_mut() {
        first.rollup.peaks = part.rollup.peaks;
    }
    pieces
}

/// The item that is written.
#[derive(Debug)]
struct Target {
    pk: String,
    sk: String,
    expires_at: i64,
    now_ms: i64,
}

/// One `UpdateItem`'s expressions.
#[derive(Debug)]
struct Update {
    expression: String,
    condition: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Update {
    fn of(target: &Target, parts: &[Part], known: &Peaks) -> Self {
        let mut sum = Rollup::default();
        parts.iter().for_each(|part| sum.merge(&part.rollup));
        let mut update =
            Self { expression: String::new(), condition: String::new(), names: HashMap::new(), values: HashMap::new() };
        let mut sets = vec![
            format!("{} = {}", update.name("#e", EXPIRES_AT), update.value(":e", number(target.expires_at))),
            format!(
                "{0} = if_not_exists({0}, {1})",
                update.name("#b", BORN),
                update.value(":b", number(target.now_ms))
            ),
        ];
        let mut conditions = Vec::new();
        let seen = update.name("#s", SEEN);
        for (i, part) in parts.iter().enumerate() {
            let id = update.value(&format!(":s{i}"), hash(part.delivery));
            conditions.push(format!("NOT contains({seen}, {id})"));
        }
        for (peak, value) in sum.peaks.above(known) {
            let (name, value) = update.peak(peak, value);
            sets.push(format!("{name} = {value}"));
            conditions.push(format!("(attribute_not_exists({name}) OR {name} <= {value})"));
        }
        let mut adds = vec![format!("{seen} {}", update.value(":s", hashes(parts.iter().map(|part| part.delivery))))];
        for (i, (name, value)) in additions(&sum).into_iter().enumerate() {
            adds.push(format!(
                "{} {}",
                update.name(&format!("#{i}"), &name),
                update.value(&format!(":{i}"), number(value))
            ));
        }
        update.expression = format!("SET {} ADD {}", sets.join(", "), adds.join(", "));
        update.condition = conditions.join(" AND ");
        update
    }

    fn name(&mut self, placeholder: &str, name: &str) -> String {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        placeholder.to_owned()
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) -> String {
        self.values.insert(placeholder.to_owned(), value);
        placeholder.to_owned()
    }

    fn peak(&mut self, peak: Peak, value: u64) -> (String, String) {
        let index = peak as usize;
        (self.name(&format!("#p{index}"), peak.name()), self.value(&format!(":p{index}"), number(value)))
    }
}
