//! Families: the ids that lines tie to one another, directly or by others. A request that is passed on by a queue may be
//! one trace before it and another behind, with a correlation id on both.

use std::collections::BTreeSet;

use super::{Transaction, Transactions};

/// Ids that may be tied to one. What has more is no request, but for example a customer with all that he ordered.
pub const RELATIVES: usize = 10;

/// Ids of a family: what is counted of each of them can be changed at once.
pub const FAMILY: usize = 25;

/// Ids that belong together, and all that was said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The id that stands for all: the first of the traces among them, else of all.
    pub id: String,
    /// All of them.
    pub ids: BTreeSet<String>,
    /// Whether it is of one id because that is tied to too many, directly or by others.
    pub is_cut: bool,
    /// The ids that are tied to too many to tie anything, as far as ties lead to them; itself, if it is one.
    pub crowded: BTreeSet<String>,
    /// Whether ties lead out of it, to what does not belong to it as that would be too much.
    pub is_parted: bool,
    /// What was said of them, and of their requests alone.
    pub story: Transaction,
}

impl Transactions {
    /// The family of an id. One that is tied to too many stands alone.
    #[must_use]
    pub fn family(&self, id: &str) -> Family {
        self.family_beside(id, &BTreeSet::new())
    }

    /// The same where it is known of some other ids that they are tied to too many, whatever is known of them here.
    #[must_use]
    pub fn family_beside(&self, id: &str, crowded: &BTreeSet<String>) -> Family {
        let relatives = self.relatives(id, crowded);
        let is_cut = relatives.is_none();
        let ids = relatives.unwrap_or_else(|| BTreeSet::from([id.to_owned()]));
        let members = || ids.iter().filter_map(|id| Some((id, self.by_id.get(id)?)));
        let first_trace = members().find(|(_, own)| own.is_trace).map(|(id, _)| id);
        let stands = first_trace.or_else(|| ids.first()).map_or_else(|| id.to_owned(), Clone::clone);
        let tied = || members().flat_map(|(_, own)| own.tied());
        let is_crowded = |id: &&String| self.by_id.get(*id).is_some_and(Transaction::has_too_many_ties);
        let crowded = tied().chain(&ids).filter(is_crowded).cloned().collect();
        let is_parted = tied().any(|id| !ids.contains(id));
        let mut story = Transaction::default();
        members().for_each(|(_, own)| story.take_work(own));
        let loose: Vec<_> = story.requests().into_iter().filter_map(|request| self.loose.get(request)).collect();
        loose.into_iter().for_each(|loose| story.take_work(loose));
        story.take_strays(&self.strays);
        Family { id: stands, is_cut, crowded, is_parted, story, ids }
    }

    /// All families.
    #[must_use]
    pub fn families(&self) -> Vec<Family> {
        let (mut families, mut seen) = (Vec::new(), BTreeSet::new());
        for id in self.by_id.keys() {
            if !seen.contains(id) {
                let family = self.family(id);
                seen.extend(family.ids.iter().cloned());
                families.push(family);
            }
        }
        families
    }

    /// The ids that are tied to an id, with itself; nothing if they are too many. What has too many ties ties nothing.
    fn relatives(&self, id: &str, crowded: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        let (mut found, mut seen, mut waiting) = (BTreeSet::new(), BTreeSet::from([id]), vec![id]);
        while let Some(next) = waiting.pop() {
            let own = self.by_id.get(next);
            if crowded.contains(next) || own.is_some_and(Transaction::has_too_many_ties) {
                continue;
            }
            found.insert(next.to_owned());
            if found.len() > FAMILY {
                return None;
            }
            waiting
                .extend(own.into_iter().flat_map(Transaction::tied).map(String::as_str).filter(|id| seen.insert(id)));
        }
        found.contains(id).then_some(found)
    }
}

impl Transaction {
    /// Whether so many ids are tied to it that it is no request.
    #[must_use]
    pub fn has_too_many_ties(&self) -> bool {
        self.correlations.len() + self.traces.len() > RELATIVES
    }
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::{ErrorLogs, Ledger};

    fn transactions(lines: &[String]) -> Transactions {
        let mut ledger = Ledger::default();
        for (i, line) in lines.iter().enumerate() {
            let source = Source { log_group: Some("/aws/lambda/shop".into()), ..Source::default() };
            let event =
                LogEvent { id: i.to_string().into(), timestamp: 5_000, message: line.as_str().to_owned().into() };
            let delivery = Delivery { is_data: true, source, events: vec![event], unreadable: 0 };
            ledger.add_delivery(&delivery, ErrorLogs::Raise);
        }
        ledger.transactions
    }

    fn tie(trace: &str, correlation: &str) -> String {
        format!(r#"{{"level":"INFO","lamplight":{{"trace_id":"{trace}","correlation_id":"{correlation}"}}}}"#)
    }

    #[test]
    fn who_is_tied_by_others_is_of_one_family_whomever_is_asked() {
        let lines = [tie("t-2", "c-1"), tie("t-1", "c-1"), tie("t-1", "c-2"), tie("t-9", "c-9")];
        let known = transactions(&lines);
        for id in ["t-1", "t-2", "c-1", "c-2"] {
            let family = known.family(id);
            assert_eq!((family.id.as_str(), family.ids.len()), ("t-1", 4), "{id}");
            assert_eq!(family.story.members.len(), 1);
        }
        let alone = transactions(&[r#"{"level":"INFO","correlation_id":"c-5"}"#.to_owned()]);
        assert_eq!(alone.family("c-5").id, "c-5");
        assert_eq!(known.families().iter().map(|family| family.id.as_str()).collect::<Vec<_>>(), ["t-1", "t-9"]);
    }

    #[test]
    fn a_customer_is_no_family() {
        let lines: Vec<_> = (0..=RELATIVES).map(|i| tie(&format!("t-{i:03}"), "ada")).collect();
        assert_eq!(transactions(&lines[1..]).families().len(), 1);
        let known = transactions(&lines);
        for id in ["ada", "t-000", "t-010"] {
            assert_eq!((known.family(id).id.as_str(), known.family(id).ids.len()), (id, 1));
        }
        assert_eq!(known.families().len(), RELATIVES + 2);
        assert!(known.family("ada").is_cut && !known.family("t-000").is_cut);
        for id in ["ada", "t-000"] {
            assert!(known.family(id).is_parted && known.family(id).crowded.contains("ada"), "{id}");
        }
    }

    #[test]
    fn a_customer_does_not_part_what_belongs_together() {
        let mut lines: Vec<_> = (0..=RELATIVES).map(|i| tie(&format!("t-{i:03}"), "ada")).collect();
        lines.extend([tie("t-000", "c-5"), tie("u-1", "c-5")]);
        let family = transactions(&lines).family("u-1");
        assert_eq!((family.id.as_str(), family.ids.len(), family.is_cut), ("t-000", 3, false));
        // Whoever knows that of her need not know more.
        let known = transactions(&[&lines[..1], &lines[RELATIVES + 1..]].concat());
        assert_eq!(known.family("u-1").ids.len(), 4);
        assert_eq!(known.family_beside("u-1", &BTreeSet::from(["ada".to_owned()])).ids, family.ids);
    }

    #[test]
    fn what_is_tied_by_others_to_too_many_is_no_family() {
        let lines: Vec<_> =
            (0..FAMILY / 2).flat_map(|i| [i, i + 1].map(|t| tie(&format!("t-{t:03}"), &format!("c-{i:03}")))).collect();
        assert_eq!(transactions(&lines).family("t-000").ids.len(), FAMILY);
        let more = [lines, vec![tie("t-000", "c-999")]].concat();
        let known = transactions(&more);
        assert!(known.by_id.keys().all(|id| known.family(id).is_cut));
    }
}
