//! One minute by the clock.

use std::time::{Duration, Instant};

use lamplight_alerts::Publish;
use lamplight_aws::clock::now_ms;

use crate::context::Context;
use crate::error::KeeperError;
use crate::handler::{Answer, FOLLOWING, follow_for, work};

/// How long a run lasts: less than the function may take.
const RUN: Duration = Duration::from_secs(55);

/// Does what the minute brings about. Where a limit was over just before, lines in time may be on their way still: what is
/// decided when their grace is over does not wait for the next minute.
///
/// # Errors
///
/// As [`handle`](crate::handle).
pub async fn run<P: Publish>(context: &Context<P>) -> Result<Answer, KeeperError> {
    let (began, mut answer) = (Instant::now(), Answer::default());
    let mut done = work(context, now_ms(), &mut answer).await;
    if let Some(again_ms) = answer.look_again_ms.take() {
        let until_then = Duration::from_millis(u64::try_from(again_ms - now_ms()).unwrap_or(0));
        tokio::time::sleep(until_then).await;
        let mut again = Answer::default();
        let left = RUN.saturating_sub(began.elapsed()).min(FOLLOWING);
        let followed = follow_for(left, context, now_ms().max(again_ms), &mut again).await;
        answer.add(Answer { look_again_ms: None, ..again });
        done = done.and(followed);
    }
    done?;
    answer.whole()
}
