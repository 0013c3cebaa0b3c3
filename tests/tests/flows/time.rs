//! When a milestone is missing, and when that is told.

use lamplight_aws::clock::now_ms;
use lamplight_rollup::flow::GRACE_MS;
use lamplight_tests::delivery::{Envelope, Stream};
use serde_json::json;

use crate::stack::{MINUTE_MS, START_MS, Stack, milestone, report};

#[tokio::test]
async fn a_milestone_that_does_not_come_is_told_within_a_minute_with_the_function_that_stopped() {
    const SESSIONS: &str = "sessions: SESSION_CREATED > SAVED_IN_DATABASE > SESSION_FORWARDED within 30s";
    let stack = Stack::start(SESSIONS).await;
    let trace_id = "1-6a52d530-0ba60ad2785ec2ae7971737c";
    let api = [milestone("SESSION_CREATED", &[("traceId", trace_id)]), report("a-1", trace_id)];
    let saver = format!("{}\tStatus: timeout\n", report("b-1", trace_id).split_once("\tXRAY").unwrap().0);
    let saver = [format!("{saver}XRAY TraceId: {trace_id}\tSegmentId: 5ea9a11e0ddba11a\n")];
    let deliver = async |name: &str, at_ms: i64, lines: &[String]| {
        let lines: Vec<_> = lines.iter().map(|line| (at_ms, line.as_str())).collect();
        stack.take(&Stream::of(name, &lines).payload(Envelope::Subscription), at_ms + 500).await;
    };
    deliver("sessions-api", START_MS, &api).await;
    deliver("sessions-saver", START_MS + 11_000, &saver).await;
    stack.topic.taken();
    assert_eq!(stack.keep(START_MS + 30_000).await, 0, "there is time");
    assert_eq!(stack.figures(SESSIONS, START_MS + 30_000).await.open(), 1);
    let told_ms = START_MS + 30_000 + MINUTE_MS;
    assert_eq!(stack.keep(told_ms).await, 1);
    let told = stack.topic.taken();
    let issue = &told[0]["issue"];
    assert_eq!(
        (told.len(), &issue["kind"], &issue["function"]),
        (1, &json!("missing_milestone"), &json!("sessions-saver"))
    );
    let message = issue["sample"]["message"].as_str().unwrap();
    let words = [
        "SAVED_IN_DATABASE did not come within 30s",
        "was SESSION_CREATED in sessions-api",
        "stopped in sessions-saver, which failed: Task timed out",
    ];
    assert!(words.iter().all(|words| message.contains(words)), "{message}");
    assert_eq!((&issue["sample"]["trace_id"], &issue["sample"]["request_id"]), (&json!(trace_id), &json!("b-1")));
    // It is told once, and what comes after all is counted as late.
    assert_eq!(stack.keep(told_ms + MINUTE_MS).await, 0);
    let late = [milestone("SESSION_FORWARDED", &[("traceId", trace_id)])];
    deliver("sessions-forwarder", told_ms + MINUTE_MS, &late).await;
    assert_eq!(stack.keep(told_ms + 2 * MINUTE_MS).await, 0);
    let figures = stack.figures(SESSIONS, told_ms).await;
    assert_eq!((figures.started, figures.late, figures.missing, figures.leads.count()), (1, 1, 0, 1));
    assert_eq!(stack.topic.taken().len(), 0);
}

/// An exception in Python's text format names neither its trace nor its request.
#[tokio::test]
async fn an_exception_that_names_nothing_tells_where_it_stopped() {
    let exception = "[ERROR] KeyError: 'owner'\nTraceback (most recent call last):".to_owned();
    let stack = Stack::start("sessions: CREATED > SAVED within 30s").await;
    stack.log("sessions-api", &[(START_MS, milestone("CREATED", &[("traceId", "t-1")]))], START_MS).await;
    stack.log("sessions-saver", &[(START_MS + 995, exception)], START_MS + 1_000).await;
    stack.log("sessions-saver", &[(START_MS + 1_000, report("b-1", "t-1"))], START_MS + 2_000).await;
    stack.log("audit", &[(START_MS + 3_000, report("c-1", "t-1"))], START_MS + 4_000).await;
    stack.topic.taken();
    assert_eq!(stack.keep(START_MS + MINUTE_MS).await, 1);
    let told = stack.topic.taken();
    let message = told[0]["issue"]["sample"]["message"].as_str().unwrap();
    assert!(message.ends_with("It stopped in sessions-saver, which failed: KeyError: 'owner'"), "{message}");
}

/// Between a line and the table are some seconds: the keeper's minute may be one of them.
#[tokio::test]
async fn a_line_that_is_on_its_way_when_its_limit_is_over_is_not_missing() {
    const QUICK: &str = "quick: ORDERED > SENT within 30s";
    let stack = Stack::start(QUICK).await;
    let lines = [(0, "ORDERED"), (29_000, "SENT")]
        .map(|(after_ms, name)| [(START_MS + after_ms, milestone(name, &[("trace_id", "t-1")]))]);
    stack.log("shop", &lines[0], START_MS + 2_000).await;
    let over_ms = START_MS + 32_000;
    let answer = stack.work(over_ms).await;
    assert_eq!((answer.missing, answer.look_again_ms), (0, Some(START_MS + 30_000 + GRACE_MS + 1)));
    assert_eq!(stack.figures(QUICK, over_ms).await.open(), 1);
    stack.log("shop", &lines[1], over_ms + 1_000).await;
    let answer = stack.work(over_ms + 2_000).await;
    assert_eq!((answer.missing, answer.look_again_ms), (0, None), "it is through, and not looked at again");
    assert_eq!(stack.work(over_ms + MINUTE_MS).await.missing, 0);
    let figures = stack.figures(QUICK, over_ms).await;
    assert_eq!((figures.started, figures.on_time, stack.topic.taken().len()), (1, 1, 0));
}

/// The next minute would be too late for what the run of this one may not yet decide.
#[tokio::test]
async fn a_run_looks_again_when_the_grace_of_what_was_just_due_is_over() {
    const QUICK: &str = "quick: ORDERED > SENT within 1s";
    let stack = Stack::start(QUICK).await;
    let began_ms = now_ms() - 1_000 - GRACE_MS + 3_000;
    stack.log("shop", &[(began_ms, milestone("ORDERED", &[("trace_id", "t-1")]))], now_ms()).await;
    let begun_ms = now_ms();
    let answer = lamplight_keeper::run(&stack.keeper()).await.unwrap();
    assert_eq!((answer.missing, answer.alerts, answer.look_again_ms), (1, 1, None));
    assert!((begun_ms..began_ms + 1_000 + MINUTE_MS).contains(&now_ms()));
    assert_eq!(stack.topic.taken()[0]["issue"]["kind"], json!("missing_milestone"));
}
