//! One receiver: its form, and how it is posted to when it has a bad time.

use std::sync::Arc;
use std::time::Duration;

use lamplight_alerts::Notice;
use lamplight_aws::Web;
use lamplight_aws::clock::now_ms;
use lamplight_aws::secret::Secret;
use lamplight_policy::document::is_name;

use crate::error::PostError;
use crate::form::{AtOnce, Form, digest, named};
use crate::tell::Post;

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
    name: String,
    policy_name: Option<String>,
    mark: String,
}

/// Where a receiver stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its line among those that name receivers, the first of which is 1.
    pub line: usize,
    /// Whether what it was told is known by the plain ids of alerts: one receiver's is, the first that gets what no policy
    /// sends elsewhere.
    pub is_first: bool,
    /// The name by which policies choose it.
    pub policy_name: Option<String>,
}

impl Place {
    /// Where a receiver stands that is alone.
    #[must_use]
    pub const fn alone() -> Self {
        Self { line: 1, is_first: true, policy_name: None }
    }
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
        Self { web, line, form, secret, name, policy_name, mark }
    }

    /// Whether the secret names another receiver in this line by now: one that was replaced is refused.
    async fn replacement(&self) -> Result<Option<Box<dyn Form>>, PostError> {
        let (Some(secret), Some(form)) = (&self.secret, &self.form) else {
            return Ok(None);
        };
        secret.forget().await;
        let value = secret.value().await?;
        let now = lines(&value).nth(self.line - 1).and_then(|line| named(name_and_form(line).1));
        Ok(now.filter(|now| (now.name(), now.address()) != (form.name(), form.address())))
    }
}

/// The lines that name receivers.
pub(crate) fn lines(value: &str) -> impl Iterator<Item = &str> {
    value.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The name by which policies choose the receiver of a line, if it has one, and what names the receiver itself. Before
/// any `=` of the latter stands a colon, which no name has.
#[must_use]
pub fn name_and_form(line: &str) -> (Option<&str>, &str) {
    match line.split_once('=') {
        Some((name, form)) if is_name(name.trim()) => (Some(name.trim()), form.trim()),
        _ => (None, line),
    }
}

impl Post for Receiver {
    async fn post(&self, notices: &[Notice]) -> Result<(), PostError> {
        let mut replacement = None;
        let mut attempt = 1;
        let form = self.form.as_ref().ok_or(PostError::Unnamed { line: self.line })?;
        let Some(mut outgoing) = form.request(notices, now_ms()) else {
            return Ok(());
        };
        loop {
            let form = replacement.as_ref().unwrap_or(form);
            let answer = self.web.post_json(&outgoing.url, &outgoing.headers, outgoing.body.clone()).await?;
            // An answer may repeat what it was asked.
            let reason = answer.body.replace(form.address(), "‹secret›").chars().take(REASON).collect::<String>();
            let status = answer.status;
            let wait = Duration::from_secs(answer.retry_after_s.unwrap_or(1));
            match status {
                200..=299 => return Ok(()),
                429 if attempt < ATTEMPTS && wait <= LONGEST_WAIT => tokio::time::sleep(wait).await,
                429 | 500.. => return Err(PostError::Later { status, reason }),
                400 if attempt == 1 => match form.plainer(notices, &reason) {
                    Some(plainer) => outgoing = plainer,
                    None => return Err(PostError::Refused { status, reason }),
                },
                401 | 403 | 404 | 410 if attempt == 1 => match self.replacement().await? {
                    // The first has the same mark whatever it is; of another it is to be seen what it has.
                    Some(_) if !self.mark.is_empty() => return Err(PostError::Later { status, reason }),
                    Some(form) => match form.request(notices, now_ms()) {
                        Some(request) => {
                            outgoing = request;
                            replacement = Some(form);
                        }
                        None => return Ok(()),
                    },
                    None => return Err(PostError::Refused { status, reason }),
                },
                _ => return Err(PostError::Refused { status, reason }),
            }
            attempt += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_begin_with_a_name() {
        for (line, name, form) in [
            ("payments = https://hooks.slack.com/x", Some("payments"), "https://hooks.slack.com/x"),
            ("on-call_2=pagerduty:abc", Some("on-call_2"), "pagerduty:abc"),
            ("https://prod.logic.azure.com/x?sig=a", None, "https://prod.logic.azure.com/x?sig=a"),
            ("webhook:s=cret:https://a.example", None, "webhook:s=cret:https://a.example"),
            ("two words = https://a.example", None, "two words = https://a.example"),
            ("= https://a.example", None, "= https://a.example"),
        ] {
            assert_eq!(name_and_form(line), (name, form));
        }
    }
}
