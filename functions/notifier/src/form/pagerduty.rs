//! PagerDuty's Events API.
//!
//! Source: PagerDuty developer documentation, "Send an alert event" of Events API v2 (summary 1024 characters,
//! dedup_key 255, an event 512 KB).

use lamplight_alerts::alarm::Alarm;
use lamplight_alerts::change::What;
use lamplight_alerts::readable::cut;
use lamplight_alerts::{Alert, Brief, Change, Notice, Severity, WatchState, Watched};
use serde_json::{Map, Value, json};

use super::{AtOnce, Form, Outgoing, digest};

const EVENTS: &str = "https://events.pagerduty.com/v2/enqueue";

/// The events of accounts in the European service region.
const EVENTS_IN_EUROPE: &str = "https://events.eu.pagerduty.com/v2/enqueue";

/// Characters of a summary.
const SUMMARY: usize = 1_024;

/// Bytes of a link.
const LINK: usize = 2_000;

/// An integration of a service.
pub struct PagerDuty {
    events: String,
    routing_key: String,
}

impl PagerDuty {
    /// The integration with this routing key.
    #[must_use]
    pub fn new(routing_key: &str) -> Self {
        Self::at(EVENTS, routing_key)
    }

    /// The integration with this routing key in the European service region.
    #[must_use]
    pub fn in_europe(routing_key: &str) -> Self {
        Self::at(EVENTS_IN_EUROPE, routing_key)
    }

    /// The integration with this routing key, whose events go to this URL.
    #[must_use]
    pub fn at(events: &str, routing_key: &str) -> Self {
        Self { events: events.to_owned(), routing_key: routing_key.to_owned() }
    }
}

impl Form for PagerDuty {
    fn name(&self) -> &'static str {
        "PagerDuty"
    }

    fn address(&self) -> &str {
        &self.routing_key
    }

    /// Each issue is an incident of its own.
    fn at_once(&self) -> AtOnce {
        AtOnce::UpTo(1)
    }

    fn request(&self, notices: &[Notice], _now_ms: i64) -> Option<Outgoing> {
        let notice = notices.first()?;
        let brief = Brief::of(notice);
        let mut event = match notice {
            Notice::Alert(alert) => of_alert(alert, &brief),
            Notice::Watch(alert) => of_watch(&alert.watch, &brief),
            Notice::Held(alerts) => trigger(&digest(&alerts.alert_id, 16), "info", "Lamplight", &brief),
            // Nobody has to act on it.
            Notice::Summary(_) => return None,
            Notice::Change(change) => of_change(change, &brief)?,
            Notice::Alarm(alarm) => of_alarm(alarm, &brief)?,
            Notice::Other { text, .. } => {
                trigger(&format!("message:{}", digest(text, 16)), "info", "Lamplight", &brief)
            }
        };
        event["routing_key"] = json!(self.routing_key);
        Some(Outgoing::to(&self.events, &event))
    }
}

fn of_alert(alert: &Alert, brief: &Brief) -> Value {
    let issue = &alert.issue;
    let key = brief.issue.clone().unwrap_or_else(|| digest(&alert.alert_id, 16));
    let function = cut(&issue.function, 64);
    let mut event = trigger(&key, alert.severity.name(), &function, brief);
    event["payload"]["component"] = json!(function);
    event["payload"]["group"] = json!(cut(&format!("{} {}", issue.account, issue.region), 100));
    event["payload"]["class"] = json!(issue.kind.name());
    event
}

/// A watch that fires is an incident, which ends when it is OK again or not watched any more.
fn of_watch(watch: &Watched, brief: &Brief) -> Value {
    let key = format!("watch:{}", digest(&watch.key, 16));
    match watch.state {
        WatchState::Firing => trigger(&key, watch.severity.name(), &cut(watch.place(), 255), brief),
        WatchState::Ok | WatchState::Ended => json!({"event_action": "resolve", "dedup_key": key}),
    }
}

/// An issue that is mended ends its incident. The rest is nothing to be woken for.
fn of_change(change: &Change, brief: &Brief) -> Option<Value> {
    let is_mended = change.change.what == What::Resolved;
    is_mended.then(|| json!({"event_action": "resolve", "dedup_key": brief.issue}))
}

/// An alarm that goes off is an incident, which ends when it is OK again. What it lacks data for is neither.
fn of_alarm(alarm: &Alarm, brief: &Brief) -> Option<Value> {
    let place = [alarm.account.as_deref(), alarm.region.as_deref(), Some(&alarm.name)];
    let key = format!("alarm:{}", digest(&place.map(Option::unwrap_or_default).join("\n"), 16));
    match alarm.state.as_str() {
        "ALARM" => Some(trigger(&key, Severity::Error.name(), &cut(&alarm.name, 255), brief)),
        "OK" => Some(json!({"event_action": "resolve", "dedup_key": key})),
        _ => None,
    }
}

fn trigger(key: &str, severity: &str, source: &str, brief: &Brief) -> Value {
    let told = [("Said", brief.said.as_deref()), ("Log", brief.excerpt.as_deref()), ("Issue", brief.issue.as_deref())];
    let told = told.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
    let facts = brief.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let links = brief.links.iter().filter(|(_, url)| url.len() <= LINK);
    let links: Vec<_> = links.map(|(label, url)| json!({"href": url, "text": label})).collect();
    let payload = json!({"summary": cut(&brief.line, SUMMARY), "source": source, "severity": severity,
        "custom_details": facts.chain(told).collect::<Map<_, _>>()});
    json!({"event_action": "trigger", "dedup_key": key, "client": "Lamplight", "payload": payload, "links": links})
}
