//! What belongs to one trace. Facts never change, so each item is written once and whole: its sort key is made of what
//! it says. A repetition writes the same item, and what a reader unites is the same in any order.
//!
//! - [`families`]: what belongs together though its lines name different ids, to the end
//! - [`kept`]: which parts are kept, and for how long
//! - [`labels`]: transactions by values that their lines name
//! - [`piece`]: facts as an item has them
//! - [`requests`]: what is known of an invocation apart from transactions, and to which of them it belongs
//! - [`sets`]: how facts are added to an item
//! - [`strays`]: failures whose lines name not even their request

mod families;
pub(crate) mod kept;
mod labels;
mod piece;
pub(crate) mod requests;
mod sets;
mod strays;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::time::rfc3339;
use lamplight_rollup::{Bucket, Span, Transaction, Transactions};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_text, number, text};
use crate::error::TableError;
use crate::flows::Due;
use crate::keys;
use crate::query::{CONCURRENCY, Sort, at_once, key};

/// How long a transaction is kept after the later of its time and its writing: two weeks.
const KEPT_MS: i64 = 14 * 86_400_000;

/// How long one is kept that failed or was slow: thirty days.
const LASTING_MS: i64 = 30 * 86_400_000;

/// When it is seen to it that a transaction which failed or was slow is kept longer: by then all of it is there.
const COMPLETE_MS: i64 = 3_600_000;

/// Facts, as [`piece`] writes them.
const FACTS: &str = "facts";
/// The ids that an item of the list names.
const IDS: &str = "ids";

/// Ids that an item of the list names at the most: each is below 256 bytes.
const LISTED: usize = 500;

impl Table {
    /// Adds what a delivery says of transactions.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`] and [`TableError::Contention`]. Trying again after either changes nothing twice.
    pub async fn add_transactions(&self, transactions: &Transactions, now_ms: i64) -> Result<(), TableError> {
        let mut failed = Cow::Borrowed(transactions);
        if !transactions.strays.is_empty() {
            failed.to_mut().take_strays();
        }
        let transactions = &*self.with_reports(&failed);
        let transactions = &*self.spared(transactions, now_ms).await?;
        let transactions = &*self.kept(transactions, now_ms).await?;
        let by_id = transactions.by_id.iter();
        let mut items: Vec<_> = by_id.flat_map(|(id, own)| facts_items(id, own, now_ms)).collect();
        items.extend(list(transactions.by_id.iter().map(|(id, own)| (id.as_str(), own)), now_ms));
        items.extend(labels::items(transactions, now_ms));
        if self.tuning.is_searchable {
            items.extend(requests::ties(&requests::of(transactions), now_ms));
        }
        let lasting = self.lasting(transactions, now_ms);
        items.extend(lasting.iter().map(|id| Due::lasting(now_ms + COMPLETE_MS, id).item(now_ms)));
        self.put_all(items).await?;
        lasting.into_iter().for_each(|id| self.known.lasting.insert(id.clone(), now_ms));
        self.add_strays(&transactions.strays, now_ms).await?;
        let requests = transactions.loose.iter();
        at_once(requests.map(|(id, loose)| self.add_loose(id, loose, now_ms)).collect()).await
    }

    /// The whole story of an id, with no members if there is none.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn transaction(&self, id: &str) -> Result<Transaction, TableError> {
        let mut known = Transactions::default();
        self.load(&mut known, BTreeSet::from([id.to_owned()])).await?;
        self.load_tied(&mut known).await?;
        self.load_loose(&mut known).await?;
        Ok(known.story(id).into_owned())
    }

    /// The stories that appeared from one time to another, by trace id or by a correlation id without a trace.
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
        let mut hours = Vec::new();
        // Older ones have expired.
        let mut hour = Bucket::holding(Span::Hour, from_ms.max(now_ms - LASTING_MS));
        while hour.start_ms < to_ms {
            hours.push(keys::traces(&hour.to_string()));
            hour = Bucket::holding(Span::Hour, hour.end_ms());
        }
        let lists = stream::iter(&hours).map(|hour| self.query(hour, Sort::All)).buffer_unordered(CONCURRENCY);
        let lists: Vec<Vec<Item>> = lists.try_collect().await?;
        let ids = lists.iter().flatten().flat_map(|item| texts(item, IDS)).cloned().collect();
        let stories = self.stories(ids).await?;
        Ok(stories.into_iter().filter(|(_, story)| story.started_ms() >= from_ms).collect())
    }

    /// The whole stories of these ids; of a correlation id that lines tie to traces, those of the traces.
    async fn stories(&self, ids: BTreeSet<String>) -> Result<BTreeMap<String, Transaction>, TableError> {
        let mut known = Transactions::default();
        self.load(&mut known, ids).await?;
        self.load_tied(&mut known).await?;
        // What is tied to these belongs to their stories, and has none of its own here.
        let meant: BTreeSet<_> = known.by_id.keys().cloned().collect();
        self.load_tied(&mut known).await?;
        self.load_loose(&mut known).await?;
        let stories = known.stories().filter(|(id, _)| meant.contains(*id));
        Ok(stories.map(|(id, story)| (id.to_owned(), story.into_owned())).collect())
    }

    /// Reads all that is said of these ids.
    async fn load(&self, known: &mut Transactions, ids: BTreeSet<String>) -> Result<(), TableError> {
        let reads: Vec<_> = ids.into_iter().map(|id| self.facts(id)).collect();
        let mut read = stream::iter(reads).buffer_unordered(CONCURRENCY);
        while let Some((id, said)) = read.try_next().await? {
            known.by_id.entry(id).or_default().merge(said);
        }
        Ok(())
    }

    /// An id with what is said of it.
    async fn facts(&self, id: String) -> Result<(String, Transaction), TableError> {
        let mut said = Transaction::default();
        for item in self.query(&keys::trace(&id), Sort::All).await? {
            said.merge(facts_of(&item).unwrap_or_default());
        }
        Ok((id, said))
    }

    /// Reads what is said of the ids that lines tie to those that are known.
    async fn load_tied(&self, known: &mut Transactions) -> Result<(), TableError> {
        let tied = known.by_id.values().flat_map(Transaction::tied);
        let tied: BTreeSet<_> = tied.filter(|id| !known.by_id.contains_key(*id)).cloned().collect();
        self.load(known, tied).await
    }

    /// Reads what is said of the requests of those that are known, and what failed while they ran.
    async fn load_loose(&self, known: &mut Transactions) -> Result<(), TableError> {
        let requests: BTreeSet<_> = known.by_id.values().flat_map(Transaction::requests).collect();
        let minutes: BTreeSet<_> = known.by_id.values().flat_map(Transaction::minutes).collect();
        let wanted: Vec<_> =
            requests.into_iter().map(requests::key_of).chain(minutes.iter().map(strays::key_of)).collect();
        for item in self.get_all(&wanted).await? {
            if let Some((request_id, loose)) = requests::read(&item) {
                known.add_to_request(&request_id, |own| own.merge(loose));
            }
            known.strays.extend(strays::read(&item));
        }
        // Reports that name no trace tell of more times.
        let more = known.loose.values().flat_map(Transaction::minutes).filter(|minute| !minutes.contains(minute));
        known.strays.extend(self.strays(&more.collect()).await?);
        Ok(())
    }
}

/// The items that say what is known of an id.
pub(crate) fn facts_items(id: &str, transaction: &Transaction, now_ms: i64) -> Vec<Item> {
    let begins = rfc3339(transaction.started_ms());
    let items = piece::write(transaction).into_iter().map(|facts| {
        let mut item = key(&keys::trace(id), &format!("{begins}#{:016x}", xxh3_64(facts.as_bytes())));
        item.insert(FACTS.to_owned(), text(facts));
        item.insert(EXPIRES_AT.to_owned(), number(expires_at(transaction.ended_ms(), now_ms)));
        item
    });
    items.collect()
}

/// What an item says; nothing if it says nothing, or in another form.
fn facts_of(item: &Item) -> Option<Transaction> {
    get_text(item, FACTS).and_then(piece::read)
}

/// The items that list transactions under the hour in which each began.
fn list<'t>(transactions: impl Iterator<Item = (&'t str, &'t Transaction)>, now_ms: i64) -> Vec<Item> {
    let mut hours: BTreeMap<Bucket, Vec<String>> = BTreeMap::new();
    for (id, transaction) in transactions.filter(|(_, transaction)| !transaction.members.is_empty()) {
        hours.entry(Bucket::holding(Span::Hour, transaction.started_ms())).or_default().push(id.to_owned());
    }
    let parts = hours.iter().flat_map(|(hour, ids)| ids.chunks(LISTED).map(move |ids| (hour, ids)));
    let items = parts.map(|(hour, ids)| {
        let mut item = key(&keys::traces(&hour.to_string()), &format!("{:016x}", xxh3_64(ids.join("\n").as_bytes())));
        item.insert(IDS.to_owned(), AttributeValue::Ss(ids.to_vec()));
        item.insert(EXPIRES_AT.to_owned(), number(expires_at(hour.end_ms(), now_ms)));
        item
    });
    items.collect()
}

/// The texts of a set.
pub(crate) fn texts<'i>(item: &'i Item, name: &str) -> impl Iterator<Item = &'i String> {
    item.get(name).and_then(|set| set.as_ss().ok()).into_iter().flatten()
}

/// When what belongs to a transaction expires, in seconds since the epoch.
pub(crate) fn expires_at(event_ms: i64, now_ms: i64) -> i64 {
    (event_ms.max(now_ms) + KEPT_MS) / 1000
}

/// An item that says nothing but that it is there.
pub(crate) fn expiring(pk: &str, sk: &str, now_ms: i64) -> Item {
    let mut item = key(pk, sk);
    item.insert(EXPIRES_AT.to_owned(), number(expires_at(now_ms, now_ms)));
    item
}
