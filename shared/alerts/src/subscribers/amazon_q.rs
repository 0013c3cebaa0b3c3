//! The custom notifications of Amazon Q Developer in chat applications, which drops any other message that it does not
//! know.
//!
//! Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications".

use serde_json::{Value, json};

use crate::brief::Brief;
use crate::notice::Notice;
use crate::readable::cut;
use crate::slack::escape;

/// Characters of a title.
const TITLE: usize = 250;

/// Characters of a summary.
const SUMMARY: usize = 300;

/// The custom notification of a notice. What belongs to one issue has one thread.
pub(super) fn custom_notification(notice: &Notice, brief: &Brief) -> Value {
    let mut metadata = json!({"summary": cut(&escape(&brief.line), SUMMARY)});
    if let Notice::Alert(alert) = notice {
        let issue = &alert.issue;
        metadata["threadId"] = json!(issue.fingerprint);
        metadata["eventType"] = json!(issue.kind.name());
        metadata["additionalContext"] = json!({
            "function": issue.function, "account": issue.account, "region": issue.region,
            "severity": alert.severity.name(), "issue": issue.fingerprint});
    }
    let next: Vec<_> = brief.issue.iter().map(|issue| format!("lamplight issue {}", escape(issue))).collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": cut(&escape(&format!("{} {}", brief.icon, brief.lead)), TITLE),
            "description": description(brief),
            "nextSteps": next,
        },
        "metadata": metadata,
    })
}

/// The text below the title; it is required, so that a brief that has none says its lead again.
fn description(brief: &Brief) -> String {
    let facts = brief.facts.iter().map(|(label, value)| format!("{label}: {}", escape(value)));
    let links = brief.links.iter().map(|(label, url)| format!("<{url}|{label}>"));
    let parts = [
        brief.title.as_deref().map(escape),
        brief.said.as_deref().map(escape),
        Some(facts.collect::<Vec<_>>().join("\n")),
        brief.excerpt.as_deref().map(|excerpt| format!("```\n{}\n```", escape(excerpt))),
        Some(links.collect::<Vec<_>>().join(" · ")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { escape(&brief.lead) } else { parts.join("\n\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::tests::alert;

    #[test]
    fn an_alert_has_a_thread_for_its_issue() {
        let notice = Notice::Alert(Box::new(alert("mailer", "panic: no <!channel>")));
        let notification = custom_notification(&notice, &Brief::of(&notice));
        assert_eq!((&notification["version"], &notification["source"]), (&json!("1.0"), &json!("custom")));
        assert_eq!(notification["metadata"]["eventType"], "crash");
        assert_eq!(notification["metadata"]["threadId"], notification["metadata"]["additionalContext"]["issue"]);
        let description = notification["content"]["description"].as_str().unwrap();
        assert!(description.contains("no &lt;!channel&gt;") && !description.contains("<!channel>"), "{description}");
        assert!(description.contains("|Log lines>"), "{description}");
    }

    #[test]
    fn any_message_has_a_description() {
        for notice in [Notice::of(Some("harbour"), ""), Notice::of(None, "the crane is down")] {
            let notification = custom_notification(&notice, &Brief::of(&notice));
            assert_ne!(notification["content"]["description"], "", "{notice:?}");
        }
    }
}
