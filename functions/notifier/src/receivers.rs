//! Who is told: the receivers that a secret names, one a line.

use std::future::Future;
use std::sync::Arc;

use lamplight_alerts::Buttons;
use lamplight_aws::Web;
use lamplight_aws::secret::Secret;

use crate::error::PostError;
use crate::form::named;
use crate::pace::Paces;
use crate::place::{Place, lines, name_and_form};
use crate::receiver::Receiver;
use crate::tell::Post;

/// Who is told.
pub trait Receivers: Send + Sync {
    /// One of them.
    type Receiver: Post;

    /// All of them, as they are at the moment.
    fn list(&self) -> impl Future<Output = Result<Vec<Self::Receiver>, PostError>> + Send;
}

/// A receiver alone.
impl<P: Post + Copy> Receivers for P {
    type Receiver = P;

    async fn list(&self) -> Result<Vec<P>, PostError> {
        Ok(vec![*self])
    }
}

/// The receivers that a secret names.
#[derive(Debug)]
pub struct Named {
    web: Web,
    secret: Arc<Secret>,
    buttons: Buttons,
    paces: Arc<Paces>,
}

impl Named {
    /// The receivers that this secret names, with or without buttons on what they are sent.
    #[must_use]
    pub fn new(web: Web, secret: Secret, buttons: Buttons) -> Self {
        Self { web, secret: Arc::new(secret), buttons, paces: Arc::default() }
    }
}

impl Receivers for Named {
    type Receiver = Receiver;

    async fn list(&self) -> Result<Vec<Receiver>, PostError> {
        let value = self.secret.value().await?;
        let all = of_value(&self.web, &value, Some(&self.secret)).into_iter();
        let ready = |receiver: Receiver| receiver.with_buttons(self.buttons).with_paces(Arc::clone(&self.paces));
        Ok(all.map(ready).collect())
    }
}

/// The receivers that a text names, one a line. The same line twice is one receiver.
#[must_use]
pub fn of_value(web: &Web, value: &str, secret: Option<&Arc<Secret>>) -> Vec<Receiver> {
    let mut seen = std::collections::HashSet::new();
    let named_lines: Vec<_> = lines(value).enumerate().map(|(i, line)| (i, name_and_form(line))).collect();
    // Where all have names, what no policy sends elsewhere goes to all of them.
    let first = named_lines.iter().find(|(_, (name, _))| name.is_none()).map_or(0, |(i, _)| *i);
    let lines = named_lines.into_iter().filter(|(_, line)| seen.insert(*line));
    lines
        .map(|(i, (name, form))| {
            let place = Place { line: i + 1, is_first: i == first, policy_name: name.map(str::to_owned) };
            Receiver::in_line(web.clone(), place, named(form), secret.cloned())
        })
        .collect()
}
