//! What stands under which key. `CONTRACT` marks the keys that other programs read.

use lamplight_rollup::{Fingerprint, FunctionKey};

/// CONTRACT: the rollups of a function.
pub(crate) fn function(key: &FunctionKey) -> String {
    format!("fn#{key}")
}

/// CONTRACT: the functions seen; the sort key is the function.
pub(crate) const FUNCTIONS: &str = "functions";

/// CONTRACT: an issue, at the sort key [`ISSUE_ITEM`].
pub(crate) fn issue(fingerprint: Fingerprint) -> String {
    format!("issue#{fingerprint}")
}

/// The sort key of an issue's own item.
pub(crate) const ISSUE_ITEM: &str = "issue";

/// The list of issues; the sort key is the fingerprint.
pub(crate) const ISSUES: &str = "issues";

/// Alerts that are claimed and not known to be published; the sort key is the alert's id.
pub(crate) const UNSENT: &str = "unsent";

/// An alert that was posted, at the sort key [`POSTED_ITEM`].
pub(crate) fn alert(alert_id: &str) -> String {
    format!("alert#{alert_id}")
}

/// The sort key of a posted alert.
pub(crate) const POSTED_ITEM: &str = "posted";

/// Hours to be rolled up; the sort key is `<function>#hour#…`.
pub(crate) const PENDING: &str = "pending";

/// CONTRACT: the members of a transaction.
pub(crate) fn trace(trace_id: &str) -> String {
    format!("trace#{trace_id}")
}

/// The list of transactions that appeared in an hour (`hour#…`); the sort key is the trace's id.
pub(crate) fn traces(hour: &str) -> String {
    format!("traces#{hour}")
}
