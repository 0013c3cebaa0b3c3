//! A button that is pressed until Slack has its answer does its work once, whatever fails and whoever dies.

use std::sync::Arc;

use lamplight_aws::Web;
use lamplight_embedded::TABLE;
use lamplight_responder::{Context, Verifier, handle};
use lamplight_rollup::State;
use lamplight_table::Table;
use lamplight_tests::buttons::{Parameter, SECRET, pressed, signed};
use lamplight_tests::stack::{Stack, TIMEOUT};

use crate::schedule::{Function, Process, Schedule};

/// Schedules that are tried.
const SEEDS: u64 = 60;

/// How often somebody presses.
const PRESSES: usize = 8;

#[tokio::test]
async fn a_button_does_its_work_once_and_it_is_told_once() {
    for seed in 0..SEEDS {
        press(seed).await;
    }
}

/// Somebody resolves an issue while calls fail as the seed says.
pub async fn press(seed: u64) -> Arc<Schedule> {
    let stack = Stack::start().await;
    stack.log(&[TIMEOUT]).await;
    let issue = pressed("resolve", &stack.issue().await.fingerprint.to_string());
    let (schedule, parameter) = (Schedule::new(seed), Parameter::of([SECRET, SECRET]));
    for attempt in 0..=PRESSES {
        if attempt == PRESSES {
            schedule.end();
            schedule.catch_up(true).await;
        }
        let process = Process::new(Function::Responder, &schedule);
        let context = Context {
            table: Table::new(process.client(&stack.embedded.url()), TABLE),
            verifier: Verifier::new(&parameter),
            web: Web::default(),
            responses: "https://hooks.slack.com/".to_owned(),
        };
        let request = signed(&issue, stack.now_ms, SECRET);
        let now_ms = stack.now_ms + i64::try_from(attempt).unwrap();
        let answer = process.live(Box::pin(handle(&request, &context, now_ms))).await;
        schedule.catch_up(attempt % 2 == 0).await;
        assert!(attempt < PRESSES || matches!(answer, Some(Ok(answer)) if answer.status_code == 200), "seed {seed}");
    }
    assert_eq!((stack.state().await, stack.history().await.len()), (State::Resolved, 1), "seed {seed}");
    let unsent = stack.embedded.table().unsent(i64::MAX).await.unwrap();
    assert_eq!(unsent.iter().filter(|unsent| unsent.is_change).count(), 1, "seed {seed}");
    schedule
}
