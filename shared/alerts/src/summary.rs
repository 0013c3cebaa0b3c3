//! A summary of a day or a week, as it travels over SNS.

use serde::{Deserialize, Serialize};

use crate::alert::VERSION;
use crate::watch::Unit;

/// What a day or a week was like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryAlert {
    /// The version of this form: marks the message as Lamplight's.
    pub lamplight: u32,
    /// Its identity, the same in every attempt to send it.
    pub alert_id: String,
    /// What it was like.
    pub summary: Summary,
}

/// What a period was like, beside the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How long it was: `day` or `week`.
    pub every: String,
    /// When it began.
    pub from: String,
    /// When it ended.
    pub until: String,
    /// All functions together.
    pub total: Total,
    /// All functions together in the period before.
    pub before: Total,
    /// How many issues nobody had seen before.
    pub new: usize,
    /// How many issues came back.
    pub regressed: usize,
    /// How many issues escalated.
    pub escalated: usize,
    /// How many issues were resolved.
    pub resolved: usize,
    /// The most frequent issues, the most frequent first.
    pub issues: Vec<Frequent>,
    /// Functions that have become slower, those first that it cost the most time.
    pub slower: Vec<Slower>,
    /// The receivers by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

/// What functions did together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Invocations that ended.
    pub invocations: u64,
    /// Invocations that failed.
    pub failed: u64,
    /// What it cost, at the price of x86_64; absent where no price is in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// A frequent issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequent {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is called.
    pub title: String,
    /// The function that fails.
    pub function: String,
    /// How often it occurred.
    pub count: u64,
}

/// A function that has become slower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slower {
    /// Its name.
    pub function: String,
    /// The duration below which 95 of a hundred invocations stayed, in milliseconds.
    pub p95_ms: f64,
    /// The same in the period before.
    pub before_ms: f64,
}

impl SummaryAlert {
    /// The message of a summary.
    #[must_use]
    pub fn new(alert_id: &str, summary: Summary) -> Self {
        Self { lamplight: VERSION, alert_id: alert_id.to_owned(), summary }
    }

    /// Reads a message; nothing if it is not of this form.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str::<Self>(message).ok().filter(|alert| alert.lamplight == VERSION)
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Summary {
    /// What happened, each with the period before.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let beside = |now: String, before: String| format!("{now}, before {before}");
        let (total, before) = (self.total, self.before);
        let cost =
            |total: Total| total.cost_usd.map_or_else(|| "unknown".to_owned(), |usd| Unit::UsDollars.rounded(usd));
        vec![
            ("Invocations", beside(total.invocations.to_string(), before.invocations.to_string())),
            ("Failed", beside(total.failed.to_string(), before.failed.to_string())),
            ("Cost", beside(cost(total), cost(before))),
            (
                "Issues",
                format!(
                    "{} new, {} back, {} escalated, {} resolved",
                    self.new, self.regressed, self.escalated, self.resolved
                ),
            ),
        ]
    }

    /// What broke most and what has become slower, line by line.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut lines = Vec::new();
        let often = |count| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        if !self.issues.is_empty() {
            lines.push("Most frequent:".to_owned());
        }
        lines.extend(
            self.issues.iter().map(|issue| format!("• {} in {}, {}", issue.title, issue.function, often(issue.count))),
        );
        if !self.slower.is_empty() {
            lines.push("Slower (p95):".to_owned());
        }
        let shown = |ms| Unit::Milliseconds.rounded(ms);
        lines.extend(
            self.slower
                .iter()
                .map(|slow| format!("• {}: {}, before {}", slow.function, shown(slow.p95_ms), shown(slow.before_ms))),
        );
        lines.join("\n")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::brief::Brief;
    use crate::notice::Notice;

    /// A summary of a day in which a function of this name failed.
    pub(crate) fn summary(function: &str) -> SummaryAlert {
        let total = Total { invocations: 1_000, failed: 12, cost_usd: Some(1.5) };
        let issue = Frequent {
            fingerprint: "147fd3dbed0df870".to_owned(),
            title: "Task timed out".to_owned(),
            function: function.to_owned(),
            count: 12,
        };
        let summary = Summary {
            every: "day".to_owned(),
            from: "2026-11-19T08:00:00.000Z".to_owned(),
            until: "2026-11-20T08:00:00.000Z".to_owned(),
            total,
            before: Total { failed: 0, cost_usd: None, ..total },
            new: 1,
            regressed: 0,
            escalated: 1,
            resolved: 2,
            issues: vec![issue],
            slower: vec![Slower { function: function.to_owned(), p95_ms: 2_400.0, before_ms: 850.0 }],
            to: vec![],
        };
        SummaryAlert::new("summary-19a", summary)
    }

    #[test]
    fn a_summary_goes_there_and_back_and_says_what_broke_what_it_cost_and_what_got_slower() {
        let alert = summary("mailer");
        assert_eq!(SummaryAlert::parse(&alert.to_json()), Some(alert.clone()));
        let brief = Brief::of(&Notice::Summary(Box::new(alert)));
        assert_eq!(brief.lead, "Summary of the day until 2026-11-20 08:00:00 UTC");
        assert_eq!(brief.facts[2], ("Cost", "$1.50, before unknown".to_owned()));
        assert_eq!(brief.facts[3].1, "1 new, 0 back, 1 escalated, 2 resolved");
        let expected =
            "Most frequent:\n• Task timed out in mailer, 12 times\nSlower (p95):\n• mailer: 2.4 s, before 850 ms";
        assert_eq!(brief.said.as_deref(), Some(expected));
    }
}
