//! One message for each issue: where it stands is kept in the table, what follows edits it and is said in its thread.
//!
//! The edit comes first. It can be repeated without harm, and tells whether the message is still there.

use lamplight_alerts::Notice;
use lamplight_rollup::Fingerprint;
use lamplight_rollup::time::from_rfc3339;
use lamplight_table::{Table, Thread};

use crate::error::PostError;
use crate::form::Threaded;
use crate::receiver::{Receiver, Sent};
use crate::tell::Post;

/// The messages of issues, as the table knows them.
#[derive(Debug, Clone, Copy)]
pub struct Threads<'a> {
    /// The table.
    pub table: &'a Table,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// Which issue a notice speaks of, and of which time, in milliseconds since the epoch.
struct Matter {
    fingerprint: Fingerprint,
    as_of_ms: i64,
    /// The alert, if it is one.
    alert: Option<String>,
}

impl Threads<'_> {
    /// Posts a notice: to the message of its issue if there is one, else as a message of its own.
    pub(crate) async fn post(&self, receiver: &Receiver, notice: &Notice) -> Result<(), PostError> {
        let (Some(threaded), Some(matter)) = (receiver.form()?.threaded(), self.matter(notice)) else {
            return receiver.post(std::slice::from_ref(notice)).await;
        };
        let channel = threaded.channel();
        let mut thread = None;
        if let Some(known) = self.table.thread(matter.fingerprint, channel, self.now_ms).await? {
            thread = follow(receiver, notice, &matter, known).await?;
        }
        if thread.is_none() {
            thread = begin(receiver, threaded, notice, &matter).await?;
        }
        if let Some(thread) = thread
            && let Err(error) = self.table.keep_thread(matter.fingerprint, channel, &thread, self.now_ms).await
        {
            // Posting it again would surely be twice.
            let fingerprint = matter.fingerprint;
            tracing::error!(%error, %fingerprint, "the table has not heard where a message stands");
        }
        Ok(())
    }

    fn matter(&self, notice: &Notice) -> Option<Matter> {
        match notice {
            Notice::Alert(alert) => Some(Matter {
                fingerprint: Fingerprint::parse(&alert.issue.fingerprint)?,
                as_of_ms: alert.issue.last_seen.as_deref().and_then(from_rfc3339).unwrap_or(self.now_ms),
                alert: Some(alert.to_json()),
            }),
            Notice::Change(change) => Some(Matter {
                fingerprint: Fingerprint::parse(&change.issue.fingerprint)?,
                as_of_ms: change.at_ms().unwrap_or(self.now_ms),
                alert: None,
            }),
            Notice::Watch(_) | Notice::Held(_) | Notice::Summary(_) | Notice::Alarm(_) | Notice::Other { .. } => None,
        }
    }
}

/// Edits an issue's message and answers it; the message as it is then, or nothing if it is gone. What is older than
/// what the message shows changes nothing of it.
async fn follow(
    receiver: &Receiver,
    notice: &Notice,
    matter: &Matter,
    mut thread: Thread,
) -> Result<Option<Thread>, PostError> {
    if matter.as_of_ms >= thread.as_of_ms {
        match receiver.send(|form| form.threaded()?.edit(notice, &thread)).await {
            Ok(Sent::Gone) => return Ok(None),
            Ok(Sent::Taken(_) | Sent::Nothing) => {
                thread.as_of_ms = matter.as_of_ms;
                thread.shown = matter.alert.clone().unwrap_or(thread.shown);
            }
            // There are workspaces in which messages can be edited for some minutes only.
            Err(error @ PostError::Refused { .. }) => tracing::warn!(%error, "a message could not be edited"),
            Err(error) => return Err(error),
        }
    }
    match receiver.send(|form| form.threaded()?.reply(notice, &thread)).await? {
        Sent::Gone => Ok(None),
        Sent::Taken(_) | Sent::Nothing => Ok(Some(thread)),
    }
}

/// Posts a message of its own; where it stands, if it is to be edited later.
async fn begin(
    receiver: &Receiver,
    threaded: &dyn Threaded,
    notice: &Notice,
    matter: &Matter,
) -> Result<Option<Thread>, PostError> {
    let sent = receiver.send_anew(std::slice::from_ref(notice)).await?;
    let (Sent::Taken(answer), Some(alert)) = (sent, &matter.alert) else {
        return Ok(None);
    };
    let place = threaded.place(&answer);
    Ok(place.map(|(channel, message)| Thread { channel, message, shown: alert.clone(), as_of_ms: matter.as_of_ms }))
}
