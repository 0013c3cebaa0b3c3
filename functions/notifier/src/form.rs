//! The forms of the receivers: what each is sent for the same notices. A file for each.

mod discord;
mod pagerduty;
mod signed;
mod slack;
mod teams;

use lamplight_alerts::{Brief, Notice};
use sha2::{Digest, Sha256};

pub use discord::Discord;
pub use pagerduty::PagerDuty;
pub use signed::Signed;
pub use slack::Slack;
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
}

impl Outgoing {
    fn to(url: &str, body: &serde_json::Value) -> Self {
        Self { url: url.to_owned(), headers: Vec::new(), body: body.to_string() }
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
    fn plainer(&self, _notices: &[Notice], _reason: &str) -> Option<Outgoing> {
        None
    }
}

/// What notices say: one for itself, many together in so many characters.
fn brief(notices: &[Notice], characters: usize) -> Brief {
    match notices {
        [notice] => Brief::of(notice),
        _ => Brief::digest(notices, characters),
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
/// | `webhook:<secret>:<URL>` | a webhook that verifies a signature |
#[must_use]
pub fn named(line: &str) -> Option<Box<dyn Form>> {
    if let Some(key) = line.strip_prefix("pagerduty:") {
        return is_key(key).then(|| Box::new(PagerDuty::new(key)) as Box<dyn Form>);
    }
    if let Some(key) = line.strip_prefix("pagerduty-eu:") {
        return is_key(key).then(|| Box::new(PagerDuty::in_europe(key)) as Box<dyn Form>);
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
