//! The life of an issue: what exactly people are told while it fails, recovers, is muted, mended and comes back.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_rollup::State;
use lamplight_table::{Act, LAMPLIGHT, Mute};
use lamplight_tests::stack::{DAY_MS, HOUR_MS, MINUTE_MS, SUCCESS, Stack, TIMEOUT};

fn message(reason: &str, count: u64) -> (String, String, u64) {
    (reason.to_owned(), reason.to_owned(), count)
}

fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(what, by)| ((*what).to_owned(), (*by).to_owned())).collect()
}

#[tokio::test]
async fn what_fails_and_recovers_each_minute_is_two_messages_an_hour() {
    let mut stack = Stack::start().await;
    for _ in 0..60 {
        stack.log(&[TIMEOUT, SUCCESS]).await;
        stack.pass(MINUTE_MS).await;
    }
    // Each delivery is another process's, which marks the hour anew: it is computed each minute.
    assert_eq!(stack.told(), [message("new", 1), message("escalating", 60)]);
    stack.pass(3 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
    assert_eq!(stack.state().await, State::Escalating);
}

#[tokio::test]
async fn each_power_of_ten_is_told_once_and_no_more_than_one_in_an_hour() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.pass(MINUTE_MS).await;
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT; 11]).await;
    stack.pass(15 * MINUTE_MS).await;
    assert_eq!(stack.told(), [], "not within an hour of being new");
    stack.pass(HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 12)]);
    // Two more thresholds within the hour are one message when it is over.
    stack.log(&[TIMEOUT; 90]).await;
    stack.pass(15 * MINUTE_MS).await;
    stack.log(&[TIMEOUT; 1_000]).await;
    stack.pass(15 * MINUTE_MS).await;
    assert_eq!(stack.told(), []);
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 1_102)]);
    // Days later it is still counted from its beginning.
    stack.pass_days(3).await;
    stack.log(&[TIMEOUT; 8_890]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
    stack.log(&[TIMEOUT; 10]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10_002)]);
}

#[tokio::test]
async fn runs_of_the_keeper_at_once_tell_an_escalation_once() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 10]).await;
    stack.now_ms += HOUR_MS;
    let runs = futures_util::future::join_all((0..4).map(|_| stack.keep())).await;
    assert_eq!(runs.iter().map(|answer| answer.alerts).sum::<usize>(), 1);
    assert_eq!(stack.told(), [message("new", 10), message("escalating", 10)]);
}

#[tokio::test]
async fn an_escalation_that_could_not_be_published_is_published_later() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 10]).await;
    assert_eq!(stack.told(), [message("new", 10)]);
    stack.topic.refuse(1);
    stack.pass(HOUR_MS).await;
    assert_eq!(stack.told(), []);
    stack.pass(2 * MINUTE_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10)]);
}

#[tokio::test]
async fn a_mute_during_a_storm_is_silent_until_its_count_is_exceeded() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 50]).await;
    stack.pass(2 * MINUTE_MS).await;
    assert_eq!(stack.told(), [message("new", 50)]);
    stack.act(Act::Mute(Mute::UntilCount(1_000))).await;
    for _ in 0..100 {
        stack.pass(MINUTE_MS).await;
        stack.log(&[TIMEOUT; 10]).await;
    }
    stack.pass(HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Muted));
    stack.log(&[TIMEOUT]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 1_051)]);
    assert_eq!((stack.state().await, stack.issue().await.life.mute), (State::Escalating, None));
    assert_eq!(stack.history().await, entries(&[("muted", "ada"), ("escalating", LAMPLIGHT)]));
    // What was told with the end of the mute is not told once more as a power of ten.
    stack.log(&[TIMEOUT; 10]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), []);
}

#[tokio::test]
async fn a_mute_by_the_hour_ends_in_an_hour_that_has_more() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::PerHour(5))).await;
    for _ in 0..6 {
        stack.pass(HOUR_MS).await;
        stack.log(&[TIMEOUT; 5]).await;
    }
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT; 6]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 37)]);
}

#[tokio::test]
async fn a_mute_for_good_stays_silent_and_one_for_a_time_ends() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::Until(stack.now_ms + 3 * HOUR_MS))).await;
    stack.log(&[TIMEOUT; 500]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![message("new", 1)], State::Muted));
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Ongoing));
    assert_eq!(stack.history().await, entries(&[("muted", "ada"), ("unmuted", LAMPLIGHT)]));

    stack.act(Act::Mute(Mute::ForGood)).await;
    stack.log(&[TIMEOUT; 500]).await;
    stack.pass(2 * HOUR_MS).await;
    stack.pass_days(20).await;
    assert_eq!((stack.told(), stack.state().await), (vec![], State::Muted));
}

#[tokio::test]
async fn an_alert_that_was_not_sent_before_its_issue_was_muted_is_dropped() {
    let mut stack = Stack::start().await;
    stack.topic.refuse(1);
    stack.log(&[TIMEOUT]).await;
    stack.act(Act::Mute(Mute::ForGood)).await;
    stack.now_ms += 2 * MINUTE_MS;
    let answer = stack.keep().await;
    assert_eq!((answer.alerts, answer.unsent, answer.dropped), (0, 0, 1));
    assert_eq!(stack.told(), []);
    stack.act(Act::Unmute).await;
    stack.now_ms += 2 * MINUTE_MS;
    assert_eq!(stack.keep().await.alerts, 0);
}

#[tokio::test]
async fn what_was_mended_and_comes_back_is_told_and_counted_anew() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT; 20]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("new", 20), message("escalating", 20)]);
    stack.act(Act::Resolve).await;
    stack.pass(HOUR_MS).await;
    stack.log(&[TIMEOUT]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!((stack.told(), stack.state().await), (vec![message("regressed", 1)], State::Regressed));
    stack.log(&[TIMEOUT; 9]).await;
    stack.pass(2 * HOUR_MS).await;
    assert_eq!(stack.told(), [message("escalating", 10)]);
    let done = [("escalating", LAMPLIGHT), ("resolved", "ada"), ("regressed", LAMPLIGHT), ("escalating", LAMPLIGHT)];
    assert_eq!(stack.history().await, entries(&done));
}

#[tokio::test]
async fn what_is_no_longer_new_goes_on_and_what_is_quiet_is_mended() {
    let mut stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    stack.now_ms += DAY_MS - HOUR_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (0, State::New));
    stack.now_ms += HOUR_MS + MINUTE_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (0, State::New), "only in the first minute of an hour");
    stack.now_ms += HOUR_MS - MINUTE_MS;
    assert_eq!((stack.keep().await.aged, stack.state().await), (1, State::Ongoing));
    stack.pass_days(12).await;
    assert_eq!(stack.state().await, State::Ongoing);
    stack.pass_days(1).await;
    assert_eq!(stack.state().await, State::Resolved);
    assert_eq!(stack.history().await, entries(&[("ongoing", LAMPLIGHT), ("resolved", LAMPLIGHT)]));
    assert_eq!(stack.told(), [message("new", 1)]);
    stack.log(&[TIMEOUT]).await;
    assert_eq!(stack.told(), [message("regressed", 1)]);
}
