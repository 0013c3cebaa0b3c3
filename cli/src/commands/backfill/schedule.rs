//! Which hours are to be read. Hours are read whole or not at all, so that what is added of one is the same in every
//! run.

use std::collections::BTreeMap;
use std::ops::Range;

use lamplight_rollup::{Bucket, Span};
use lamplight_table::PastHour;

use super::hour;

/// Events may be stamped up to two hours ahead of the time at which they are taken in.
const AHEAD_MS: i64 = 2 * 3_600_000;

/// What a minute has counted is known for three days. An hour that was begun longer ago, less a margin, and not ended
/// may be counted in parts.
const KNOWN_MS: i64 = 60 * 3_600_000;

/// What is to be read of a log group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The hours, with what is known of them.
    pub hours: Vec<PastHour>,
    /// How many hours an earlier run has read.
    pub done: usize,
    /// How many hours an earlier run has begun too long ago.
    pub left: usize,
}

/// The whole hours that hold a time; nothing if there are none.
pub fn whole_hours(since_ms: i64, until_ms: i64) -> Option<Range<i64>> {
    let start = Bucket::holding(Span::Hour, since_ms).start_ms;
    let last = Bucket::holding(Span::Hour, until_ms.checked_sub(1)?);
    (since_ms < until_ms).then_some(start..last.end_ms())
}

impl Schedule {
    /// What is to be read of these hours, given what earlier runs have read.
    pub fn of(range: &Range<i64>, before_ms: i64, marks: &[PastHour], now_ms: i64) -> Self {
        let marks: BTreeMap<_, _> = marks.iter().map(|mark| (mark.hour.start_ms, mark)).collect();
        let mut schedule = Self::default();
        let mut start_ms = range.start;
        while start_ms < range.end.min(before_ms.saturating_add(AHEAD_MS)) {
            match marks.get(&start_ms) {
                Some(mark) if mark.is_done => schedule.done += 1,
                Some(mark) if mark.begun_ms.is_some_and(|begun_ms| begun_ms + KNOWN_MS < now_ms) => schedule.left += 1,
                // What was begun is ended in the same way, wherever the past is said to end by now.
                Some(mark) => schedule.hours.push(**mark),
                None => {
                    let hour = hour(start_ms);
                    schedule.hours.push(PastHour { hour, before_ms, begun_ms: None, is_done: false });
                }
            }
            start_ms += Span::Hour.ms();
        }
        schedule
    }

    /// The hours in runs that stand beside each other within a day: one answer may hold all of a quiet day.
    pub fn days(&self) -> Vec<&[PastHour]> {
        let is_beside = |one: &PastHour, next: &PastHour| {
            one.hour.end_ms() == next.hour.start_ms && one.hour.within(Span::Day) == next.hour.within(Span::Day)
        };
        self.hours.chunk_by(is_beside).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-20T22:00Z.
    const START_MS: i64 = 1_795_212_000_000;

    fn mark(hours: i64, begun_ms: i64, is_done: bool) -> PastHour {
        PastHour { hour: hour(START_MS + hours * HOUR_MS), before_ms: 7, begun_ms: Some(begun_ms), is_done }
    }

    #[test]
    fn a_time_is_widened_to_whole_hours() {
        assert_eq!(whole_hours(START_MS + 5, START_MS + 6), Some(START_MS..START_MS + HOUR_MS));
        assert_eq!(whole_hours(START_MS, START_MS + HOUR_MS), Some(START_MS..START_MS + HOUR_MS));
        assert_eq!(whole_hours(START_MS, START_MS + HOUR_MS + 1), Some(START_MS..START_MS + 2 * HOUR_MS));
        assert_eq!(whole_hours(START_MS, START_MS), None);
        assert_eq!(whole_hours(START_MS + 1, START_MS), None);
    }

    #[test]
    fn what_was_read_is_not_read_again_and_what_was_begun_is_ended_as_it_was_begun() {
        let now_ms = START_MS + 100 * HOUR_MS;
        let marks = [mark(0, now_ms, true), mark(1, now_ms - KNOWN_MS, false), mark(2, now_ms - KNOWN_MS - 1, false)];
        let schedule = Schedule::of(&(START_MS..START_MS + 4 * HOUR_MS), now_ms, &marks, now_ms);
        assert_eq!((schedule.done, schedule.left), (1, 1));
        let hours: Vec<_> = schedule.hours.iter().map(|past| (past.hour.start_ms, past.before_ms)).collect();
        assert_eq!(hours, [(START_MS + HOUR_MS, 7), (START_MS + 3 * HOUR_MS, now_ms)]);
    }

    #[test]
    fn nothing_is_read_that_could_not_have_been_taken_in_before_the_subscription() {
        let schedule = Schedule::of(&(START_MS..START_MS + 9 * HOUR_MS), START_MS + 1, &[], START_MS + 9 * HOUR_MS);
        assert_eq!(schedule.hours.len(), 3);
        assert_eq!(Schedule::of(&(START_MS..START_MS + HOUR_MS), 0, &[], START_MS), Schedule::default());
    }

    #[test]
    fn hours_stand_together_within_a_day() {
        let schedule = Schedule { hours: [0, 1, 2, 3, 5].map(|i| mark(i, 0, false)).to_vec(), ..Schedule::default() };
        assert_eq!(schedule.days().iter().map(|day| day.len()).collect::<Vec<_>>(), [2, 2, 1]);
    }
}
