//! What belongs to one trace: an item for each member, whose facts are sets. Adding to a set what it has changes
//! nothing, so that repeats and order do not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::{Bucket, FunctionKey, Member, MemberKey, Span, Transaction};

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, at_once, key};

/// How long a transaction is kept after the later of its time and its writing: two weeks.
const KEPT_MS: i64 = 14 * 86_400_000;

/// The times at which a member is known to have run.
const TIMES: &str = "times";
/// The points that a member reached: `<time>#<name>`.
const MILESTONES: &str = "milestones";
/// The identities of the events that told of a failure.
const ERRORS: &str = "errors";

impl Table {
    /// Adds what a delivery says of transactions.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]. Trying again after either changes nothing twice.
    pub async fn add_transactions(
        &self,
        transactions: &BTreeMap<String, Transaction>,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let members = transactions.iter().flat_map(|(trace_id, transaction)| {
            transaction.members.iter().map(move |(member_key, member)| (trace_id, member_key, member))
        });
        let additions = members.map(|(trace_id, key, member)| self.add_member(trace_id, key, member, now_ms));
        at_once(additions.collect()).await?;
        let listed: BTreeSet<_> = transactions
            .iter()
            .map(|(trace_id, transaction)| (Bucket::holding(Span::Hour, transaction.started_ms()), trace_id))
            .collect();
        let items = listed.into_iter().map(|(hour, trace_id)| {
            let mut item = key(&keys::traces(&hour.to_string()), trace_id);
            item.insert(EXPIRES_AT.to_owned(), number(expires_at(hour.end_ms(), now_ms)));
            item
        });
        self.put_all(items.collect()).await
    }

    async fn add_member(
        &self,
        trace_id: &str,
        member_key: &MemberKey,
        member: &Member,
        now_ms: i64,
    ) -> Result<(), TableError> {
        let times = BTreeSet::from([member.first_ms, member.last_ms]);
        let mut expression = "SET #expires = :expires ADD #times :times".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&keys::trace(trace_id), &member_sort(member_key))))
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":expires", number(expires_at(member.last_ms, now_ms)))
            .expression_attribute_names("#times", TIMES)
            .expression_attribute_values(":times", AttributeValue::Ns(times.iter().map(ToString::to_string).collect()));
        let milestones = member.milestones.iter().map(|(at_ms, name)| format!("{at_ms}#{name}")).collect::<Vec<_>>();
        let errors = member.errors.iter().map(|event| format!("{event:016x}")).collect::<Vec<_>>();
        for (name, values) in [(MILESTONES, milestones), (ERRORS, errors)] {
            if !values.is_empty() {
                expression.push_str(&format!(", #{name} :{name}"));
                update = update
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), AttributeValue::Ss(values));
            }
        }
        update.update_expression(expression).send().await.map(drop).map_err(TableError::call("UpdateItem"))
    }

    /// One transaction, with no members if there is none.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn transaction(&self, trace_id: &str) -> Result<Transaction, TableError> {
        let mut transaction = Transaction::default();
        for item in self.query(&keys::trace(trace_id), Sort::All).await? {
            if let Some((member_key, member)) = member_of(&item) {
                transaction.add(member_key, member);
            }
        }
        Ok(transaction)
    }

    /// The transactions that appeared from one time to another, by trace id.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn transactions(
        &self,
        from_ms: i64,
        to_ms: i64,
        now_ms: i64,
    ) -> Result<BTreeMap<String, Transaction>, TableError> {
        let mut transactions = BTreeMap::new();
        // Older ones have expired.
        let mut hour = Bucket::holding(Span::Hour, from_ms.max(now_ms - KEPT_MS));
        while hour.start_ms < to_ms {
            for item in self.query(&keys::traces(&hour.to_string()), Sort::All).await? {
                let Some(trace_id) = get_text(&item, "sk") else {
                    continue;
                };
                if !transactions.contains_key(trace_id) {
                    transactions.insert(trace_id.to_owned(), self.transaction(trace_id).await?);
                }
            }
            hour = Bucket::holding(Span::Hour, hour.end_ms());
        }
        transactions.retain(|_, transaction| transaction.started_ms() >= from_ms && !transaction.members.is_empty());
        Ok(transactions)
    }
}

fn expires_at(event_ms: i64, now_ms: i64) -> i64 {
    (event_ms.max(now_ms) + KEPT_MS) / 1000
}

/// `<request id>#<function>`: a request id has no `#`, a function may.
fn member_sort(member_key: &MemberKey) -> String {
    format!("{}#{}", member_key.request_id.replace('#', "_"), member_key.function)
}

fn member_of(item: &Item) -> Option<(MemberKey, Member)> {
    let (request_id, function) = get_text(item, "sk")?.split_once('#')?;
    let member_key = MemberKey { function: Arc::new(FunctionKey::parse(function)?), request_id: request_id.into() };
    let times: Vec<i64> = item.get(TIMES)?.as_ns().ok()?.iter().filter_map(|time| time.parse().ok()).collect();
    let texts = |name: &str| item.get(name).and_then(|set| set.as_ss().ok()).into_iter().flatten();
    let milestones = texts(MILESTONES).filter_map(|milestone| {
        let (at_ms, name) = milestone.split_once('#')?;
        Some((at_ms.parse().ok()?, name.to_owned()))
    });
    Some((
        member_key,
        Member {
            first_ms: *times.iter().min()?,
            last_ms: *times.iter().max()?,
            milestones: milestones.collect(),
            errors: texts(ERRORS).filter_map(|event| u64::from_str_radix(event, 16).ok()).collect(),
        },
    ))
}
