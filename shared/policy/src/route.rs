//! Who is told of what, and when.

use lamplight_alerts::{Notice, Severity};
use lamplight_logs::Detection;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use crate::document::{link, names};
use crate::glob::Glob;
use crate::quiet::Quiet;

/// What a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Kind {
    /// An alert of an issue of this kind.
    Issue(Detection),
    /// What a watch says.
    Watch,
    /// A CloudWatch alarm.
    Alarm,
    /// Any other message of the topic.
    Message,
}

impl Kind {
    /// The name in a document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issue(detection) => detection.name(),
            Self::Watch => "watch",
            Self::Alarm => "alarm",
            Self::Message => "message",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(kind) = [Self::Watch, Self::Alarm, Self::Message].into_iter().find(|kind| kind.name() == text) {
            return Ok(kind);
        }
        let name: StrDeserializer<'_, ValueError> = text.into_deserializer();
        Detection::deserialize(name).map(Self::Issue).map_err(|_| {
            format!(
                "`{text}` is no kind; give one as `lamplight issues` shows it, such as timeout or permission, or \
                 watch, alarm or message"
            )
        })
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What is known of a notice that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'n> {
    /// What it is.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// The function's name; nothing of what is of no single function.
    pub function: Option<&'n str>,
    /// The account.
    pub account: Option<&'n str>,
}

impl<'n> Subject<'n> {
    /// What is known of a notice. What other programs say matters like an error: so an alarm and its end go the same
    /// way.
    #[must_use]
    pub fn of(notice: &'n Notice) -> Self {
        let subject = |kind, severity, function, account| Self { kind, severity, function, account };
        match notice {
            Notice::Alert(alert) => {
                let issue = &alert.issue;
                subject(Kind::Issue(issue.kind), alert.severity, Some(&issue.function), Some(&issue.account))
            }
            Notice::Change(change) => {
                let issue = &change.issue;
                let severity = Severity::of(issue.kind);
                subject(Kind::Issue(issue.kind), severity, Some(&issue.function), Some(&issue.account))
            }
            Notice::Watch(alert) => {
                let watch = &alert.watch;
                subject(Kind::Watch, watch.severity, watch.function.as_deref(), watch.account.as_deref())
            }
            Notice::Alarm(alarm) => subject(Kind::Alarm, Severity::Error, None, alarm.account.as_deref()),
            Notice::Held(_) | Notice::Summary(_) | Notice::Other { .. } => {
                subject(Kind::Message, Severity::Error, None, None)
            }
        }
    }
}

/// Whether people are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notify {
    /// As soon as it is known.
    #[default]
    AtOnce,
    /// Not at all.
    Never,
}

/// Who is told of what, and when.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The line of its document.
    #[serde(skip)]
    pub line: usize,
    /// The functions; all, and what is of no function, without it.
    function: Option<Glob>,
    /// The account; any without it.
    account: Option<Glob>,
    /// What it is; anything without it.
    kind: Option<Vec<Kind>>,
    /// How much it matters; anything without it.
    severity: Option<Vec<Severity>>,
    #[serde(default)]
    notify: Notify,
    /// The receivers by their names; those without a name, if it names none.
    #[serde(default, deserialize_with = "names")]
    pub(crate) to: Vec<String>,
    #[serde(default, deserialize_with = "link")]
    runbook: Option<String>,
    quiet: Option<Quiet>,
}

/// When people are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Treatment {
    /// Now.
    #[default]
    AtOnce,
    /// Not at all.
    Never,
    /// With all that is held until then, in milliseconds since the epoch.
    Held {
        /// When the quiet hours end.
        until_ms: i64,
    },
}

/// What is done with a notice.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Decision<'d> {
    /// The route that decides; nothing if none fits.
    pub route: Option<&'d Route>,
    /// When people are told.
    pub treatment: Treatment,
    /// The receivers by their names; those without a name, if it is empty.
    pub to: &'d [String],
    /// The page that says what to do.
    pub runbook: Option<&'d str>,
}

impl Route {
    /// What the parts say together that they cannot mean.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.notify == Notify::Never && (!self.to.is_empty() || self.quiet.is_some() || self.runbook.is_some()) {
            return Err("nobody is told with notify = `never`: leave out `to`, `quiet` and `runbook`".to_owned());
        }
        if [self.kind.as_ref().map(Vec::len), self.severity.as_ref().map(Vec::len)].contains(&Some(0)) {
            return Err("an empty list of kinds or severities fits nothing; leave it out to mean all".to_owned());
        }
        Ok(())
    }

    /// Whether the route decides about this, if none before it does.
    #[must_use]
    pub fn fits(&self, subject: &Subject<'_>) -> bool {
        let is_like = |glob: &Option<Glob>, name: Option<&str>| {
            glob.as_ref().is_none_or(|glob| name.is_some_and(|name| glob.matches(name)))
        };
        is_like(&self.function, subject.function)
            && is_like(&self.account, subject.account)
            && self.kind.as_ref().is_none_or(|kinds| kinds.contains(&subject.kind))
            && self.severity.as_ref().is_none_or(|severities| severities.contains(&subject.severity))
    }

    /// Whether there are times at which it holds something.
    #[must_use]
    pub const fn has_quiet_hours(&self) -> bool {
        self.quiet.is_some()
    }

    pub(crate) fn decide(&self, subject: &Subject<'_>, now_ms: i64) -> Decision<'_> {
        let held = self.quiet.as_ref().and_then(|quiet| quiet.until_ms(subject.severity, now_ms));
        let treatment = match (self.notify, held) {
            (Notify::Never, _) => Treatment::Never,
            (Notify::AtOnce, None) => Treatment::AtOnce,
            (Notify::AtOnce, Some(until_ms)) => Treatment::Held { until_ms },
        };
        Decision { route: Some(self), treatment, to: &self.to, runbook: self.runbook.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const FILE: &str = r#"
[[route]]
function = "shop-*-dev"
notify = "never"

[[route]]
function = "shop-*"
severity = ["error", "critical"]
to = ["shop"]
runbook = "https://wiki.example/shop"

[[route]]
kind = ["permission", "alarm"]
to = ["security"]

[[route]]
account = "11*"
to = ["sandbox"]
"#;

    fn subject<'n>(function: &'n str, kind: &str, severity: Severity, account: &'n str) -> Subject<'n> {
        let function = Some(function).filter(|name| !name.is_empty());
        Subject { kind: kind.parse().unwrap(), severity, function, account: Some(account) }
    }

    #[test]
    fn the_first_route_that_fits_decides() {
        let document = Document::parse(FILE).unwrap();
        let (error, warning) = (Severity::Error, Severity::Warning);
        for (subject, line, to) in [
            (subject("shop-cart-dev", "timeout", error, "2"), Some(2), None),
            (subject("shop-cart", "timeout", error, "2"), Some(6), Some("shop")),
            (subject("shop-cart", "error_log", warning, "2"), None, None),
            (subject("shop-cart", "permission", warning, "2"), Some(12), Some("security")),
            (subject("", "alarm", error, "2"), Some(12), Some("security")),
            (subject("", "message", error, "112"), Some(16), Some("sandbox")),
            (subject("mailer", "timeout", error, "2"), None, None),
        ] {
            let decision = document.decide(&subject, 0);
            assert_eq!(decision.route.map(|route| route.line), line, "{subject:?}");
            assert_eq!(decision.to.first().map(String::as_str), to, "{subject:?}");
            let is_never = decision.treatment == Treatment::Never;
            assert_eq!(is_never, line == Some(2), "{subject:?}");
            assert_eq!(decision.runbook.is_some(), line == Some(6));
        }
    }

    #[test]
    fn quiet_hours_hold_all_but_what_is_excepted() {
        let file = "[[route]]\nquiet = { from = \"22:00\", to = \"07:00\", except = [\"critical\"] }";
        let document = Document::parse(file).unwrap();
        // 1970-01-01T23:00Z
        let at_ms = 23 * 3_600_000;
        let treatment =
            |severity, now_ms| document.decide(&subject("mailer", "crash", severity, "1"), now_ms).treatment;
        assert_eq!(treatment(Severity::Error, at_ms), Treatment::Held { until_ms: 31 * 3_600_000 });
        assert_eq!(treatment(Severity::Critical, at_ms), Treatment::AtOnce);
        assert_eq!(treatment(Severity::Error, 31 * 3_600_000), Treatment::AtOnce);
    }
}
