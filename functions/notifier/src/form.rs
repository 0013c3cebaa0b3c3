//! The forms of the receivers: what each is sent for the same notices. A file for each.

mod discord;
mod pagerduty;
mod signed;
mod slack;
mod slack_bot;
mod teams;

use lamplight_alerts::{Brief, Notice};
use lamplight_aws::web::Answer;
use lamplight_table::Thread;
use sha2::{Digest, Sha256};

pub use discord::Discord;
pub use pagerduty::PagerDuty;
pub use signed::Signed;
pub use slack::Slack;
pub use slack_bot::SlackBot;
pub use teams::Teams;

/// How many notices a receiver takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtOnce {
    /// A few one by one, more of them as one message.
    Digest,
    /// So many in each request.
    UpTo(usize),
}

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where it goes; a secret.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
    /// The channel in which it is a message, where that takes no more than about one a second.
    pub paced: Option<String>,
}

impl Outgoing {
    fn to(url: &str, body: &serde_json::Value) -> Self {
        Self { url: url.to_owned(), headers: Vec::new(), body: body.to_string(), paced: None }
    }

    /// The same, as a message in a channel that takes no more than about one a second.
    fn paced(self, channel: &str) -> Self {
        Self { paced: Some(channel.to_owned()), ..self }
    }
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has what it was sent.
    Taken,
    /// It cannot take it now.
    Later,
    /// The request is malformed: a plainer one may do.
    Malformed,
    /// The address or the token is not valid: another may be in its place by now.
    Replaced,
    /// The message is not there that was to be edited or answered.
    Gone,
    /// It would be refused again.
    Refused,
}

impl Verdict {
    /// What a status says.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Taken,
            429 | 500.. => Self::Later,
            400 => Self::Malformed,
            401 | 403 | 404 | 410 => Self::Replaced,
            _ => Self::Refused,
        }
    }
}

/// What a receiver is sent.
pub trait Form: Send + Sync {
    /// What it is called where people read of it.
    fn name(&self) -> &'static str;

    /// What tells it from others of its kind; a secret.
    fn address(&self) -> &str;

    /// How many notices it takes at once.
    fn at_once(&self) -> AtOnce {
        AtOnce::Digest
    }

    /// The request that tells these notices; none where they do not concern it.
    fn request(&self, notices: &[Notice], now_ms: i64) -> Option<Outgoing>;

    /// What is sent instead of a request that was refused as malformed for this reason.
    fn plainer(&self, _refused: &Outgoing, _reason: &str) -> Option<Outgoing> {
        None
    }

    /// What an answer comes to, and what the receiver says.
    fn verdict(&self, answer: &Answer) -> (Verdict, String) {
        (Verdict::of_status(answer.status), answer.body.clone())
    }

    /// Puts buttons on what it is sent of issues, if it has such.
    fn show_buttons(&mut self) {}

    /// The same receiver where it keeps one message for each issue.
    fn threaded(&self) -> Option<&dyn Threaded> {
        None
    }
}

/// A receiver with one message for each issue, which is edited, and answered in its thread.
pub trait Threaded: Send + Sync {
    /// The channel of these messages. No secret.
    fn channel(&self) -> &str;

    /// The channel and the name of the message that an answer speaks of.
    fn place(&self, answer: &Answer) -> Option<(String, String)>;

    /// The request that makes an issue's message show this; none where it shows nothing of it.
    fn edit(&self, notice: &Notice, thread: &Thread) -> Option<Outgoing>;

    /// The request that says this in the thread; none where it is not said there.
    fn reply(&self, notice: &Notice, thread: &Thread) -> Option<Outgoing>;
}

/// What notices say: one for itself, many together in so many characters. What was done with an issue is nothing new in
/// a channel.
fn brief(notices: &[Notice], characters: usize) -> Option<Brief> {
    match notices {
        [Notice::Change(_)] => None,
        [notice] => Some(Brief::of(notice)),
        _ => Some(Brief::digest(notices, characters)),
    }
}

/// The form of a receiver as people name it; nothing if it names none.
///
/// | | |
/// |---|---|
/// | a URL of Discord's webhooks, but for its Slack-compatible ones | Discord |
/// | a URL below `webhook.office.com`, `logic.azure.com`, `powerplatform.com` | Microsoft Teams |
/// | any other URL | Slack and what is compatible with it |
/// | `pagerduty:<routing key>`, `pagerduty-eu:<routing key>` | PagerDuty |
/// | `slack-bot:<token>:<channel id>` | Slack with a bot's token |
/// | `webhook:<secret>:<URL>` | a webhook that verifies a signature |
#[must_use]
pub fn named(line: &str) -> Option<Box<dyn Form>> {
    if let Some(key) = line.strip_prefix("pagerduty:") {
        return is_key(key).then(|| Box::new(PagerDuty::new(key)) as Box<dyn Form>);
    }
    if let Some(key) = line.strip_prefix("pagerduty-eu:") {
        return is_key(key).then(|| Box::new(PagerDuty::in_europe(key)) as Box<dyn Form>);
    }
    if let Some(rest) = line.strip_prefix("slack-bot:") {
        let (token, channel) = rest.split_once(':')?;
        return (is_token(token) && is_key(channel)).then(|| Box::new(SlackBot::new(token, channel)) as Box<dyn Form>);
    }
    if let Some(rest) = line.strip_prefix("webhook:") {
        let (secret, url) = rest.split_once(':')?;
        return (!secret.is_empty() && host_and_path(url).is_some())
            .then(|| Box::new(Signed::new(secret, url)) as Box<dyn Form>);
    }
    let (host, path) = host_and_path(line)?;
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_discord = is_below("discord.com") || is_below("discordapp.com");
    Some(if is_discord && path.starts_with("/api/webhooks/") && !path.ends_with("/slack") {
        Box::new(Discord::new(line))
    } else if ["webhook.office.com", "logic.azure.com", "powerplatform.com"].into_iter().any(is_below) {
        Box::new(Teams::new(line))
    } else {
        Box::new(Slack::new(line))
    })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// The host, in lower case, and the path of a URL. Plain HTTP is for what stands for a receiver on one machine.
fn host_and_path(url: &str) -> Option<(String, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let is_one = !host.is_empty() && !url.contains(char::is_whitespace);
    is_one.then(|| (host.to_ascii_lowercase(), path.split(['?', '#']).next().unwrap_or_default()))
}

/// So many bytes of a text's SHA-256, as hexadecimal digits.
pub(crate) fn digest(text: &str, bytes: usize) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes())[..bytes])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
