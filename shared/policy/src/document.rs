//! All policies of a stack, read from TOML.

use std::collections::{BTreeSet, HashSet};

use lamplight_alerts::links::is_page;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::route::{Decision, Route, Subject};
use crate::summary::Summary;
use crate::watch::Watch;

/// Bytes of a document: far below what an item of the table takes, of which it needs two.
const LONGEST: usize = 64 << 10;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PolicyError {
    /// The line, the first of which is 1.
    pub line: usize,
    /// What is wrong with it and what may stand there.
    pub reason: String,
}

/// All policies. Without any, everybody is told of everything at once, and nothing is watched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Who is told of what. The first that fits decides.
    pub routes: Vec<Route>,
    /// What is watched.
    pub watches: Vec<Watch>,
    /// Whether there is a summary, and when.
    pub summary: Option<Summary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[serde(default)]
    route: Vec<Spanned<Route>>,
    #[serde(default)]
    watch: Vec<Spanned<Watch>>,
    summary: Option<Summary>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], with the first line that cannot be used.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LONGEST {
            return Err(PolicyError { line: 1, reason: format!("the file is longer than {} KB", LONGEST >> 10) });
        }
        let tables: Tables = toml::from_str(text).map_err(|error| PolicyError {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            reason: error.message().replace('\n', ", "),
        })?;
        let mut names = HashSet::new();
        let mut document = Self { summary: tables.summary, ..Self::default() };
        for table in tables.route {
            let line = line_of(text, table.span().start);
            let mut route = table.into_inner();
            route.line = line;
            route.check().map_err(|reason| PolicyError { line, reason })?;
            document.routes.push(route);
        }
        for table in tables.watch {
            let line = line_of(text, table.span().start);
            let mut watch = table.into_inner();
            watch.line = line;
            watch.check().map_err(|reason| PolicyError { line, reason })?;
            if !names.insert(watch.name.clone()) {
                let reason = format!("another watch has the name `{}`; give each its own", watch.name);
                return Err(PolicyError { line, reason });
            }
            document.watches.push(watch);
        }
        Ok(document)
    }

    /// The names of the receivers that something is sent to.
    #[must_use]
    pub fn receivers(&self) -> BTreeSet<&str> {
        let routes = self.routes.iter().flat_map(|route| &route.to);
        let watches = self.watches.iter().flat_map(|watch| &watch.to);
        let summary = self.summary.iter().flat_map(|summary| &summary.to);
        routes.chain(watches).chain(summary).map(String::as_str).collect()
    }

    /// What is done at a time with what is to be told.
    #[must_use]
    pub fn decide(&self, subject: &Subject<'_>, now_ms: i64) -> Decision<'_> {
        let route = self.routes.iter().find(|route| route.fits(subject));
        route.map_or_else(Decision::default, |route| route.decide(subject, now_ms))
    }
}

/// The line in which a position of the text stands.
fn line_of(text: &str, position: usize) -> usize {
    let before = text.as_bytes().get(..position).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Names of receivers.
pub(crate) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    match names.iter().find(|name| !is_name(name)) {
        None => Ok(names),
        Some(odd) => Err(serde::de::Error::custom(format!(
            "`{odd}` is no name of a receiver: it has letters, digits, `-` and `_`"
        ))),
    }
}

/// Whether a receiver may be called like this.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A page that people are sent to.
pub(crate) fn link<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let url = String::deserialize(deserializer)?;
    if !is_page(&url) {
        return Err(serde::de::Error::custom(
            "a runbook is a URL that begins with https://, of at most 1,000 characters of ASCII without spaces",
        ));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_a_document_that_changes_nothing() {
        assert_eq!(Document::parse("# nothing yet\n"), Ok(Document::default()));
    }

    #[test]
    fn the_example_of_the_page_can_be_used() {
        let file = include_str!("../../../docs/policies.toml");
        assert!(include_str!("../../../docs/policies.md").contains(&format!("```toml\n{file}```")));
        let document = Document::parse(file).unwrap();
        assert_eq!((document.routes.len(), document.watches.len(), document.summary.is_some()), (3, 6, true));
    }

    #[test]
    fn what_cannot_be_used_is_said_with_its_line() {
        for (text, line, words) in [
            ("[[route]]\nfunktion = \"x\"", 2, "unknown field `funktion`, expected one of `function`"),
            ("\n[[route]]\nnotify = \"never\"\nto = [\"a\"]", 2, "`never`"),
            ("[[route]]\n\nto = [\"a b\"]", 3, "`a b` is no name"),
            ("[[route]]\nkind = [\"timeot\"]", 2, "`timeot` is no kind"),
            ("[[route]]\nseverity = [\"bad\"]", 2, "expected one of `warning`, `error`, `critical`"),
            ("[[route]]\nrunbook = \"wiki\"", 2, "https://"),
            ("[[watch]]\nname = \"a\"", 1, "missing field `when`"),
            ("[[watch]]\nname = \"a\"\nwhen = \"eror > 5\"", 3, "no metric `eror`"),
            (
                "[[watch]]\nname = \"a\"\nwhen = \"cost > $5\"\n[[watch]]\nname = \"a\"\nwhen = \"cost > $6\"",
                4,
                "another",
            ),
            ("[[watch]]\nname = \"\"\nwhen = \"cost > $5\"", 1, "name"),
            ("route = 1", 1, "invalid type"),
            ("[[route]\n", 1, ""),
        ] {
            let said = complaint(text);
            assert!(said.starts_with(&format!("line {line}: ")) && said.contains(words), "{text}: {said}");
            assert!(!said.contains('\n'), "{said}");
        }
        assert!(complaint(&"#".repeat(LONGEST + 1)).contains("64 KB"));
    }
}
