//! Prints the Slack messages of every kind of notice, one JSON a line with its name: what `tests/blockkit/run` checks.
#![allow(clippy::print_stdout, reason = "it prints for a program")]

use lamplight_alerts::summary::{Frequent, Slower, Summary, Total};
use lamplight_alerts::watch::Unit;
use lamplight_alerts::{
    Alert, Buttons, Change, Emails, HeldAlerts, Notice, Reason, Severity, SlackMessage, SummaryAlert, WatchAlert,
    WatchState, Watched,
};
use lamplight_logs::{Detection, LogEvent, Source, recognise};
use lamplight_rollup::{FunctionKey, Issue};
use serde_json::json;

const DETECTIONS: [Detection; 12] = [
    Detection::Timeout,
    Detection::OutOfMemory,
    Detection::Crash,
    Detection::Exception,
    Detection::Configuration,
    Detection::Permission,
    Detection::EarlyExit,
    Detection::InitTimeout,
    Detection::InitFailure,
    Detection::LogsDropped,
    Detection::ErrorLog,
    Detection::MissingMilestone,
];

/// What a log line or a name may hold at its worst, each with what it is.
fn hostile() -> Vec<(&'static str, String)> {
    let trace: String =
        (0..2_000).map(|line| format!("    at handler{line} (/var/task/src/orders/handler.js:{line}:17)\n")).collect();
    vec![
        ("usual", "no such table: orders".to_owned()),
        ("empty", String::new()),
        ("blank", " \n\t\n ".to_owned()),
        ("stack trace of 100 KB", format!("TypeError: x is undefined\n{trace}")),
        ("one line of 100 KB", "x".repeat(100_000)),
        ("emoji", "😀👩‍👩‍👧‍👦🇩🇪".repeat(5_000)),
        ("right to left", "\u{202e}\u{2066}שלום عالم\u{2069} ".repeat(2_000)),
        ("backticks", "``` ` `` ```` ".repeat(2_000)),
        ("mentions", "<!channel> <!here> <@U012AB3CD> <#C012AB3CD> @everyone ".repeat(500)),
        ("links", "<https://evil.example|log lines> https://evil.example/?a=<b>&c=\"d\" ".repeat(500)),
        ("entities", "&<>&amp;&lt;".repeat(10_000)),
        (
            "ANSI codes",
            "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}x\u{1b}]8;;\u{7} \u{9b}1m".repeat(900),
        ),
        ("control characters", "a\0b\u{1}c\u{7f}d\u{85}e\r\nf\rg\u{b}".repeat(3_000)),
        ("line ends", "\n".repeat(100_000)),
        ("mark-up", "*bold* _italic_ ~gone~ > quote ".repeat(3_000)),
    ]
}

/// The alert of a function of this name that logged this. Nothing but the reason is made up: it comes as the parser
/// makes it.
fn alert(function: &str, detection: Detection, reason: Reason, text: &str) -> Notice {
    let source = Source {
        log_group: Some(format!("/aws/lambda/{function}").into()),
        log_stream: Some("2026/11/20/[$LATEST]94fa867e".into()),
        ..Source::default()
    };
    let event = LogEvent { id: "1".into(), timestamp: 1_795_164_432_345, message: text.into() };
    let fact = recognise(text, &source);
    let key = FunctionKey { account: "210987654321".into(), region: "eu-central-1".into(), function: function.into() };
    let (fingerprint, issue) = Issue::raised(&key, detection, &fact, &source, &event);
    Notice::Alert(Box::new(Alert::new("1a-2b", reason, fingerprint, &issue, 3, Emails::Show)))
}

/// An alert of which each text is this: the topic takes messages of others too.
fn forged(text: &str) -> Option<Notice> {
    let Notice::Alert(mut alert) = alert("mailer", Detection::Crash, Reason::New, "panic: no card") else {
        return None;
    };
    let issue = &mut alert.issue;
    issue.count = u64::MAX;
    for part in [&mut issue.function, &mut issue.title, &mut issue.account, &mut issue.fingerprint] {
        *part = text.to_owned();
    }
    issue.first_seen = Some(text.to_owned());
    alert.runbook = Some(text.to_owned());
    let sample = &mut issue.sample;
    sample.message = text.to_owned();
    for part in [&mut sample.request_id, &mut sample.trace_id, &mut sample.log_group, &mut sample.log_stream] {
        *part = Some(text.to_owned());
    }
    Some(Notice::Alert(alert))
}

fn alarms(text: &str) -> Vec<(&'static str, Notice)> {
    let metric = json!({"AlarmName": text, "AlarmDescription": text, "AWSAccountId": "210987654321", "NewStateValue": "ALARM",
        "NewStateReason": text, "OldStateValue": "OK", "StateChangeTime": "2026-11-20T08:47:12.345+0000",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:210987654321:alarm:x", "Trigger": {"MetricName": text}});
    let composite = json!({"AlarmName": text, "AlarmRule": "ALARM(a)", "NewStateValue": "OK", "NewStateReason": text});
    let event = json!({"account": text, "region": text, "detail": {"alarmName": text, "state": {"value": "ALARM",
        "reason": text, "timestamp": text}, "previousState": {"value": text},
        "configuration": {"description": text, "metrics": [{"metricStat": {"metric": {"name": text}}}]}}});
    let odd = json!({"AlarmName": text, "NewStateValue": text});
    [("metric alarm", metric), ("composite alarm", composite), ("alarm of EventBridge", event), ("odd alarm", odd)]
        .map(|(name, alarm)| (name, Notice::of(None, &alarm.to_string())))
        .into()
}

/// A watch of which each text is this, as far as people choose it: the rest is made by the keeper.
fn watch(state: WatchState, unit: Unit, text: &str) -> Notice {
    let text = || Some(text.to_owned());
    let watched = Watched {
        name: text().unwrap_or_default(),
        key: "5eed".to_owned(),
        state,
        severity: Severity::Critical,
        condition: text().unwrap_or_default(),
        metric: text().unwrap_or_default(),
        unit,
        value: Some(f64::MAX).filter(|_| state != WatchState::Ended),
        threshold: f64::MIN_POSITIVE,
        window_ms: i64::MAX,
        since: "2026-11-20T08:47:12.345Z".to_owned(),
        at: text().unwrap_or_default(),
        function: text().filter(|_| state == WatchState::Firing),
        functions: text(),
        account: text(),
        region: text(),
        to: text().into_iter().collect(),
        runbook: text(),
    };
    Notice::Watch(Box::new(WatchAlert::new("watch-5eed-19a-firing", watched)))
}

fn watches(text: &str) -> Vec<(String, Notice)> {
    let mut watches = Vec::new();
    for state in [WatchState::Firing, WatchState::Ok, WatchState::Ended] {
        for unit in [Unit::Count, Unit::Percent, Unit::Milliseconds, Unit::UsDollars] {
            watches.push((format!("watch {state:?} {unit:?}"), watch(state, unit, text)));
        }
    }
    watches
}

/// What was held, of which each text is this.
fn held(text: &str) -> Vec<(String, Notice)> {
    let of = |count: usize| {
        let notices = vec![Notice::Other { subject: Some(text.to_owned()), text: text.to_owned() }; count];
        Notice::Held(Box::new(HeldAlerts::new("held-1", &notices, text.to_owned(), vec![text.to_owned()])))
    };
    [1, 20, 300].map(|count| (format!("{count} held"), of(count))).into()
}

/// A summary of which each text is this, as far as it is not made by the keeper.
fn summary(text: &str) -> Notice {
    let total = Total { invocations: u64::MAX, failed: u64::MAX, cost_usd: Some(f64::MAX) };
    let issue =
        Frequent { fingerprint: text.to_owned(), title: text.to_owned(), function: text.to_owned(), count: u64::MAX };
    let slower = Slower { function: text.to_owned(), p95_ms: f64::MAX, before_ms: 0.0 };
    let summary = Summary {
        every: text.to_owned(),
        from: text.to_owned(),
        until: text.to_owned(),
        total,
        before: total,
        new: 3,
        regressed: 2,
        escalated: 1,
        resolved: 0,
        issues: vec![issue; 5],
        slower: vec![slower; 5],
        to: vec![],
    };
    Notice::Summary(Box::new(SummaryAlert::new("summary-19a", summary)))
}

fn notices(text: &str) -> Vec<(String, Notice)> {
    let mut notices = Vec::new();
    for detection in DETECTIONS {
        for reason in [Reason::New, Reason::Regressed, Reason::Escalating] {
            notices.push((format!("{reason:?} {}", detection.name()), alert("mailer", detection, reason, text)));
        }
    }
    notices.push(("function of this name".to_owned(), alert(text, Detection::Crash, Reason::New, text)));
    notices.extend(forged(text).map(|notice| ("forged alert".to_owned(), notice)));
    notices.extend(alarms(text).into_iter().map(|(name, notice)| (name.to_owned(), notice)));
    notices.extend(watches(text));
    notices.extend(held(text));
    notices.push(("summary".to_owned(), summary(text)));
    notices.push(("message".to_owned(), Notice::of(None, text)));
    notices.push(("message with a subject".to_owned(), Notice::of(Some(text), text)));
    notices
}

/// What may have been done with an issue, by somebody of this name.
fn changes(fingerprint: &str, text: &str) -> Vec<Change> {
    let issue = json!({"fingerprint": fingerprint, "kind": "crash", "account": "210987654321", "region": "eu-central-1",
        "function": text, "title": text});
    let done = [
        json!({"what": "resolved", "at": "2026-11-20T08:47:12.345Z"}),
        json!({"what": "resolved", "at": "2026-11-20T08:47:12.345Z", "quiet_days": "14"}),
        json!({"what": "muted", "at": "2026-11-20T08:47:12.345Z", "until": "2026-11-20T09:47:12.345Z"}),
        json!({"what": "muted", "at": text, "until": text, "count": text}),
        json!({"what": "unmuted", "at": "2026-11-20T08:47:12.345Z"}),
        json!({"what": "assigned", "at": "2026-11-20T08:47:12.345Z", "to": text}),
        json!({"what": "unassigned", "at": text}),
    ];
    let change = |mut done: serde_json::Value| {
        let mut issue = issue.clone();
        issue["state"] = done["what"].clone();
        done["by"] = json!(text);
        Change::parse(&json!({"lamplight": 1, "alert_id": "1a-2b", "change": done, "issue": issue}).to_string())
    };
    done.into_iter().filter_map(change).collect()
}

/// A message with buttons, and what becomes of it.
fn print_living(what: &str, text: &str) {
    let Notice::Alert(alert) = alert("mailer", Detection::Crash, Reason::New, text) else {
        return;
    };
    let fingerprint = alert.issue.fingerprint.clone();
    let mut message = SlackMessage::of(&Notice::Alert(alert)).with_buttons(&fingerprint, "new");
    print(&format!("{what}: with buttons"), &message);
    for change in changes(&fingerprint, text) {
        let done = change.change.what.name();
        message = message.changed(&change, Buttons::Shown);
        print(&format!("{what}: {done}"), &message);
        print(&format!("{what}: {done}, in the thread"), &SlackMessage::saying(&change));
        print(&format!("{what}: {done}, in a terminal"), &SlackMessage::of(&Notice::Change(Box::new(change))));
    }
}

fn print(name: &str, message: &SlackMessage) {
    println!("{}", json!({"name": name, "message": message}));
}

fn main() {
    for (what, text) in hostile() {
        let notices = notices(&text);
        for (name, notice) in &notices {
            print(&format!("{what}: {name}"), &SlackMessage::of(notice));
        }
        print_living(what, &text);
        for count in [4, 21, 200, 900] {
            let many: Vec<_> = notices.iter().map(|(_, notice)| notice.clone()).cycle().take(count).collect();
            print(&format!("{what}: {count} at once"), &SlackMessage::digest(&many));
        }
    }
}
