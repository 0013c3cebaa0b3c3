//! What a doctor finds.

use super::grid::harmless;
use crate::commands::doctor::{Finding, Findings, Severity};

/// Things that are named for a finding; the JSON form names all.
const NAMED: usize = 5;

/// Each finding with what it is about and what mends it, and the sums below.
pub fn findings(findings: &Findings) -> String {
    let mut lines: Vec<_> = findings.findings.iter().map(finding).collect();
    let (errors, warnings) = (findings.count(Severity::Error), findings.count(Severity::Warning));
    lines.push(format!("\n{errors} errors, {warnings} warnings"));
    lines.join("\n")
}

fn finding(finding: &Finding) -> String {
    let mut lines = vec![format!("{:8} {}", finding.severity.name(), finding.what)];
    lines.extend(finding.about.iter().take(NAMED).map(|thing| format!("           - {thing}")));
    if finding.about.len() > NAMED {
        lines.push(format!("           - and {} more; --output json names them", finding.about.len() - NAMED));
    }
    lines.extend(finding.mend.iter().map(|command| format!("         to mend it: {command}")));
    harmless(&lines.join("\n"))
}
