//! What a storm of failures costs, and how it is told.

use lamplight_embedded::{Embedded, TABLE};
use lamplight_notifier::Context;
use lamplight_table::{Table, Tuning};
use lamplight_tests::delivery::{Envelope, Stream};
use lamplight_tests::telling::{DeadLetters, Slack, failures, queue_event};
use serde_json::Value;

use crate::schedule::{Function, Process, Schedule};
use crate::world::{START_MS, Told, parser};

/// Parsers that run at once.
const PARSERS: usize = 5;

const TIMEOUT: &str = "REPORT RequestId: 5a11-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t\
                       Max Memory Used: 60 MB\tStatus: timeout\n";

/// Ten thousand failures of one function within a second, in deliveries of twenty.
#[tokio::test]
async fn a_storm_of_one_function_is_one_message_and_no_hot_issue() {
    const DELIVERIES: usize = 500;
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let mut parsers = Vec::new();
    for _ in 0..PARSERS {
        let process = Process::new(Function::Parser, &schedule);
        let table = Table::new(process.client(&embedded.url()), TABLE);
        let mut context = parser(&process, &embedded, &told);
        context.table = table.tuned(Tuning { spares_busy_issues: true, ..Tuning::default() });
        parsers.push(context);
    }
    for i in 0..DELIVERIES {
        let at_ms = START_MS + 2 * i as i64;
        let lines: Vec<_> = (0..20).map(|j| (at_ms + j % 2, TIMEOUT)).collect();
        let payload = Stream::of("furnace", &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &parsers[i % PARSERS], at_ms).await.unwrap();
    }
    let key = embedded.table().functions().await.unwrap().remove(0);
    let hour_ms = 3_600_000;
    let rollups = embedded.table().rollups(&key, START_MS - hour_ms, START_MS + hour_ms, START_MS).await.unwrap();
    let failed = |rollup: &lamplight_rollup::Rollup| rollup.get(lamplight_rollup::Counter::Timeouts);
    assert_eq!(rollups.values().map(failed).sum::<u64>(), 10_000, "every one is counted");
    assert_eq!(told.published(), 1, "the topic is told once");
    // A write for each delivery and some refusals while a minute's item fills up; of the issue, 21 of each process; of
    // the request, 20 of each and two more for each six.
    let calls = schedule.calls() as usize;
    assert!(calls < DELIVERIES + PARSERS * 60, "{calls} calls");
}

/// Two hundred functions that fail at once, as the queue hands them out.
#[tokio::test]
async fn many_functions_that_fail_at_once_are_one_message_that_lists_them() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let context = parser(&Process::new(Function::Parser, &schedule), &embedded, &told);
    let names: Vec<_> = (0..200).map(|i| format!("furnace-{i:03}")).collect();
    for name in &names {
        let payload = Stream::of(name, &[(START_MS, TIMEOUT)]).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, START_MS).await.unwrap();
    }
    let alerts: Vec<Value> = told.take();
    assert_eq!(alerts.len(), names.len());
    let (slack, dead_letters) = (Slack::default(), DeadLetters::default());
    let notifier = Context { table: embedded.table(), receivers: &slack, dead_letters: &dead_letters };
    let answer = lamplight_notifier::handle(queue_event(&alerts), &notifier, START_MS).await.unwrap();
    assert_eq!(failures(&answer), [""; 0]);
    let posts = slack.taken();
    assert_eq!(posts.len(), 1);
    let blocks = serde_json::to_string(&posts[0].blocks).unwrap();
    assert!(names.iter().all(|name| blocks.contains(name)), "{blocks}");
}
