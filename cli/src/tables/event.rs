//! One event explained: the line, which detector read it, what it took and what it would count.

use lamplight_logs::source::function_of;
use lamplight_logs::{Fact, Source};

use super::grid::harmless;

/// Characters of the line that are shown.
const LINE: usize = 160;

/// The event, its meaning, and what the line says, below one another.
pub fn explanation(fact: &Fact<'_>, source: &Source<'_>, message: &str) -> String {
    let kind = serde_json::to_value(fact.kind).ok();
    let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let mut meaning = vec![format!("{kind}, read by {}", fact.detector)];
    meaning.extend(fact.detection.map(|detection| format!("raises {}", detection.name())));
    meaning.push(format!("counts {}", counted(fact)));
    let told = told(fact, source).into_iter().map(|(name, value)| format!("{name}={}", harmless(&value)));
    let told = told.collect::<Vec<_>>().join(" ");
    let mut lines = vec![line(message), format!("  {}", meaning.join("; "))];
    if !told.is_empty() {
        lines.push(format!("  {told}"));
    }
    lines.join("\n")
}

fn line(message: &str) -> String {
    let one_line = harmless(message.trim_end()).replace(['\n', '\t'], " ");
    match one_line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}

fn counted(fact: &Fact<'_>) -> String {
    let counts = serde_json::to_value(fact.counts).unwrap_or_default();
    let names: Vec<_> = counts.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What the line says, as far as it says it.
fn told(fact: &Fact<'_>, source: &Source<'_>) -> Vec<(&'static str, String)> {
    let measures = &fact.measures;
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let number = |value: Option<f64>| value.map(|value| value.to_string());
    let whole = |value: Option<u64>| value.map(|value| value.to_string());
    let members = [
        ("function", function_of(source, fact).map(str::to_owned)),
        ("request_id", text(&fact.request_id)),
        ("trace_id", text(&fact.trace_id)),
        ("correlation_id", text(&fact.correlation_id)),
        ("service", text(&fact.service)),
        ("level", fact.level.map(|level| format!("{level:?}").to_uppercase())),
        ("milestone", text(&fact.milestone)),
        ("status", text(&fact.status)),
        ("error_type", text(&fact.error_type)),
        ("error_message", text(&fact.error_message)),
        ("duration_ms", number(measures.duration_ms)),
        ("billed_ms", number(measures.billed_ms)),
        ("init_ms", number(measures.init_ms)),
        ("restore_ms", number(measures.restore_ms)),
        ("memory_mb", whole(measures.memory_mb)),
        ("max_memory_mb", whole(measures.max_memory_mb)),
        ("timeout_s", number(fact.timeout_s)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
