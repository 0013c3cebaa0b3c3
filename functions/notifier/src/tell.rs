//! What is told: each notice once to each receiver, many at once as one message.

use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use lamplight_alerts::Notice;
use lamplight_table::{Posting, Table, TableError};

use crate::error::PostError;
use crate::form::AtOnce;
use crate::plan::Planning;
use crate::route::policies;
use crate::threads::Threads;

/// More notices than this at once become one message.
const SINGLE: usize = 3;

/// How long a run begins new posts: the function's 30 seconds without the time that the last one may take.
const BEGINNING: Duration = Duration::from_secs(14);

/// A receiver.
pub trait Post: Send + Sync {
    /// Posts notices, which are as many as [`Post::at_once`] allows.
    fn post(&self, notices: &[Notice]) -> impl Future<Output = Result<(), PostError>> + Send;

    /// Posts notices where the messages of their issues stand, if the receiver has such.
    fn post_threaded(
        &self,
        notices: &[Notice],
        _threads: Threads<'_>,
    ) -> impl Future<Output = Result<(), PostError>> + Send {
        self.post(notices)
    }

    /// What it is called where people read of it.
    fn name(&self) -> &str {
        "the receiver"
    }

    /// The name by which policies choose it. Who has one gets nothing else.
    fn policy_name(&self) -> Option<&str> {
        None
    }

    /// What is appended to the ids of what it has been told. Nothing for the first one.
    fn mark(&self) -> &str {
        ""
    }

    /// How many notices it takes at once.
    fn at_once(&self) -> AtOnce {
        AtOnce::Digest
    }
}

/// A message from the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The topic's id of the message.
    pub message_id: String,
    /// What brings it, which has the same id when it comes again, and another when it is put through again.
    pub carrier_id: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub message: String,
}

impl Incoming {
    /// The id by which it is known what has been told of it.
    #[must_use]
    pub fn id(&self, notice: &Notice) -> String {
        notice.id().unwrap_or(&self.message_id).to_owned()
    }
}

/// A message that could not be told to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// Its position among those that came.
    pub position: usize,
    /// Who would refuse it again.
    pub refusals: Vec<Refusal>,
    /// Whether another attempt may do for some receiver.
    pub waits: bool,
}

impl Untold {
    /// A message for which another attempt may do.
    #[must_use]
    pub const fn for_now(position: usize) -> Self {
        Self { position, refusals: Vec::new(), waits: true }
    }
}

/// One receiver's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The id by which it is known what the receiver has been told.
    pub posting_id: String,
    /// Who refuses it, and why.
    pub reason: String,
}

/// A notice that this process has the right to post.
struct Held {
    position: usize,
    id: String,
    notice: Notice,
}

/// What a receiver has not been told: the position, and its refusal if it would refuse it again.
type Left = (usize, Option<Refusal>);

/// Tells each receiver what policies let it have and it has not been told; what could not be. They do not wait for each
/// other.
///
/// # Errors
///
/// [`TableError`] if it is not known what has been told.
pub async fn tell<R: Post>(
    incoming: &[Incoming],
    table: &Table,
    receivers: &[R],
    now_ms: i64,
) -> Result<Vec<Untold>, TableError> {
    let mut notices: Vec<_> = incoming.iter().map(|one| Notice::of(one.subject.as_deref(), &one.message)).collect();
    let began = Instant::now();
    let document = policies(table, now_ms).await?;
    let plan = Planning { table, receivers, document: &document, now_ms }.plan(incoming, &mut notices).await?;
    let told = receivers.iter().zip(&plan.positions).map(|(receiver, positions)| {
        let telling = Telling { incoming, notices: &notices, table, receiver, now_ms, began };
        async move { telling.tell(positions).await }
    });
    let mut untold: Vec<Untold> = Vec::new();
    for left in join_all(told).await {
        for (position, refusal) in left? {
            let at = untold.iter().position(|untold| untold.position == position);
            let at = at.unwrap_or_else(|| {
                untold.push(Untold { position, refusals: Vec::new(), waits: false });
                untold.len() - 1
            });
            match refusal {
                Some(refusal) => untold[at].refusals.push(refusal),
                None => untold[at].waits = true,
            }
        }
    }
    untold.sort_by_key(|untold| untold.position);
    let is_told = |position| untold.iter().all(|untold| untold.position != position);
    for (_, id) in plan.aside.iter().filter(|(position, _)| is_told(*position)) {
        mark(table, id, now_ms).await;
    }
    Ok(untold)
}

/// Lets the table know what was told. What it does not hear of is not told again for that: it would surely be twice,
/// whereas it is published twice but rarely.
async fn mark(table: &Table, id: &str, now_ms: i64) {
    if let Err(error) = table.finish_posting(id, now_ms).await {
        tracing::error!(%error, id, "an alert was told and the table has not heard of it");
    }
}

/// One receiver is told.
struct Telling<'a, R> {
    incoming: &'a [Incoming],
    notices: &'a [Notice],
    table: &'a Table,
    receiver: &'a R,
    now_ms: i64,
    began: Instant,
}

impl<R: Post> Telling<'_, R> {
    /// Tells the messages at these positions.
    async fn tell(&self, positions: &[usize]) -> Result<Vec<Left>, TableError> {
        let mut left = Vec::new();
        let at_once = match self.receiver.at_once() {
            AtOnce::Digest => positions.len().max(1),
            AtOnce::UpTo(most) => most.max(1),
        };
        let mut is_overloaded = false;
        for positions in positions.chunks(at_once) {
            if is_overloaded || self.began.elapsed() > BEGINNING {
                left.extend(positions.iter().map(|position| (*position, None)));
                continue;
            }
            let held = self.hold(positions, &mut left).await?;
            for held in self.messages(held) {
                if is_overloaded || self.began.elapsed() > BEGINNING {
                    left.extend(held.iter().map(|held| (held.position, None)));
                } else {
                    is_overloaded = self.post(&held, &mut left).await;
                }
            }
        }
        Ok(left)
    }

    /// Takes the right to post these.
    async fn hold(&self, positions: &[usize], left: &mut Vec<Left>) -> Result<Vec<Held>, TableError> {
        let mut held = Vec::new();
        for position in positions.iter().copied() {
            let (incoming, notice) = (&self.incoming[position], &self.notices[position]);
            let id = format!("{}{}", incoming.id(notice), self.receiver.mark());
            match self.table.begin_posting(&id, &incoming.carrier_id, self.now_ms).await? {
                Posting::Mine => held.push(Held { position, id, notice: notice.clone() }),
                Posting::Done => tracing::info!(id, receiver = self.receiver.name(), "told before"),
                Posting::GivenUp => tracing::info!(id, receiver = self.receiver.name(), "refused before"),
                // The same alert may stand twice in one batch: the second is done when it comes again.
                Posting::Busy => left.push((position, None)),
            }
        }
        Ok(held)
    }

    /// What is posted together: a message for each notice, or one for all. What was done with an issue stands alone,
    /// after the alerts that it may concern.
    fn messages(&self, held: Vec<Held>) -> Vec<Vec<Held>> {
        if self.receiver.at_once() != AtOnce::Digest {
            return if held.is_empty() { Vec::new() } else { vec![held] };
        }
        let single = |held: Vec<Held>| held.into_iter().map(|held| vec![held]).collect::<Vec<_>>();
        let (changes, held): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|held| matches!(held.notice, Notice::Change(_)));
        let mut messages = if held.len() <= SINGLE { single(held) } else { vec![held] };
        messages.extend(single(changes));
        messages
    }

    /// Posts these together; whether the receiver has had too much.
    async fn post(&self, held: &[Held], left: &mut Vec<Left>) -> bool {
        let notices: Vec<_> = held.iter().map(|held| held.notice.clone()).collect();
        let threads = Threads { table: self.table, now_ms: self.now_ms };
        let Err(error) = self.receiver.post_threaded(&notices, threads).await else {
            for Held { id, .. } in held {
                mark(self.table, id, self.now_ms).await;
            }
            return false;
        };
        let receiver = self.receiver.name();
        tracing::error!(%error, receiver, count = held.len(), "a message could not be posted");
        let reason = matches!(error, PostError::Refused { .. }).then(|| format!("{receiver}: {error}"));
        left.extend(held.iter().map(|held| {
            let refusal = |reason: &String| Refusal { posting_id: held.id.clone(), reason: reason.clone() };
            (held.position, reason.as_ref().map(refusal))
        }));
        matches!(error, PostError::Later { status: 429, .. } | PostError::Paced)
    }
}
