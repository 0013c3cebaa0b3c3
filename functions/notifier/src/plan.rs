//! Which receiver is told of which messages, after the policies have been asked; what is held is held here.

use lamplight_alerts::Notice;
use lamplight_policy::{Document, Treatment};
use lamplight_table::{HeldMessage, Hold, Table, TableError};

use crate::route::Way;
use crate::tell::{Incoming, Post};

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
        for (position, (incoming, notice)) in incoming.iter().zip(notices).enumerate() {
            let way = Way::of(notice, self.document, self.now_ms);
            let id = incoming.id(notice);
            let told =
                if self.is_told(incoming, &id, &way).await? { way.receivers(self.receivers) } else { Vec::new() };
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
