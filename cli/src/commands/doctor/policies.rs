//! Whether what the policies say can be done.

use std::collections::BTreeSet;

use lamplight_notifier::place::name_and_form;
use lamplight_policy::Document;
use lamplight_table::Policies;

use super::Finding;
use crate::stack::Stack;

const CHECK: &str = "policies";

/// What follows for the policies, given what names the receivers, one a line, if that could be read.
pub async fn finding(stack: &Stack, receivers: Option<&str>) -> Finding {
    let table = match stack.table() {
        Ok(table) => table,
        Err(error) => return Finding::failed(CHECK, &error),
    };
    match table.policies().await {
        Ok(policies) => of_policies(policies.as_ref(), receivers, stack),
        Err(error) => Finding::failed(CHECK, &error.into()),
    }
}

fn of_policies(policies: Option<&Policies>, receivers: Option<&str>, stack: &Stack) -> Finding {
    let Some(Policies { text, version, .. }) = policies else {
        return Finding::ok(CHECK, "there are none: everybody is told of everything at once");
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let what =
                format!("version {version} cannot be read, so that everybody is told and nothing is watched: {error}");
            return Finding::error(CHECK, what).mended_by(stack.command("policy show"));
        }
    };
    let unknown = receivers.map(|receivers| unknown(&document, receivers)).unwrap_or_default();
    if unknown.is_empty() {
        return Finding::ok(CHECK, format!("version {version} is in force"));
    }
    Finding::warning(CHECK, "they send to receivers that there are not; those without a name are told instead")
        .about(unknown)
        .mended_by(stack.command("policy show"))
}

/// The names that something is sent to and that no line has.
fn unknown(document: &Document, receivers: &str) -> Vec<String> {
    let known: BTreeSet<_> = receivers.lines().filter_map(|line| name_and_form(line.trim()).0).collect();
    document.receivers().into_iter().filter(|name| !known.contains(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_line_has_is_found() {
        let document = Document::parse(
            "[[route]]\nto = [\"payments\", \"on-call\"]\n[[watch]]\nname = \"w\"\nwhen = \"errors > 5 %\"\nto = [\"ops\"]\n",
        )
        .unwrap();
        let receivers = "https://hooks.slack.com/x\n on-call = pagerduty:0123\npayments=https://hooks.slack.com/y\n";
        assert_eq!(unknown(&document, receivers), ["ops"]);
        assert_eq!(unknown(&Document::default(), receivers), [""; 0]);
    }
}
