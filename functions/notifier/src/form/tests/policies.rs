//! What receivers are sent of watches, quiet hours and summaries.

use super::*;

fn watch(state: &str, severity: &str) -> Notice {
    let watch = json!({"name": "errors", "key": "5eed", "state": state, "severity": severity, "condition": "errors > 5",
        "metric": "errors", "unit": "count", "value": 7.0, "threshold": 5.0, "window_ms": 600_000,
        "since": "2026-11-20T08:47:00.000Z", "at": "2026-11-20T09:01:00.000Z", "function": "ferry",
        "account": "310298765411", "region": "eu-central-1", "runbook": "https://wiki.example/ferry"});
    Notice::of(None, &json!({"lamplight": 1, "alert_id": format!("watch-{state}"), "watch": watch}).to_string())
}

fn held() -> Notice {
    let held = json!({"count": 2, "until": "2026-11-20T07:00:00.000Z", "lines": "one\ntwo"});
    Notice::of(None, &json!({"lamplight": 1, "alert_id": "held-1", "held": held}).to_string())
}

fn summary() -> Notice {
    let total = json!({"invocations": 3, "failed": 1});
    let summary = json!({"every": "day", "from": "2026-11-19T08:00:00.000Z", "until": "2026-11-20T08:00:00.000Z",
        "total": total, "before": total, "new": 1, "regressed": 0, "escalated": 0, "resolved": 0, "issues": [], "slower": []});
    Notice::of(None, &json!({"lamplight": 1, "alert_id": "summary-1", "summary": summary}).to_string())
}

#[test]
fn a_watch_is_an_incident_that_ends_with_it() {
    let pager = PagerDuty::new("r0utingkey");
    let firing = sent(&pager, &[watch("firing", "critical")]);
    assert_eq!((&firing["event_action"], &firing["payload"]["severity"]), (&json!("trigger"), &json!("critical")));
    let summary = "🚨 errors: errors of ferry are 7 over 10 min (limit 5)";
    assert_eq!((&firing["payload"]["summary"], &firing["payload"]["source"]), (&json!(summary), &json!("ferry")));
    assert_eq!(firing["links"][1]["href"], "https://wiki.example/ferry");
    for state in ["ok", "ended"] {
        let over = sent(&pager, &[watch(state, "critical")]);
        assert_eq!((&over["event_action"], &over["dedup_key"]), (&json!("resolve"), &firing["dedup_key"]));
    }
}

#[test]
fn what_nobody_has_to_act_on_is_no_incident() {
    let pager = PagerDuty::new("r0utingkey");
    assert_eq!(sent(&pager, &[held()])["payload"]["severity"], "info");
    assert!(pager.request(&[summary()], 1_795_164_420_000).is_none());
}

#[test]
fn programs_get_them_as_they_stand() {
    let body = sent(&Signed::new("s3cret", HOOK), &[watch("ok", "error"), held(), summary()]);
    let types: Vec<_> = body["notices"].as_array().unwrap().iter().map(|notice| &notice["type"]).collect();
    assert_eq!(types, ["watch", "held", "summary"]);
    assert_eq!(body["notices"][0]["watch"]["watch"]["state"], "ok");
    assert_eq!(body["notices"][1]["held"]["held"]["count"], 2);
    assert_eq!(body["notices"][2]["summary"]["summary"]["every"], "day");
}
