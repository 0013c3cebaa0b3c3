//! What is counted of each passage through a flow. A passage and the figures that it is part of are changed together, on
//! the condition that the passage is still counted as it was: whatever comes again or late, each is counted once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use lamplight_rollup::flow::{MissingMilestone, Passed};
use lamplight_rollup::{Bucket, Flow, Span};

use super::figures::{Figures, HOUR_KEPT_MS, add};
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{if_there, key};
use crate::transact::Written;
use crate::transactions::texts;

/// How long it is known what was counted of a passage: far longer than what it was counted by.
const PASSAGE_KEPT_MS: i64 = 60 * 86_400_000;

/// Items that are changed together: DynamoDB takes a hundred.
const TOGETHER: usize = 90;

/// What is counted of a passage.
const PASSED: &str = "passed";

/// The ids by whose facts it is counted so, unless it is its own alone.
const IDS: &str = "ids";

/// What is to be told of it still.
const UNTOLD: &str = "untold";

/// A passage: what the flow's figures stand under, and the id that stands for the transaction.
pub type PassageKey = (String, String);

/// What is counted of a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What became of it.
    pub passed: Passed,
    /// The ids by whose facts it is counted so.
    pub ids: BTreeSet<String>,
    /// What is to be told of it still.
    pub untold: Option<MissingMilestone>,
}

/// A passage that is to be counted in another way than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The passage.
    pub key: PassageKey,
    /// What is counted of it.
    pub before: Option<Passed>,
    /// What is to be counted of it.
    pub after: Option<Passed>,
    /// The ids by whose facts it is to be counted so.
    pub ids: BTreeSet<String>,
    /// What is to be told of it.
    pub untold: Option<MissingMilestone>,
}

impl Table {
    /// What is counted of the passages of these transactions through these flows.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn passed(
        &self,
        flows: &[Flow],
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<PassageKey, Counted>, TableError> {
        let pks = flows.iter().map(|flow| keys::flow(&flow.figures()));
        let keys: Vec<_> = pks.flat_map(|pk| ids.iter().map(move |id| (pk.clone(), keys::passage(id)))).collect();
        let items = self.get_all(&keys).await?;
        Ok(items.iter().filter_map(counted).collect())
    }

    /// Counts passages in another way than before, those of a family together; whether all were, or somebody else has
    /// counted some of them meanwhile.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; trying again counts nothing twice.
    pub async fn count_passages(&self, families: &[Vec<Change>], now_ms: i64) -> Result<bool, TableError> {
        let mut all = true;
        let mut together = Together::default();
        for changes in families {
            let mut more = together.clone();
            changes.iter().for_each(|change| more.add(change));
            if more.items() > TOGETHER && !together.changes.is_empty() {
                all &= self.count(&together, now_ms).await?;
                more = Together::default();
                changes.iter().for_each(|change| more.add(change));
            }
            together = more;
        }
        Ok(self.count(&together, now_ms).await? && all)
    }

    async fn count(&self, together: &Together, now_ms: i64) -> Result<bool, TableError> {
        if together.changes.is_empty() {
            return Ok(true);
        }
        let mut writes = Vec::new();
        for change in &together.changes {
            writes.push(self.passage_write(change, now_ms)?);
        }
        for ((flow, bucket), differences) in &together.figures {
            let differences: Vec<_> = differences.iter().filter(|(_, difference)| **difference != 0).collect();
            if !differences.is_empty() {
                writes.push(self.figures_write(flow, *bucket, &differences, now_ms)?);
            }
        }
        Ok(self.transact(writes).await? == Written::All)
    }

    /// Says that people were told of a passage.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; they are told again then, by the same alert.
    pub async fn set_told(&self, (flow, id): &PassageKey) -> Result<(), TableError> {
        let update = self.client.update_item().table_name(&self.name);
        let update = update
            .set_key(Some(key(&keys::flow(flow), &keys::passage(id))))
            .update_expression("REMOVE #untold")
            .expression_attribute_names("#untold", UNTOLD);
        if_there(update).await
    }

    /// Puts what is counted of a passage in the place of what was.
    fn passage_write(&self, change: &Change, now_ms: i64) -> Result<TransactWriteItem, TableError> {
        let own = key(&keys::flow(&change.key.0), &keys::passage(&change.key.1));
        let (condition, names, values) = as_before(change.before.as_ref());
        let Some(after) = &change.after else {
            let delete = Delete::builder().table_name(&self.name).set_key(Some(own));
            let delete = delete
                .condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            let delete = delete.build().map_err(TableError::not_built("TransactWriteItems"))?;
            return Ok(TransactWriteItem::builder().delete(delete).build());
        };
        let mut item = own;
        item.insert(PASSED.to_owned(), text(after.to_string()));
        if change.ids.len() > 1 {
            item.insert(IDS.to_owned(), AttributeValue::Ss(change.ids.iter().cloned().collect()));
        }
        if let Some(untold) = change.untold.as_ref().and_then(|untold| serde_json::to_string(untold).ok()) {
            item.insert(UNTOLD.to_owned(), text(untold));
        }
        let expires_s = (after.started_ms.max(now_ms) + PASSAGE_KEPT_MS) / 1000;
        item.insert(EXPIRES_AT.to_owned(), number(expires_s));
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put
            .condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let put = put.build().map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Adds differences to the figures of an hour or a day.
    fn figures_write(
        &self,
        flow: &str,
        bucket: Bucket,
        differences: &[(&String, &i64)],
        now_ms: i64,
    ) -> Result<TransactWriteItem, TableError> {
        let mut update =
            Update::builder().table_name(&self.name).set_key(Some(key(&keys::flow(flow), &bucket.to_string())));
        let mut terms = Vec::new();
        for (i, (name, difference)) in differences.iter().enumerate() {
            terms.push(format!("#{i} :{i}"));
            update = update
                .expression_attribute_names(format!("#{i}"), *name)
                .expression_attribute_values(format!(":{i}"), number(difference));
        }
        let mut expression = format!("ADD {}", terms.join(", "));
        if bucket.span == Span::Hour {
            expression.push_str(" SET #expires = :expires");
            update = update
                .expression_attribute_names("#expires", EXPIRES_AT)
                .expression_attribute_values(":expires", number((bucket.end_ms().max(now_ms) + HOUR_KEPT_MS) / 1000));
        }
        let update =
            update.update_expression(expression).build().map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The condition that a passage is still counted as it was, with the names and values in it.
type AsBefore = (&'static str, Option<HashMap<String, String>>, Option<Item>);

fn as_before(before: Option<&Passed>) -> AsBefore {
    let Some(before) = before else { return ("attribute_not_exists(pk)", None, None) };
    let names = HashMap::from([("#passed".to_owned(), PASSED.to_owned())]);
    let values = Item::from([(":before".to_owned(), text(before.to_string()))]);
    ("#passed = :before", Some(names), Some(values))
}

/// A passage and what is counted of it. One that another version wrote in another form is none, and said to be one.
fn counted(item: &Item) -> Option<(PassageKey, Counted)> {
    let (pk, sk) = (get_text(item, "pk")?, get_text(item, "sk")?);
    let (flow, id) = (keys::flow_of(pk)?, keys::passage_of(sk)?);
    let Some(passed) = passed_of(item) else {
        tracing::error!(pk, sk, "what is counted of a passage cannot be read");
        return None;
    };
    let untold = get_text(item, UNTOLD).and_then(|untold| {
        let read = serde_json::from_str(untold);
        read.inspect_err(|error| tracing::error!(pk, sk, %error, "what is to be told of a passage cannot be read")).ok()
    });
    let mut ids: BTreeSet<String> = texts(item, IDS).cloned().collect();
    ids.insert(id.to_owned());
    Some(((flow.to_owned(), id.to_owned()), Counted { passed, ids, untold }))
}

/// What is counted of the passage of an item.
pub(super) fn passed_of(item: &Item) -> Option<Passed> {
    Passed::parse(get_text(item, PASSED)?)
}

/// Passages that are changed together, with the figures that they are part of.
#[derive(Debug, Clone, Default)]
struct Together {
    changes: Vec<Change>,
    figures: Figures,
}

impl Together {
    fn add(&mut self, change: &Change) {
        add(&mut self.figures, &change.key.0, change.before.as_ref(), -1);
        add(&mut self.figures, &change.key.0, change.after.as_ref(), 1);
        self.changes.push(change.clone());
    }

    /// Items that are written at the most.
    fn items(&self) -> usize {
        self.changes.len() + self.figures.len()
    }
}
