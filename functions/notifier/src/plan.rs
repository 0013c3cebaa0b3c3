//! Which receiver is told of which messages, after the policies have been asked; what is held is held here.

use futures_util::{StreamExt, TryStreamExt, stream};
use lamplight_alerts::Notice;
use lamplight_policy::{Document, Treatment};
use lamplight_table::{HeldMessage, Hold, Table, TableError};

use crate::route::Way;
use crate::tell::{Incoming, Post};

/// Messages that are looked at and held at once.
const CONCURRENCY: usize = 16;

/// Who is told.
pub struct Plan {
    /// For each receiver, the positions of the messages that it is told.
    pub positions: Vec<Vec<usize>>,
    /// The messages that the first receiver is not told, with their ids: for it they are done when all others are told.
    pub aside: Vec<(usize, String)>,
}

/// Makes plans.
pub struct Planning<'a, R> {
    pub table: &'a Table,
    pub receivers: &'a [R],
    pub document: &'a Document,
    pub now_ms: i64,
}

impl<R: Post> Planning<'_, R> {
    /// Who is told of these messages. Runbooks are added to the notices.
    ///
    /// # Errors
    ///
    /// [`TableError`] if it is not known what is held.
    pub async fn plan(&self, incoming: &[Incoming], notices: &mut [Notice]) -> Result<Plan, TableError> {
        let mut plan = Plan { positions: vec![Vec::new(); self.receivers.len()], aside: Vec::new() };
        let messages = incoming.iter().zip(notices);
        let ways: Vec<_> = messages
            .map(|(incoming, notice)| {
                let way = Way::of(notice, self.document, self.now_ms);
                (incoming, way, incoming.id(notice))
            })
            .collect();
        let told: Vec<_> = ways.iter().map(|(incoming, way, id)| self.is_told(incoming, id, way)).collect();
        let told: Vec<bool> = stream::iter(told).buffered(CONCURRENCY).try_collect().await?;
        for (position, ((_, way, id), is_told)) in ways.into_iter().zip(told).enumerate() {
            let told = if is_told { way.receivers(self.receivers) } else { Vec::new() };
            for receiver in &told {
                plan.positions[*receiver].push(position);
            }
            if !told.iter().any(|receiver| self.receivers[*receiver].mark().is_empty()) {
                plan.aside.push((position, id));
            }
        }
        Ok(plan)
    }

    /// Whether somebody is told of a message now. If not, it is held where it is to be.
    async fn is_told(&self, incoming: &Incoming, id: &str, way: &Way) -> Result<bool, TableError> {
        if way.treatment == Treatment::Never {
            tracing::info!(id, "nobody is told: a policy says so");
            return Ok(false);
        }
        // It may come again when the quiet hours are over.
        if way.may_be_held && self.table.was_held(id).await? {
            return Ok(false);
        }
        let Treatment::Held { until_ms } = way.treatment else {
            return Ok(true);
        };
        // What some have been told before the quiet hours began is not told them again at their end.
        for receiver in way.receivers(self.receivers) {
            if self.table.is_posted(&format!("{id}{}", self.receivers[receiver].mark())).await? {
                return Ok(true);
            }
        }
        let hold = Hold { until_ms, to: way.to.clone() };
        let message = HeldMessage {
            id: id.to_owned(),
            subject: incoming.subject.clone().filter(|subject| !subject.is_empty()),
            body: incoming.message.clone(),
        };
        self.table.hold(&hold, &message, self.now_ms).await?;
        tracing::info!(id, hold = hold.name(), "held during quiet hours");
        Ok(false)
    }
}
