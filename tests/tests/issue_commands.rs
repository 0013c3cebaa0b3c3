//! `lamplight resolve`, `mute`, `unmute` and `assign`, and what `issues` and `issue` show of them.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use lamplight_tests::calls::rfc3339;
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::local::Local;
use serde_json::{Value, json};
use time::OffsetDateTime;

const TIMEOUT: &str = "REPORT RequestId: 9a1e-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
                       Max Memory Used: 71 MB\tStatus: timeout\n";

/// A pipeline in which two functions have failed a minute ago, one of them three times, and the ids of their issues.
fn failing() -> (Local, String, String) {
    let local = Local::start(&[]);
    let at_ms = (OffsetDateTime::now_utc().unix_timestamp() - 60) * 1000;
    for (name, times) in [("ferry", vec![at_ms; 3]), ("kiosk", vec![at_ms + 1_000])] {
        let lines: Vec<_> = times.iter().map(|at_ms| (*at_ms, TIMEOUT)).collect();
        local.invoke(&Stream::of(name, &lines).payload(Envelope::Subscription));
    }
    let id = |function: &str| {
        let listed = local.read(&["issues", "--function", function]).json();
        assert_eq!(listed["issues"].as_array().unwrap().len(), 1);
        listed["issues"][0]["fingerprint"].as_str().unwrap().to_owned()
    };
    let (ferry, kiosk) = (id("f*y"), id("?iosk"));
    (local, ferry, kiosk)
}

/// The functions of the issues that a list shows, in its order.
fn functions(local: &Local, arguments: &[&str]) -> Vec<Value> {
    let listed = local.read(&[&["issues"], arguments].concat()).json();
    listed["issues"].as_array().unwrap().iter().map(|issue| issue["function"].clone()).collect()
}

#[test]
fn what_is_done_with_issues_is_shown_with_who_did_it() {
    let (local, ferry, kiosk) = failing();
    let done = local.read(&["resolve", &ferry, &kiosk, "--as", "ada"]);
    assert_eq!(done.status, Some(0), "{done:?}");
    let states: Vec<_> = done.json()["issues"].as_array().unwrap().iter().map(|issue| issue["state"].clone()).collect();
    assert_eq!(states, ["resolved", "resolved"]);
    assert_eq!(local.read(&["resolve", &ferry]).json()["issues"][0]["changed"], false);

    local.read(&["assign", &ferry, "Grace", "--as", "ada"]);
    let before_ms = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    local.read(&["mute", &ferry, "--for", "2h", "--as", "grace"]);
    let issue = local.read(&["issue", &ferry]).json();
    assert_eq!((&issue["state"], &issue["assignee"], &issue["count"]), (&json!("muted"), &json!("Grace"), &json!(3)));
    assert!(issue["muted_until"].as_str().unwrap() >= rfc3339(before_ms + 7_200_000).as_str());
    let history = issue["history"].as_array().unwrap().iter();
    let history: Vec<_> = history.map(|entry| (&entry["what"], &entry["by"])).collect();
    let expected = [("resolved", "ada"), ("assigned", "ada"), ("muted", "grace")];
    assert_eq!(history, expected.map(|(what, by)| (json!(what), json!(by))).each_ref().map(|(what, by)| (what, by)));
    let hours = issue["hours"].as_array().unwrap().iter();
    assert_eq!(hours.map(|hour| hour["count"].as_u64().unwrap()).sum::<u64>(), 3);
    assert!(issue["links"]["logs"].as_str().unwrap().starts_with("https://eu-central-1."));

    let unmuted = local.read(&["unmute", &ferry]).json();
    assert_eq!((&unmuted["issues"][0]["state"], &unmuted["issues"][0]["changed"]), (&json!("ongoing"), &json!(true)));
    let nobody = local.read(&["assign", "--nobody", &ferry]).json();
    assert_eq!(nobody["issues"][0].get("assignee"), None);
}

#[test]
fn a_list_shows_what_was_asked_for_in_the_order_that_was_asked_for() {
    let (local, _, kiosk) = failing();
    assert_eq!(functions(&local, &[]), ["kiosk", "ferry"]);
    assert_eq!(functions(&local, &["--sort", "count"]), ["ferry", "kiosk"]);
    assert_eq!(functions(&local, &["--sort", "first-seen"]), ["kiosk", "ferry"]);
    local.read(&["mute", &kiosk, "--for-good"]);
    assert_eq!(functions(&local, &["--state", "muted,resolved"]), ["kiosk"]);
    assert_eq!(functions(&local, &["--state", "new"]), ["ferry"]);
    assert_eq!(functions(&local, &["--kind", "timeout"]).len(), 2);
    assert_eq!(functions(&local, &["--kind", "crash"]).len(), 0);
}

#[test]
fn what_cannot_be_done_is_said_and_keeps_nothing_from_the_rest() {
    let (local, ferry, _) = failing();
    let done = local.read(&["mute", "nonsense", &ferry, "--per-hour", "3"]);
    assert_eq!((done.status, &done.json()["issues"][0]["muted_per_hour"]), (Some(1), &json!(3)));
    assert!(done.stderr.contains("there is no issue nonsense") && done.stderr.lines().count() == 1, "{done:?}");
    for wrong in [
        vec!["mute", &ferry],
        vec!["mute", &ferry, "--for", "2h", "--for-good"],
        vec!["mute", &ferry, "--for", "2020-01-01"],
        vec!["mute", &ferry, "--until-count", "0"],
        vec!["assign", &ferry],
        vec!["resolve"],
        vec!["issues", "--state", "odd"],
    ] {
        assert_eq!(local.read(&wrong).status, Some(2), "{wrong:?}");
    }
}
