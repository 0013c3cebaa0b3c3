//! The life of an issue on a real DynamoDB implementation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use lamplight_embedded::Embedded;
use lamplight_logs::{LogEvent, Source, recognise};
use lamplight_rollup::{Fingerprint, FunctionKey, Issue, State};
use lamplight_table::{Act, Acted, Claim, Claimed, LAMPLIGHT, Mute, Stored, Table};

/// 2026-11-20T08:47:12.345Z
const NOW_MS: i64 = 1_795_164_432_345;

const LINE: &str = "panic: no card";

/// The issue of a line at this time.
fn issue(at_ms: i64) -> (Fingerprint, Issue) {
    let key = FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: "mailer".into() };
    let (source, event) =
        (Source::default(), LogEvent { id: at_ms.to_string().into(), timestamp: at_ms, message: LINE.into() });
    let fact = recognise(LINE, &source);
    let detection = fact.detection.unwrap();
    Issue::raised(&key, detection, &fact, &source, &event)
}

/// Lets it occur: why people are told, if they are.
async fn occur(table: &Table, at_ms: i64) -> Option<Claim> {
    let (fingerprint, issue) = issue(at_ms);
    let delivery = u64::try_from(at_ms).unwrap();
    let name = |claim, _: &str, _| format!("{claim:?}");
    match table.record_issue(fingerprint, &issue, delivery, at_ms, name).await.unwrap() {
        Claimed::ToPublish(unsent) if unsent.body == "New" => Some(Claim::New),
        Claimed::ToPublish(unsent) if unsent.body == "Regressed" => Some(Claim::Regressed),
        Claimed::ToPublish(unsent) => panic!("{unsent:?}"),
        Claimed::Nothing | Claimed::Beyond => None,
    }
}

async fn act(table: &Table, act: Act, by: &str, at_ms: i64) -> Acted {
    table.act(issue(0).0, &act, by, at_ms, |alert_id, _, _, _, _| alert_id.to_owned()).await.unwrap()
}

fn done(acted: Acted) -> Stored {
    match acted {
        Acted::Done(stored) => stored,
        other => panic!("{other:?}"),
    }
}

/// Who did what.
async fn history(table: &Table) -> Vec<(String, String)> {
    let entries = table.history(issue(0).0).await.unwrap();
    assert!(entries.is_sorted_by_key(|entry| entry.at_ms));
    entries.into_iter().map(|entry| (entry.what, entry.by)).collect()
}

fn said(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(what, by)| ((*what).to_owned(), (*by).to_owned())).collect()
}

#[tokio::test]
async fn each_act_changes_the_issue_and_is_in_its_history() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    assert_eq!(act(&table, Act::Resolve, "ada", NOW_MS).await, Acted::Unknown);
    assert_eq!(occur(&table, NOW_MS).await, Some(Claim::New));

    let assigned = done(act(&table, Act::Assign(Some("Grace".into())), "ada", NOW_MS + 1).await);
    assert_eq!((assigned.state, assigned.life.assignee.as_deref()), (State::New, Some("Grace")));
    let muted = done(act(&table, Act::Mute(Mute::Until(NOW_MS + 9_000)), "grace", NOW_MS + 2).await);
    assert_eq!((muted.state, muted.life.mute), (State::Muted, Some(Mute::Until(NOW_MS + 9_000))));
    assert!(muted.life.is_muted(NOW_MS + 8_999) && !muted.life.is_muted(NOW_MS + 9_000));
    for mute in [Mute::UntilCount(100), Mute::PerHour(7), Mute::ForGood] {
        let muted = done(act(&table, Act::Mute(mute), "grace", NOW_MS + 3).await);
        assert_eq!((muted.state, muted.life.mute, muted.life.muted_ms), (State::Muted, Some(mute), Some(NOW_MS + 3)));
        assert!(muted.life.is_muted(i64::MAX));
    }
    let unmuted = done(act(&table, Act::Unmute, "ada", NOW_MS + 4).await);
    assert_eq!((unmuted.state, unmuted.life.mute, unmuted.life.muted_ms), (State::Ongoing, None, None));
    let resolved = done(act(&table, Act::Resolve, "ada", NOW_MS + 5).await);
    assert_eq!((resolved.state, resolved.life.resolved_ms), (State::Resolved, Some(NOW_MS + 5)));
    let nobody = done(act(&table, Act::Assign(None), "ada", NOW_MS + 6).await);
    assert_eq!((nobody.state, nobody.life.assignee), (State::Resolved, None));

    let mut history = history(&table).await;
    // Acts of one millisecond stand in the order of their hashes.
    history.dedup();
    let expected =
        [("assigned", "ada"), ("muted", "grace"), ("unmuted", "ada"), ("resolved", "ada"), ("unassigned", "ada")];
    assert_eq!(history, said(&expected));
    let entries = table.history(issue(0).0).await.unwrap();
    assert_eq!(entries.len(), 8);
    assert_eq!(entries[0].details["to"], "Grace");
    assert_eq!(entries[1].details["until"], "2026-11-20T08:47:21.345Z");
}

#[tokio::test]
async fn what_is_done_already_is_not_done_again() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    occur(&table, NOW_MS).await;
    assert!(matches!(act(&table, Act::Unmute, "ada", NOW_MS).await, Acted::Already(_)));
    assert!(matches!(act(&table, Act::Assign(None), "ada", NOW_MS).await, Acted::Already(_)));
    for (change, times) in [(Act::Mute(Mute::ForGood), 2), (Act::Assign(Some("Ada".into())), 2), (Act::Resolve, 3)] {
        done(act(&table, change.clone(), "ada", NOW_MS).await);
        for i in 1..times {
            assert!(matches!(act(&table, change.clone(), "grace", NOW_MS + i).await, Acted::Already(_)));
        }
    }
    assert_eq!(table.history(issue(0).0).await.unwrap().len(), 3);
}

#[tokio::test]
async fn of_two_who_act_at_once_one_is_first_and_the_other_acts_on_what_is_left() {
    let embedded = Embedded::start(0, None).await.unwrap();
    occur(&embedded.table(), NOW_MS).await;
    let tables: Vec<_> = (0..6).map(|_| embedded.table()).collect();
    let names = ["a", "b", "c", "d", "e", "f"];
    let all = tables.iter().zip(names).map(|(table, name)| act(table, Act::Resolve, name, NOW_MS));
    let acted = futures_util::future::join_all(all).await;
    assert_eq!(acted.iter().filter(|acted| matches!(acted, Acted::Done(_))).count(), 1, "one resolves it");
    assert_eq!(acted.iter().filter(|acted| matches!(acted, Acted::Already(_))).count(), 5);
    let winner = acted.iter().position(|acted| matches!(acted, Acted::Done(_))).unwrap();
    assert_eq!(history(&tables[0]).await, said(&[("resolved", names[winner])]));

    // Different acts are all done, one after the other.
    let all =
        tables.iter().zip(names).map(|(table, name)| act(table, Act::Assign(Some(name.into())), name, NOW_MS + 1));
    let acted = futures_util::future::join_all(all).await;
    assert!(acted.iter().all(|acted| matches!(acted, Acted::Done(_))));
    assert_eq!(tables[0].history(issue(0).0).await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_muted_issue_is_recorded_and_claimed_by_nobody() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    assert_eq!(occur(&table, NOW_MS).await, Some(Claim::New));
    assert_eq!(occur(&table, NOW_MS).await, Some(Claim::New), "a retry publishes again until it is marked");
    done(act(&table, Act::Mute(Mute::Until(NOW_MS + 5_000)), "ada", NOW_MS + 1).await);
    assert_eq!(occur(&embedded.table(), NOW_MS).await, None, "it was muted meanwhile");
    assert_eq!(occur(&embedded.table(), NOW_MS + 1_000).await, None);
    let stored = table.issue(issue(0).0).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.issue.sample.rank.at_ms), (State::Muted, NOW_MS + 1_000));
    let unsent = table.unsent(i64::MAX).await.unwrap();
    let (changes, unsent): (Vec<_>, Vec<_>) = unsent.into_iter().partition(|unsent| unsent.is_change);
    assert_eq!((changes.len(), unsent.len()), (1, 1));
    assert!(changes[0].body.ends_with(&format!("-muted-{:x}", NOW_MS + 1)), "what was done is told too");
    assert!(table.is_muted(&unsent[0], NOW_MS + 4_999).await.unwrap());
    assert!(!table.is_muted(&unsent[0], NOW_MS + 5_000).await.unwrap(), "its time is over");
}

#[tokio::test]
async fn what_is_resolved_comes_back_once_with_a_new_count_unless_it_is_muted() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    occur(&table, NOW_MS).await;
    done(act(&table, Act::Resolve, "ada", NOW_MS + 10).await);
    assert_eq!(occur(&table, NOW_MS + 5).await, None, "it occurred before");
    assert_eq!(occur(&table, NOW_MS + 20).await, Some(Claim::Regressed));
    assert_eq!(occur(&table, NOW_MS + 30).await, None);
    let stored = table.issue(issue(0).0).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.life.opened_ms), (State::Regressed, Some(NOW_MS + 20)));
    assert_eq!(history(&table).await, said(&[("resolved", "ada"), ("regressed", LAMPLIGHT)]));

    done(act(&table, Act::Resolve, "ada", NOW_MS + 40).await);
    done(act(&table, Act::Mute(Mute::ForGood), "ada", NOW_MS + 50).await);
    assert_eq!(occur(&table, NOW_MS + 60).await, None, "a muted issue does not come back");
}
