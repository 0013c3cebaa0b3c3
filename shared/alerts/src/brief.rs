//! What a notice says, before any receiver's form: readable text within bounds, not escaped for anything.

mod deployment;
mod policies;

use lamplight_rollup::fingerprint::name;
use lamplight_rollup::function::UNKNOWN;
use lamplight_rollup::time::{from_rfc3339, rfc3339};

use crate::alarm::Alarm;
use crate::alert::{Alert, Reason, Severity};
use crate::change::Change;
use crate::digest;
use crate::explained::exception;
use crate::links;
use crate::notice::Notice;
use crate::readable::{cut, excerpt, line};
pub(crate) use policies::{QUIET, SUMMARY, watch_icon};
use policies::{of_held, of_summary, of_watch};

/// Characters of a function's name in the lead: what Lambda allows.
const FUNCTION: usize = 64;

/// Characters of a line.
const LINE: usize = 300;

/// Characters of an alarm's description and of its reason.
const SAID: usize = 1_200;

/// Characters of a log excerpt.
const EXCERPT: usize = 1_500;

/// Characters of a message that nobody knows, in a line.
const NOTIFICATION: usize = 400;

/// The sign of a message that nobody knows.
pub(crate) const MESSAGE: &str = "💬";

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// How serious it is, as a sign.
    pub icon: &'static str,
    /// One line: what, where, how many and since when.
    pub lead: String,
    /// All of it in a line, for what shows no more.
    pub line: String,
    /// What the issue is called, where the lead does not say it.
    pub title: Option<String>,
    /// What an alarm says of itself.
    pub said: Option<String>,
    /// The first lines of what was logged, or of a message that nobody knows.
    pub excerpt: Option<String>,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// Labels and pages: the AWS console's, and the runbook.
    pub links: Vec<(&'static str, String)>,
    /// The issue's fingerprint.
    pub issue: Option<String>,
}

impl Brief {
    /// What a notice says.
    #[must_use]
    pub fn of(notice: &Notice) -> Self {
        match notice {
            Notice::Alert(alert) => of_alert(alert),
            Notice::Watch(alert) => of_watch(&alert.watch),
            Notice::Held(alerts) => of_held(&alerts.held),
            Notice::Summary(alert) => of_summary(&alert.summary),
            Notice::Change(change) => of_change(change),
            Notice::Alarm(alarm) => of_alarm(alarm),
            Notice::Other { subject, text } => of_other(subject.as_deref(), text),
        }
    }

    /// What many notices say together, in so many characters besides the lead.
    #[must_use]
    pub fn digest(notices: &[Notice], characters: usize) -> Self {
        digest::brief(notices, characters)
    }

    /// What says no more than this.
    pub(crate) fn bare(icon: &'static str, lead: String) -> Self {
        Self {
            icon,
            line: lead.clone(),
            lead,
            title: None,
            said: None,
            excerpt: None,
            facts: Vec::new(),
            links: Vec::new(),
            issue: None,
        }
    }
}

fn of_alert(alert: &Alert) -> Brief {
    let (issue, sample) = (&alert.issue, &alert.issue.sample);
    let icon = icon(alert.severity);
    let kind = name(issue.kind);
    let what = match alert.reason {
        Reason::New => kind.to_owned(),
        Reason::Regressed => format!("{kind} is back"),
        Reason::Escalating => format!("{kind} escalates"),
    };
    let place = format!("{what} in {}", line(&issue.function, FUNCTION));
    let often = often(alert);
    let title = line(&issue.title, LINE);
    let title = Some(title).filter(|title| !title.is_empty() && title != kind);
    Brief {
        icon,
        lead: format!("{place}, {often}"),
        line: match &title {
            Some(title) => format!("{icon} {place}: {title} ({often})"),
            None => format!("{icon} {place}, {often}"),
        },
        title,
        said: None,
        excerpt: text(excerpt(exception(&sample.message).as_ref().unwrap_or(&sample.message), EXCERPT)),
        facts: facts(&[
            ("Function", Some(&issue.function)),
            ("Code", issue.frame.as_deref()),
            ("Version", version(alert)),
            ("Deployed", alert.deployed.as_ref().and_then(|deployed| deployment::said(deployed, alert)).as_deref()),
            ("Account and region", Some(&format!("{} · {}", issue.account, issue.region))),
            ("Request", sample.request_id.as_deref()),
            ("Trace", sample.trace_id.as_deref()),
        ]),
        links: pages(alert),
        issue: text(line(&issue.fingerprint, FUNCTION)),
    }
}

/// How many and since when. An issue that is back counts from its return, and was first seen before.
fn often(alert: &Alert) -> String {
    let times = if alert.issue.count == 1 { "once".to_owned() } else { format!("{} times", alert.issue.count) };
    match (alert.issue.first_seen.as_deref().and_then(moment), alert.reason) {
        (None, _) => times,
        (Some(at), Reason::Regressed) => format!("{times}, first seen {at}"),
        (Some(at), Reason::New) if alert.issue.count == 1 => format!("{times} at {at}"),
        (Some(at), Reason::New | Reason::Escalating) => format!("{times} since {at}"),
    }
}

/// The version that was published, where what was deployed does not say it.
fn version(alert: &Alert) -> Option<&str> {
    let is_said = alert.deployed.as_ref().is_some_and(|deployed| deployed.version.is_some());
    alert.issue.sample.version.as_deref().filter(|version| !is_said && !version.starts_with('$'))
}

fn of_change(change: &Change) -> Brief {
    let (issue, icon) = (&change.issue, change.change.what.icon());
    let lead = change.change.sentence();
    let place = format!("{} in {}", name(issue.kind), line(&issue.function, FUNCTION));
    Brief {
        line: format!("{icon} {place}: {lead}"),
        title: Some(place),
        issue: text(line(&issue.fingerprint, FUNCTION)),
        ..Brief::bare(icon, lead)
    }
}

fn of_alarm(alarm: &Alarm) -> Brief {
    let icon = alarm_icon(alarm);
    let lead = format!("{} is {}", line(&alarm.name, LINE), line(&alarm.state, 20));
    let said = [alarm.description.as_deref(), Some(alarm.reason.as_str())];
    let said: Vec<_> = said.into_iter().flatten().filter_map(|said| text(excerpt(said, SAID))).collect();
    let reason = text(line(&alarm.reason, LINE)).map(|reason| format!(": {reason}")).unwrap_or_default();
    let place = [alarm.account.as_deref(), alarm.region.as_deref()].into_iter().flatten();
    let place = place.collect::<Vec<_>>().join(" · ");
    Brief {
        line: format!("{icon} {lead}{reason}"),
        said: text(said.join("\n")),
        facts: facts(&[
            ("State before", alarm.old_state.as_deref()),
            ("Metric", alarm.metric.as_deref()),
            ("Changed at", alarm.at.as_deref()),
            ("Account and region", Some(&place)),
        ]),
        ..Brief::bare(icon, lead)
    }
}

fn of_other(subject: Option<&str>, message: &str) -> Brief {
    let lead = subject.and_then(|subject| text(line(subject, LINE)));
    let lead = lead.unwrap_or_else(|| "Message on the alert topic".to_owned());
    let line = text(line(message, NOTIFICATION)).map_or_else(|| lead.clone(), |message| format!("{lead}: {message}"));
    Brief { line, excerpt: text(excerpt(message, EXCERPT)), ..Brief::bare(MESSAGE, lead) }
}

/// One line that says what, where and how serious.
#[must_use]
pub fn headline(notice: &Notice) -> String {
    match notice {
        Notice::Alert(alert) => {
            let issue = &alert.issue;
            let (function, title) = (line(&issue.function, FUNCTION), line(&issue.title, 120));
            let place = format!("{} {} in {function}", icon(alert.severity), name(issue.kind));
            if title.is_empty() || title == name(issue.kind) { place } else { format!("{place}: {title}") }
        }
        Notice::Watch(_) | Notice::Held(_) | Notice::Summary(_) | Notice::Change(_) => {
            line(&Brief::of(notice).line, LINE)
        }
        Notice::Alarm(alarm) => {
            format!("{} {} is {}", alarm_icon(alarm), line(&alarm.name, 120), line(&alarm.state, 20))
        }
        Notice::Other { subject, text } => line(subject.as_deref().unwrap_or(text), 120),
    }
}

pub(crate) const fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "🟡",
        Severity::Error => "🔴",
        Severity::Critical => "🚨",
    }
}

pub(crate) fn alarm_icon(alarm: &Alarm) -> &'static str {
    match alarm.state.as_str() {
        "OK" => "🟢",
        "ALARM" => "🔴",
        _ => "⚪",
    }
}

/// The facts that have a value.
fn facts(pairs: &[(&'static str, Option<&str>)]) -> Vec<(&'static str, String)> {
    let known = pairs.iter().filter_map(|(label, value)| Some((*label, text(line((*value)?, LINE))?)));
    known.collect()
}

/// The page that says what to do. Others may publish on the topic too: what is no page is left out.
fn runbook(url: Option<&str>) -> Option<String> {
    url.filter(|url| links::is_page(url)).map(str::to_owned)
}

/// Whether links can lead to a region.
fn is_region(region: &str) -> bool {
    region != UNKNOWN && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Links to the log lines, the trace and the function, as far as the place is known, and to the runbook.
fn pages(alert: &Alert) -> Vec<(&'static str, String)> {
    let runbook = runbook(alert.runbook.as_deref()).map(|url| ("Runbook", url));
    let (issue, sample) = (&alert.issue, &alert.issue.sample);
    if !is_region(&issue.region) {
        return runbook.into_iter().collect();
    }
    let at_ms = sample.timestamp.as_deref().and_then(from_rfc3339);
    let logs = sample.log_group.as_deref().map(|group| {
        links::log_lines(&issue.region, group, sample.log_stream.as_deref(), sample.request_id.as_deref(), at_ms)
    });
    let trace = sample.trace_id.as_deref().and_then(|trace_id| links::trace(&issue.region, trace_id));
    let function = links::function(&issue.region, &issue.function);
    let pages = [("Log lines", logs), ("Trace", trace), ("Function", Some(function))];
    pages.into_iter().filter_map(|(label, url)| Some((label, url?))).chain(runbook).collect()
}

fn text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// A time without its fraction of a second; nothing for what is none.
pub(crate) fn moment(time: &str) -> Option<String> {
    let time = rfc3339(from_rfc3339(time)?);
    Some(format!("{} UTC", cut(&time, 20).trim_end_matches('…').replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;

    fn brief(line: &str, change: impl FnOnce(&mut Alert)) -> Brief {
        let mut alert = alert("mailer", line);
        change(&mut alert);
        Brief::of(&Notice::Alert(Box::new(alert)))
    }

    #[test]
    fn an_alert_leads_with_what_where_how_many_and_since_when() {
        let timeout = "2026-11-20T08:47:12.345Z 8b9e7c2a-1 Task timed out after 3.00 seconds";
        let new = brief(timeout, |_| ());
        assert_eq!(new.lead, "Task timed out in mailer, 3 times since 2026-11-20 08:47:12 UTC");
        assert_eq!(new.line, format!("🔴 {}", new.lead));
        assert_eq!(new.title, None, "it would say the same again");
        let once = brief(timeout, |alert| alert.issue.count = 1);
        assert_eq!(once.lead, "Task timed out in mailer, once at 2026-11-20 08:47:12 UTC");
        let back = brief(timeout, |alert| alert.reason = Reason::Regressed);
        assert_eq!(back.lead, "Task timed out is back in mailer, 3 times, first seen 2026-11-20 08:47:12 UTC");
        let odd = brief(timeout, |alert| alert.issue.first_seen = Some("yesterday".to_owned()));
        assert_eq!(odd.lead, "Task timed out in mailer, 3 times");
        let crash = brief("panic: no \u{1b}[1mcard\u{1b}[0m", |_| ());
        assert_eq!(crash.line, "🔴 Crash in mailer: panic: no card (3 times since 2026-11-20 08:47:12 UTC)");
        assert_eq!(crash.excerpt.as_deref(), Some("panic: no card"));
    }

    #[test]
    fn a_region_that_is_none_makes_no_link() {
        let links = |region: &str| brief("panic: no card", |alert| alert.issue.region = region.to_owned()).links.len();
        assert_eq!((links("eu-central-1"), links("evil.example/#"), links(UNKNOWN)), (2, 0, 0));
    }

    #[test]
    fn a_runbook_is_the_last_link() {
        let mut notice = Notice::Alert(Box::new(alert("mailer", "panic: no card")));
        notice.add_runbook("https://wiki.example/mail");
        notice.add_runbook("https://wiki.example/other");
        assert_eq!(Brief::of(&notice).links.last(), Some(&("Runbook", "https://wiki.example/mail".to_owned())));
    }

    #[test]
    fn other_messages_say_what_they_hold() {
        let other = Brief::of(&Notice::of(Some(" "), "the crane\nis down"));
        assert_eq!(other.line, "Message on the alert topic: the crane is down");
        assert_eq!(Brief::of(&Notice::of(Some("harbour"), " ")).line, "harbour");
    }
}
