//! One receiver: its form, and how it is posted to when it has a bad time.

use std::sync::Arc;
use std::time::Duration;

use lamplight_alerts::{Buttons, Notice};
use lamplight_aws::Web;
use lamplight_aws::clock::now_ms;
use lamplight_aws::secret::Secret;
use lamplight_aws::web::Answer;
use tokio::time::Instant;

use crate::error::PostError;
use crate::form::{AtOnce, Form, Outgoing, Verdict, digest, named};
use crate::pace::Paces;
use crate::place::{Place, lines, name_and_form};
use crate::tell::Post;
use crate::threads::Threads;

/// Posts of one message in one run; after that the queue keeps it.
const ATTEMPTS: usize = 3;

/// The longest wait that a receiver is given within a run.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Characters of an answer that are repeated.
const REASON: usize = 100;

/// A receiver.
pub struct Receiver {
    web: Web,
    /// Its line among those that name receivers.
    line: usize,
    /// Nothing if the line names none.
    form: Option<Box<dyn Form>>,
    secret: Option<Arc<Secret>>,
    buttons: Buttons,
    /// Nothing where it is posted to as fast as it takes it.
    paces: Option<Arc<Paces>>,
    name: String,
    policy_name: Option<String>,
    mark: String,
}

/// What became of a request.
pub(crate) enum Sent {
    /// The receiver has it, and answers.
    Taken(Answer),
    /// There is none: it does not concern the receiver.
    Nothing,
    /// The message is not there that was to be edited or answered.
    Gone,
}

impl Receiver {
    /// The receiver that a line names, alone.
    #[must_use]
    pub fn of_line(web: Web, line: &str) -> Self {
        Self::in_line(web, Place::alone(), named(line), None)
    }

    /// A receiver of this form, alone.
    #[must_use]
    pub fn new(web: Web, form: Box<dyn Form>) -> Self {
        Self::in_line(web, Place::alone(), Some(form), None)
    }

    /// A receiver of this form in this place of a secret.
    #[must_use]
    pub fn in_line(web: Web, place: Place, form: Option<Box<dyn Form>>, secret: Option<Arc<Secret>>) -> Self {
        let Place { line, is_first, policy_name } = place;
        let kind = form.as_ref().map_or("a receiver that is not named", |form| form.name());
        let address = form.as_ref().map_or("", |form| form.address());
        let name = match &policy_name {
            Some(name) => format!("{name} ({kind}, line {line})"),
            None if line == 1 => kind.to_owned(),
            None => format!("{kind} (line {line})"),
        };
        let mark = if is_first { String::new() } else { format!(".{}", digest(&format!("{kind}\n{address}"), 6)) };
        Self { web, line, form, secret, buttons: Buttons::Hidden, paces: None, name, policy_name, mark }
    }

    /// The same, with buttons on what it is sent of issues if they are wanted.
    #[must_use]
    pub fn with_buttons(mut self, buttons: Buttons) -> Self {
        self.buttons = buttons;
        self.form.iter_mut().for_each(|form| prepare(form.as_mut(), buttons));
        self
    }

    /// The same, posted to no faster than its channel takes it.
    #[must_use]
    pub fn with_paces(self, paces: Arc<Paces>) -> Self {
        Self { paces: Some(paces), ..self }
    }

    /// Its form.
    pub(crate) fn form(&self) -> Result<&dyn Form, PostError> {
        self.form.as_deref().ok_or(PostError::Unnamed { line: self.line })
    }

    /// Waits until the channel of a message takes it.
    async fn keep_pace(&self, outgoing: &Outgoing) -> Result<(), PostError> {
        if let (Some(paces), Some(channel)) = (&self.paces, &outgoing.paced) {
            let wait = paces.book(channel, Instant::now()).ok_or(PostError::Paced)?;
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Whether the secret names another receiver in this line by now: one that was replaced is refused.
    async fn replacement(&self) -> Result<Option<Box<dyn Form>>, PostError> {
        let (Some(secret), Some(form)) = (&self.secret, &self.form) else {
            return Ok(None);
        };
        secret.forget().await;
        let value = secret.value().await?;
        let mut now = lines(&value).nth(self.line - 1).and_then(|line| named(name_and_form(line).1));
        now.iter_mut().for_each(|form| prepare(form.as_mut(), self.buttons));
        Ok(now.filter(|now| (now.name(), now.address()) != (form.name(), form.address())))
    }

    /// Sends these notices as a message of their own.
    pub(crate) async fn send_anew(&self, notices: &[Notice]) -> Result<Sent, PostError> {
        self.send(|form| form.request(notices, now_ms())).await
    }

    /// Sends what `request` makes for the form that the receiver has by then.
    pub(crate) async fn send(
        &self,
        request: impl Fn(&dyn Form) -> Option<Outgoing> + Send + Sync,
    ) -> Result<Sent, PostError> {
        let mut replacement = None;
        let mut attempt = 1;
        let form = self.form()?;
        let Some(mut outgoing) = request(form) else {
            return Ok(Sent::Nothing);
        };
        self.keep_pace(&outgoing).await?;
        loop {
            let form = replacement.as_deref().unwrap_or(form);
            let answer = self.web.post_json(&outgoing.url, &outgoing.headers, outgoing.body.clone()).await?;
            let status = answer.status;
            let wait = Duration::from_secs(answer.retry_after_s.unwrap_or(1));
            let (verdict, said) = form.verdict(&answer);
            // An answer may repeat what it was asked.
            let reason = said.replace(form.address(), "‹secret›").chars().take(REASON).collect::<String>();
            match verdict {
                Verdict::Taken => return Ok(Sent::Taken(answer)),
                Verdict::Gone => return Ok(Sent::Gone),
                Verdict::Later if status == 429 && attempt < ATTEMPTS && wait <= LONGEST_WAIT => {
                    tokio::time::sleep(wait).await;
                }
                Verdict::Later => return Err(PostError::Later { status, reason }),
                Verdict::Malformed if attempt == 1 => match form.plainer(&outgoing, &reason) {
                    Some(plainer) => outgoing = plainer,
                    None => return Err(PostError::Refused { status, reason }),
                },
                Verdict::Replaced if attempt == 1 => match self.replacement().await? {
                    // The first has the same mark whatever it is; of another it is to be seen what it has.
                    Some(_) if !self.mark.is_empty() => return Err(PostError::Later { status, reason }),
                    Some(form) => match request(form.as_ref()) {
                        Some(anew) => {
                            outgoing = anew;
                            replacement = Some(form);
                        }
                        None => return Ok(Sent::Nothing),
                    },
                    None => return Err(PostError::Refused { status, reason }),
                },
                Verdict::Malformed | Verdict::Replaced | Verdict::Refused => {
                    return Err(PostError::Refused { status, reason });
                }
            }
            attempt += 1;
        }
    }
}

fn prepare(form: &mut dyn Form, buttons: Buttons) {
    if buttons == Buttons::Shown {
        form.show_buttons();
    }
}

impl Post for Receiver {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        self.send_anew(notices).await.map(drop)
    }

    async fn post_threaded(&self, notices: &[Notice], threads: Threads<'_>) -> Result<(), PostError> {
        match notices {
            [notice] => threads.post(self, notice).await,
            _ => self.post(notices).await,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn policy_name(&self) -> Option<&str> {
        self.policy_name.as_deref()
    }

    fn mark(&self) -> &str {
        &self.mark
    }

    fn at_once(&self) -> AtOnce {
        self.form.as_ref().map_or(AtOnce::Digest, |form| form.at_once())
    }
}
