//! What cannot be done now, or not in time, keeps nothing else waiting: it is put off, and given up in the end.

use std::time::Duration;

use lamplight_table::{Due, TableError};

use crate::context::Context;
use crate::handler::Answer;

/// How long what is done together, and what is done of one transaction, may take: longer than one attempt of a call.
const LONG: Duration = Duration::from_secs(8);

/// What something came to, if it could be done, and in time.
pub(super) async fn in_time<T>(doing: impl Future<Output = Result<T, TableError>>) -> Option<T> {
    match tokio::time::timeout(LONG, doing).await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::warn!(%error, "what is due could not be done"),
        Err(_) => tracing::warn!("what is due takes too long"),
    }
    None
}

/// Puts off what was due of a transaction, or gives it up if it was tried often enough.
pub(super) async fn put_off<P>(
    context: &Context<P>,
    due: &[Due],
    now_ms: i64,
    answer: &mut Answer,
) -> Result<(), TableError> {
    let id = due.first().map(|due| &due.id);
    if let Some(again) = Due::put_off(due, now_ms) {
        tracing::warn!(id, until_ms = again.at_ms(), "a transaction is put off");
        context.table.put_due(&[again], now_ms).await?;
        answer.put_off += 1;
    } else {
        tracing::error!(id, "a transaction is given up: whatever it is due for could not be done for a day");
        answer.given_up += 1;
    }
    context.table.strike_due(due).await
}
