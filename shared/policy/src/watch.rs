//! What is watched: a condition on the figures of functions.

use lamplight_alerts::Severity;
use lamplight_rollup::FunctionKey;
use serde::Deserialize;

use crate::condition::Condition;
use crate::document::{link, names};
use crate::glob::Glob;

/// Characters of a name.
const NAME: usize = 80;

/// What is looked at together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each function for itself.
    #[default]
    Function,
    /// All functions that fit, added up.
    All,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// The line of its document.
    #[serde(skip)]
    pub line: usize,
    /// What it is called.
    pub name: String,
    /// The functions; all without it.
    pub function: Option<Glob>,
    /// The account; any without it.
    pub account: Option<Glob>,
    /// When it fires.
    pub when: Condition,
    /// What is looked at together.
    #[serde(default)]
    pub each: Each,
    /// How much it matters.
    #[serde(default = "usual")]
    pub severity: Severity,
    /// The receivers by their names; who a route names, or those without a name, if it is empty.
    #[serde(default, deserialize_with = "names")]
    pub to: Vec<String>,
    /// The page that says what to do.
    #[serde(default, deserialize_with = "link")]
    pub runbook: Option<String>,
}

const fn usual() -> Severity {
    Severity::Error
}

impl Watch {
    /// What the parts say that they cannot mean.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_name = !self.name.trim().is_empty() && self.name.chars().count() <= NAME;
        if !is_name || self.name.contains(char::is_control) {
            return Err(format!("a watch has a name of at most {NAME} characters in one line"));
        }
        Ok(())
    }

    /// Whether a function is among those that it watches.
    #[must_use]
    pub fn fits(&self, function: &FunctionKey) -> bool {
        self.function.as_ref().is_none_or(|glob| glob.matches(&function.function))
            && self.account.as_ref().is_none_or(|glob| glob.matches(&function.account))
    }
}
