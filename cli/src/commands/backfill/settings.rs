//! How the stack reads and keeps what is logged, by its parameters: the past is treated like what is delivered.

use lamplight_aws::environment::entries;
use lamplight_rollup::ErrorLogs;
use lamplight_table::{Keep, Tuning};

use crate::stack::Stack;

/// How events are read.
#[derive(Debug, Default)]
pub struct Settings {
    /// Whether handled errors raise issues.
    pub error_logs: ErrorLogs,
    /// Members of structured events by whose values transactions can be found.
    pub searchable_fields: Vec<String>,
}

impl Settings {
    /// As the stack reads them.
    pub fn of(stack: &Stack) -> Self {
        let is_off = stack.parameter("ErrorLogs") == Some("off");
        Self {
            error_logs: if is_off { ErrorLogs::Ignore } else { ErrorLogs::Raise },
            searchable_fields: entries(stack.parameter("SearchableFields").unwrap_or_default()),
        }
    }
}

/// How the stack keeps transactions that are read like this.
pub fn tuning(stack: &Stack, settings: &Settings) -> Tuning {
    let is_interesting = stack.parameter("Transactions") == Some("interesting");
    let slow_ms = stack.parameter("SlowTransactionMs").and_then(|given| given.parse().ok());
    let default = Tuning::default();
    Tuning {
        is_searchable: !settings.searchable_fields.is_empty(),
        keep: if is_interesting { Keep::Interesting } else { Keep::All },
        slow_ms: slow_ms.unwrap_or(default.slow_ms),
        ..default
    }
}
