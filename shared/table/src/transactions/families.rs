//! Families as the table has them: an id, with all that lines tie to it.
//!
//! An id to which too many are tied, such as a customer's, has thousands of items and ties nothing. Once that is known a mark
//! says so, and whoever comes to it by a tie reads no more than the mark.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_rollup::transaction::families::FAMILY;
use lamplight_rollup::{Family, Transaction, Transactions};

use super::{FACTS, facts_of};
use crate::Table;
use crate::attributes::get_text;
use crate::error::TableError;
use crate::keys;
use crate::query::{CONCURRENCY, Sort};

/// Items that are read of one id, the first in time.
const ITEMS: usize = 5_000;

/// Bytes that are read of one id, the first in time.
const BYTES: usize = 4 * 1024 * 1024;

/// Bytes that are read of all ids of a family: of what has more nothing is known.
const FAMILY_BYTES: usize = 2 * BYTES;

/// Items that are read at once of what has too many ties perhaps: the first ones show it.
const PAGE: i32 = 100;

/// How much of what is said of an id is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// As much as may be.
    All,
    /// Until it is known that too many are tied to it: nothing else of it matters then.
    UntilCrowded,
}

impl Table {
    /// The family of an id: all that was said of the ids that lines tie to it, directly or by others.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`], and [`TableError::TooLarge`].
    pub async fn family(&self, id: &str) -> Result<Family, TableError> {
        let (mut known, mut crowded, read) = (Transactions::default(), BTreeSet::new(), AtomicUsize::new(0));
        let said = self.said_of(id.to_owned(), Extent::All, &read).await?;
        known.by_id.extend([said]);
        loop {
            let ties = || known.by_id.values().filter(|own| !own.has_too_many_ties());
            if ties().count() > FAMILY {
                break;
            }
            let is_new = |id: &&String| !known.by_id.contains_key(*id) && !crowded.contains(*id);
            let mut news: BTreeSet<_> = ties().flat_map(Transaction::tied).filter(is_new).cloned().collect();
            if news.is_empty() {
                break;
            }
            crowded.extend(self.marked(&news, keys::CUT).await?);
            news.retain(|id| !crowded.contains(id));
            let reads: Vec<_> = news.into_iter().map(|id| self.said_of(id, Extent::UntilCrowded, &read)).collect();
            let mut reads = stream::iter(reads).buffer_unordered(CONCURRENCY);
            while let Some(said) = reads.try_next().await? {
                known.by_id.extend([said]);
            }
        }
        let mut family = known.family_beside(id, &crowded);
        let mut whole = Transactions::default();
        whole.by_id.insert(family.id.clone(), std::mem::take(&mut family.story));
        self.load_loose(&mut whole).await?;
        family.story = whole.story(&family.id).into_owned();
        Ok(family)
    }

    /// All ids that lines tie to an id, as far as its items are read.
    pub(crate) async fn ties_of(&self, id: &str) -> Result<BTreeSet<String>, TableError> {
        let (mut ties, mut items) = (BTreeSet::new(), 0);
        let take = |item| {
            ties.extend(facts_of(&item).iter().flat_map(Transaction::tied).cloned());
            items += 1;
            if items < ITEMS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        self.each(&keys::trace(id), Sort::All, None, take).await?;
        Ok(ties)
    }

    /// Which of these ids have a mark.
    pub(crate) async fn marked(&self, ids: &BTreeSet<String>, mark: &str) -> Result<BTreeSet<String>, TableError> {
        let keys: Vec<_> = ids.iter().map(|id| (keys::trace(id), mark.to_owned())).collect();
        let marks = self.get_all(&keys).await?;
        Ok(marks.iter().filter_map(|mark| Some(keys::trace_of(get_text(mark, "pk")?)?.to_owned())).collect())
    }

    /// An id with what is said of it; `read` is how many bytes were read of its family.
    async fn said_of(
        &self,
        id: String,
        extent: Extent,
        read: &AtomicUsize,
    ) -> Result<(String, Transaction), TableError> {
        let (mut said, mut items, mut own, mut is_too_much) = (Transaction::default(), 0, 0, false);
        let take = |item| {
            let bytes = get_text(&item, FACTS).map_or(0, str::len);
            own += bytes;
            items += 1;
            is_too_much = read.fetch_add(bytes, Ordering::Relaxed) + bytes > FAMILY_BYTES;
            said.merge(facts_of(&item).unwrap_or_default());
            let is_crowded = extent == Extent::UntilCrowded && said.has_too_many_ties();
            if is_too_much || is_crowded || items >= ITEMS || own >= BYTES {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let page = (extent == Extent::UntilCrowded).then_some(PAGE);
        self.each(&keys::trace(&id), Sort::All, page, take).await?;
        if is_too_much { Err(TableError::TooLarge { key: keys::trace(&id) }) } else { Ok((id, said)) }
    }
}
