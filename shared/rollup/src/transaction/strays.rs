//! Failures whose line names neither a trace nor its request, such as an exception in Python's text format.
//!
//! A log stream has one invocation at a time, so a failure is that of the invocation within whose time it was told, as
//! the invocation's report has it. On managed instances, where a stream has many at a time, it is that of each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::smallest::Smallest;
use super::{Member, Note, Report, Transaction, Transactions};
use crate::bucket::{Bucket, Span};

/// Failures that are kept of one log stream's minute: the first ones.
pub const STRAYS: usize = 100;

/// Minutes of a report in which failures are looked for: no invocation takes longer.
const MINUTES: usize = 17;

/// A minute of a log stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamMinute {
    /// The log stream: a hash of its group and name.
    pub stream: u64,
    /// The start of the minute, in milliseconds since the epoch.
    pub minute_ms: i64,
}

impl StreamMinute {
    /// The minute of a stream that holds a time.
    #[must_use]
    pub fn holding(stream: u64, at_ms: i64) -> Self {
        Self { stream, minute_ms: Bucket::holding(Span::Minute, at_ms).start_ms }
    }
}

/// What failed in which minute of which log stream.
pub type Strays = BTreeMap<StreamMinute, Smallest<Note, STRAYS>>;

impl Report {
    /// The minutes of its log stream in which something may have been told of it.
    fn minutes(&self) -> impl Iterator<Item = StreamMinute> {
        let (first_ms, last_ms) = (self.started_ms(), self.reported_ms);
        let minute_ms = move |stream| {
            std::iter::successors(Some(StreamMinute::holding(stream, first_ms)), |minute| {
                Some(StreamMinute { minute_ms: minute.minute_ms.checked_add(Span::Minute.ms())?, ..*minute })
            })
        };
        let minutes = self.stream.into_iter().flat_map(minute_ms);
        minutes.take_while(move |minute| minute.minute_ms <= last_ms).take(MINUTES)
    }

    /// What was told within its time.
    fn within<'s>(&self, strays: &'s Strays) -> impl Iterator<Item = &'s Note> {
        let times = self.started_ms()..=self.reported_ms;
        let notes = self.minutes().filter_map(|minute| strays.get(&minute)).flat_map(Smallest::iter);
        notes.filter(move |note| times.contains(&note.at_ms))
    }
}

impl Member {
    /// Its reports: one of each try.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &Report> {
        self.report.iter().chain(self.other_tries.iter())
    }

    /// Takes the failures in that were told within its time.
    fn take_strays(&mut self, strays: &Strays) {
        let within: Vec<_> = self.reports().flat_map(|report| report.within(strays)).cloned().collect();
        self.errors.extend(within.iter().map(|note| note.event));
        self.notes.extend(within);
    }
}

impl Transaction {
    /// The minutes of log streams in which something may have been told of its members.
    #[must_use]
    pub fn minutes(&self) -> BTreeSet<StreamMinute> {
        self.members.values().flat_map(|member| member.reports()).flat_map(Report::minutes).collect()
    }

    /// Takes the failures in that were told within the time of its members.
    pub(super) fn take_strays(&mut self, strays: &Strays) {
        if !strays.is_empty() {
            self.members.values_mut().for_each(|member| member.take_strays(strays));
        }
    }
}

impl Transactions {
    /// Takes the failures in that were told within the time of what is known here, so that it is known to have failed.
    /// They are kept for themselves all the same: other deliveries may have more invocations within whose time they lie.
    pub fn take_strays(&mut self) {
        let known = self.by_id.values_mut().chain(self.loose.values_mut());
        known.for_each(|own| own.take_strays(&self.strays));
    }
}

#[cfg(test)]
mod tests {
    use lamplight_logs::{Delivery, LogEvent, Source};

    use super::*;
    use crate::ledger::{ErrorLogs, Ledger};

    const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";
    const EXCEPTION: &str = "[ERROR] KeyError: 'a'\nTraceback (most recent call last):";
    const LOGGED: &str = r#"{"function_request_id":"3f1c2b1a-1111-4222-8333-444455556666","xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}"#;

    fn report(duration_ms: i64, rest: &str) -> String {
        format!("REPORT RequestId: 3f1c2b1a-1111-4222-8333-444455556666\tDuration: {duration_ms}.00 ms{rest}")
    }

    /// What a stream said, each line in a delivery of its own.
    fn ledger(stream: &str, lines: &[(i64, &str)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (at_ms, line) in lines {
            let source = Source {
                log_group: Some("/aws/lambda/pay".into()),
                log_stream: Some(stream.to_owned().into()),
                ..Source::default()
            };
            let event = LogEvent { id: at_ms.to_string().into(), timestamp: *at_ms, message: (*line).into() };
            ledger.add_delivery(
                &Delivery { is_data: true, source, events: vec![event], unreadable: 0 },
                ErrorLogs::Raise,
            );
        }
        ledger
    }

    fn told(mut ledger: Ledger) -> (usize, Vec<String>) {
        ledger.transactions.join_reports();
        let story = ledger.transactions.story(TRACE).into_owned();
        let notes = story.members.values().flat_map(|member| member.notes.iter()).map(|note| note.text.clone());
        (story.errors(), notes.collect())
    }

    #[test]
    fn a_failure_is_that_of_the_invocation_within_whose_time_it_was_told() {
        let (traced, unsampled) = (report(70_000, &format!("\tXRAY TraceId: {TRACE}")), report(70_000, ""));
        // The one before and the one after it are others.
        for (at_ms, count) in [(129_999, 0), (130_000, 1), (150_000, 1), (200_000, 1), (200_001, 0)] {
            let expected = (count, vec!["KeyError: 'a'".to_owned(); count]);
            for lines in [[(at_ms, EXCEPTION), (200_000, &*traced)], [(200_000, &*traced), (at_ms, EXCEPTION)]] {
                assert_eq!(told(ledger("s", &lines)), expected, "{at_ms}");
            }
            let lines = [(at_ms, EXCEPTION), (200_000, &*unsampled), (140_000, LOGGED)];
            assert_eq!(told(ledger("s", &lines)), expected, "{at_ms}");
        }
        let mut other = ledger("s", &[(200_000, &traced)]);
        other.merge(ledger("t", &[(150_000, EXCEPTION)]));
        assert_eq!(told(other).0, 0, "another stream");
    }

    #[test]
    fn what_is_known_of_a_delivery_has_its_failures_and_a_minute_has_so_many() {
        let lines =
            [(1_000, EXCEPTION), (8_000, EXCEPTION), (9_000, &report(5_000, &format!("\tXRAY TraceId: {TRACE}")))];
        let mut known = ledger("s", &lines);
        known.transactions.take_strays();
        assert_eq!(known.transactions.by_id[TRACE].errors(), 1);
        let many: Vec<_> = (0..200).map(|i| (i, EXCEPTION)).collect();
        let strays = ledger("s", &many).transactions.strays;
        assert_eq!(strays.values().map(Smallest::len).collect::<Vec<_>>(), [STRAYS]);
    }
}
