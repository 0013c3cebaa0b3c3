//! From events to what is added once: for each log stream and minute one unit, which is the same in every run and is
//! refused when it comes again. Events are folded as they come, so that an hour may be of any size.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use lamplight_logs::{Delivery, LogEvent, Source};
use lamplight_parser::Reading;
use lamplight_rollup::{Bounds, Bucket, Ledger, Span};
use xxhash_rust::xxh3::Xxh3Default;

use super::settings::Settings;

/// Tells the units of the past from live deliveries.
const TAG: &str = "backfill";

/// Where the events are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The log group.
    pub log_group: String,
}

/// The events of an hour, folded.
#[derive(Debug)]
pub struct Fold<'p> {
    place: &'p Place,
    settings: &'p Settings,
    before_ms: i64,
    /// Events that were folded: a page may bring one again.
    seen: HashSet<u64>,
    ledgers: BTreeMap<(String, i64), Ledger>,
    /// How many events were folded.
    pub events: u64,
}

impl<'p> Fold<'p> {
    /// Nothing as yet. Events that were taken in at `before_ms` or later will be passed over.
    pub fn new(place: &'p Place, settings: &'p Settings, before_ms: i64) -> Self {
        Self { place, settings, before_ms, seen: HashSet::new(), ledgers: BTreeMap::new(), events: 0 }
    }

    /// Takes an event in.
    pub fn add(&mut self, event: &FilteredLogEvent) {
        let (Some(timestamp), Some(message)) = (event.timestamp, event.message.as_deref()) else {
            return;
        };
        if event.ingestion_time.unwrap_or(timestamp) >= self.before_ms {
            return;
        }
        let id = event.event_id.as_deref().unwrap_or_default();
        let stream = event.log_stream_name.as_deref().unwrap_or_default();
        let own = LogEvent { id: Cow::Borrowed(id), timestamp, message: message.into() };
        if !id.is_empty() && !self.seen.insert(own.identity()) {
            return;
        }
        let minute_ms = Bucket::holding(Span::Minute, timestamp).start_ms;
        let source = Source {
            account: Some(Cow::Borrowed(&self.place.account)),
            region: Some(Cow::Borrowed(&self.place.region)),
            log_group: Some(Cow::Borrowed(&self.place.log_group)),
            log_stream: Some(Cow::Borrowed(stream)),
        };
        let delivery = Delivery { is_data: true, source, events: vec![own], unreadable: 0 };
        let ledger = self.ledgers.entry((stream.to_owned(), minute_ms)).or_default();
        let Settings { error_logs, searchable_fields } = self.settings;
        ledger.add_searchable_delivery(&delivery, *error_logs, searchable_fields);
        self.events += 1;
    }

    /// The units, those that add nothing left out.
    pub fn readings(self) -> Vec<Reading> {
        let place = self.place;
        let units = self.ledgers.into_iter().filter(|(_, ledger)| !ledger.is_empty());
        let readings = units.map(|((stream, minute_ms), ledger)| {
            let reading = Reading::within(&Bounds::default(), identity(place, &stream, minute_ms), ledger);
            // As the identity: not of the events, some of which may be gone when the unit is read again.
            Reading { at_ms: minute_ms, ..reading }
        });
        readings.collect()
    }
}

/// What a minute of a log stream is refused by when it comes again.
fn identity(place: &Place, stream: &str, minute_ms: i64) -> u64 {
    let mut hash = Xxh3Default::new();
    for part in [TAG, &place.account, &place.region, &place.log_group, stream] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&minute_ms.to_le_bytes());
    hash.digest()
}

#[cfg(test)]
mod tests {
    use lamplight_embedded::Embedded;
    use lamplight_parser::add_past;
    use lamplight_rollup::{Counter, Fingerprint, Issue, Rollup, State};
    use lamplight_table::{Claimed, PastHour, Table};

    use super::*;

    const REPORT: &str =
        "REPORT RequestId: a\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB";
    const MINUTE_MS: i64 = 60_000;

    fn place() -> Place {
        Place { account: "1".to_owned(), region: "eu-west-1".to_owned(), log_group: "/aws/lambda/a".to_owned() }
    }

    fn event(id: &str, stream: &str, timestamp: i64, ingested_ms: i64) -> FilteredLogEvent {
        let event = FilteredLogEvent::builder().event_id(id).log_stream_name(stream).message(REPORT);
        event.timestamp(timestamp).ingestion_time(ingested_ms).build()
    }

    fn folded(events: &[FilteredLogEvent]) -> (u64, Vec<(u64, u64)>) {
        let place = place();
        let settings = Settings::default();
        let mut fold = Fold::new(&place, &settings, 1_000_000);
        events.iter().for_each(|event| fold.add(event));
        let count = fold.events;
        let units = fold.readings().into_iter().map(|reading| {
            let rollups = reading.ledger.functions.values().flat_map(BTreeMap::values);
            (reading.delivery, rollups.map(|rollup| rollup.counters.get(Counter::Invocations)).sum())
        });
        (count, units.collect())
    }

    #[test]
    fn a_minute_of_a_stream_is_a_unit_whatever_comes_when() {
        let events = [event("1", "s", 5, 6), event("2", "s", MINUTE_MS - 1, 6), event("3", "t", 5, 6)];
        let later = event("4", "s", MINUTE_MS, 6);
        let (count, units) = folded(&[&events[..], std::slice::from_ref(&later)].concat());
        assert_eq!((count, units.iter().map(|unit| unit.1).collect::<Vec<_>>()), (4, vec![2, 1, 1]));
        let mut backwards = events.to_vec();
        backwards.insert(0, later);
        backwards.reverse();
        assert_eq!(folded(&backwards), (4, units.clone()));
        let mut identities: Vec<_> = units.iter().map(|unit| unit.0).collect();
        identities.sort_unstable();
        identities.dedup();
        assert_eq!(identities.len(), 3);
    }

    #[test]
    fn what_was_delivered_and_what_came_before_is_passed_over() {
        let events = [event("1", "s", 5, 999_999), event("2", "s", 6, 1_000_000), event("1", "s", 5, 999_999)];
        assert_eq!(folded(&events).0, 1);
    }

    #[test]
    fn lines_that_count_nothing_make_no_unit() {
        let start = FilteredLogEvent::builder().event_id("1").message("START RequestId: a Version: 1").timestamp(5);
        assert_eq!(folded(&[start.build()]), (1, Vec::new()));
    }

    #[test]
    fn what_only_measures_or_only_names_a_value_is_a_unit() {
        let metric =
            r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"shop","Metrics":[{"Name":"Orders"}]}]},"Orders":1}"#;
        let order = r#"{"level":"INFO","correlation_id":"c-1","orderId":4711}"#;
        let (place, settings) =
            (place(), Settings { searchable_fields: vec!["orderId".to_owned()], ..Settings::default() });
        let mut fold = Fold::new(&place, &settings, i64::MAX);
        for (line, at_ms) in [(metric, 5), (order, MINUTE_MS)] {
            let event = FilteredLogEvent::builder().event_id(at_ms.to_string()).message(line);
            fold.add(&event.timestamp(at_ms).ingestion_time(at_ms).build());
        }
        let readings = fold.readings();
        assert_eq!(readings[0].ledger.metrics.series.len(), 1);
        let member = readings[1].ledger.transactions.by_id["c-1"].members.values().next().unwrap();
        assert!(member.labels.iter().eq([&("orderId".to_owned(), "4711".to_owned())]));
    }

    const NOW_MS: i64 = 1_795_164_432_345;

    /// The units of an invocation that timed out.
    fn timed_out(place: &Place, at_ms: i64) -> Vec<Reading> {
        let line = format!("{REPORT}\tStatus: timeout");
        let event = FilteredLogEvent::builder().event_id(at_ms.to_string()).log_stream_name("s").message(line);
        let settings = Settings::default();
        let mut fold = Fold::new(place, &settings, i64::MAX);
        fold.add(&event.timestamp(at_ms).ingestion_time(at_ms).build());
        fold.readings()
    }

    async fn invocations(table: &Table) -> u64 {
        let key = table.functions().await.unwrap().remove(0);
        let mut sum = Rollup::default();
        let rollups = table.rollups(&key, NOW_MS - 7_200_000, NOW_MS + 7_200_000, NOW_MS).await.unwrap();
        rollups.values().for_each(|rollup| sum.merge(rollup));
        sum.counters.get(Counter::Invocations)
    }

    #[tokio::test]
    async fn the_past_is_counted_once_and_nobody_is_ever_told_of_it() {
        let embedded = Embedded::start(0, None).await.unwrap();
        let (table, place) = (embedded.table(), place());
        let past: Vec<_> =
            [NOW_MS - 60_000, NOW_MS - 120_000].iter().flat_map(|at_ms| timed_out(&place, *at_ms)).collect();
        add_past(&past, &table, NOW_MS).await.unwrap();
        // Another process, which knows nothing of the first.
        add_past(&past[1..], &embedded.table(), NOW_MS).await.unwrap();
        assert_eq!(invocations(&table).await, 2);
        assert_eq!(table.unsent(i64::MAX).await.unwrap(), []);
        let stored = table.issues().await.unwrap().remove(0);
        assert_eq!((stored.state, stored.issue.first_seen_ms), (State::New, NOW_MS - 120_000));
        assert_eq!(stored.issue.sample.rank.at_ms, NOW_MS - 60_000);
        let (fingerprint, live) = issue(&place, NOW_MS);
        let claimed = embedded.table().record_issue(fingerprint, &live, 1, NOW_MS, |_, _, _| String::new()).await;
        assert_eq!(claimed.unwrap(), Claimed::Nothing);
        assert_eq!(table.unsent(i64::MAX).await.unwrap(), []);
    }

    #[tokio::test]
    async fn the_past_takes_no_alert_away_that_is_to_be_sent() {
        let embedded = Embedded::start(0, None).await.unwrap();
        let (table, place) = (embedded.table(), place());
        let (fingerprint, live) = issue(&place, NOW_MS);
        let claimed = table.record_issue(fingerprint, &live, 1, NOW_MS, |_, _, _| "alert".to_owned()).await.unwrap();
        assert!(matches!(claimed, Claimed::ToPublish(_)));
        add_past(&timed_out(&place, NOW_MS - 60_000), &embedded.table(), NOW_MS).await.unwrap();
        assert_eq!(table.unsent(i64::MAX).await.unwrap().len(), 1);
        let again = embedded.table().record_issue(fingerprint, &live, 1, NOW_MS, |_, _, _| "alert".to_owned()).await;
        assert!(matches!(again.unwrap(), Claimed::ToPublish(_)));
        assert_eq!(table.issue(fingerprint).await.unwrap().unwrap().issue.first_seen_ms, NOW_MS - 60_000);
    }

    #[tokio::test]
    async fn hours_of_the_past_are_known_as_far_as_they_were_read() {
        let embedded = Embedded::start(0, None).await.unwrap();
        let table = embedded.table();
        let hour = Bucket::holding(Span::Hour, NOW_MS);
        let begun = PastHour { hour, before_ms: 7, begun_ms: Some(5), is_done: false };
        table.mark_past_hours("1/r/g", &[begun], NOW_MS).await.unwrap();
        assert_eq!(table.past_hours("1/r/g").await.unwrap(), [begun]);
        let done = PastHour { is_done: true, ..begun };
        table.mark_past_hours("1/r/g", &[done], NOW_MS).await.unwrap();
        assert_eq!(table.past_hours("1/r/g").await.unwrap(), [done]);
        assert_eq!(table.past_hours("1/r/other").await.unwrap(), []);
    }

    fn issue(place: &Place, at_ms: i64) -> (Fingerprint, Issue) {
        timed_out(place, at_ms).remove(0).ledger.issues.into_iter().next().unwrap()
    }
}
