//! What stands under which key. `CONTRACT` marks the keys that other programs read.

use lamplight_rollup::{Bucket, Fingerprint, FunctionKey};

/// CONTRACT: the rollups of a function.
pub(crate) fn function(key: &FunctionKey) -> String {
    format!("fn#{key}")
}

/// CONTRACT: the sort key of a minute, and of an hour's metrics. When the first item is full, others stand beside it,
/// each at a place of its own.
pub(crate) fn place(bucket: Bucket, place: &str) -> String {
    if place.is_empty() { bucket.to_string() } else { format!("{bucket}#{place}") }
}

/// Reads what [`place`] writes.
pub(crate) fn place_of(sort: &str) -> Option<(Bucket, &str)> {
    match sort.split_once("Z#") {
        Some((_, place)) => Some((Bucket::parse(&sort[..sort.len() - place.len() - 1])?, place)),
        None => Some((Bucket::parse(sort)?, "")),
    }
}

/// CONTRACT: the functions seen; the sort key is the function.
pub(crate) const FUNCTIONS: &str = "functions";

/// CONTRACT: an issue, at the sort key [`ISSUE_ITEM`].
pub(crate) fn issue(fingerprint: Fingerprint) -> String {
    format!("issue#{fingerprint}")
}

/// The sort key of an issue's own item.
pub(crate) const ISSUE_ITEM: &str = "issue";

/// What the sort keys begin with that tell what was done with an issue.
pub(crate) const HISTORY: &str = "history#";

/// The sort key of where an issue's message stands in a channel.
pub(crate) fn thread(channel: &str) -> String {
    format!("thread#{channel}")
}

/// The list of issues; the sort key is the fingerprint.
pub(crate) const ISSUES: &str = "issues";

/// How many issues of a function were new; the sort key is the day. How many metrics it has; the sort key says of which
/// sort and in which month.
pub(crate) fn novelties(key: &FunctionKey) -> String {
    format!("new#{key}")
}

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

/// CONTRACT: what is known of a trace or of a correlation id.
pub(crate) fn trace(trace_id: &str) -> String {
    format!("trace#{trace_id}")
}

/// Reads what [`trace`] writes.
pub(crate) fn trace_of(key: &str) -> Option<&str> {
    key.strip_prefix("trace#")
}

/// What is known of an invocation apart from transactions, at the sort key [`REQUEST_ITEM`]; its transactions are at sort
/// keys that [`trace`] writes.
pub(crate) fn request(request_id: &str) -> String {
    format!("request#{request_id}")
}

/// Reads what [`request`] writes.
pub(crate) fn request_of(pk: &str) -> Option<&str> {
    pk.strip_prefix("request#")
}

/// Failures of a log stream whose lines do not say whose they are; the sort key is the minute's.
pub(crate) fn stream(identity: u64) -> String {
    format!("stream#{identity:016x}")
}

/// Reads what [`stream`] writes.
pub(crate) fn stream_of(pk: &str) -> Option<u64> {
    u64::from_str_radix(pk.strip_prefix("stream#")?, 16).ok()
}

/// The sort key of what is known of an invocation.
pub(crate) const REQUEST_ITEM: &str = "facts";

/// The list of transactions that began in an hour (`hour#…`); the sort key is a hash of the ids that the item names.
pub(crate) fn traces(hour: &str) -> String {
    format!("traces#{hour}")
}

/// The transactions that have a value of a searchable field; the sort key is the trace's id.
pub(crate) fn label(name: &str, value: &str) -> String {
    format!("label#{name}={value}")
}

/// The requests of which a line that names no transaction has a value of a searchable field; the sort key is the request's
/// id.
pub(crate) fn label_of_request(name: &str, value: &str) -> String {
    format!("label-request#{name}={value}")
}

/// What was read of the past of a log group (`<account>/<region>/<name>`); the sort key is `hour#…`.
pub(crate) fn past(log_group: &str) -> String {
    format!("past#{log_group}")
}

/// The policies, at the sort key of the same name.
pub(crate) const POLICIES: &str = "policies";

/// The sort key of policies that were replaced.
pub(crate) fn replaced_policies(version: u64) -> String {
    format!("version#{version:010}")
}

/// Quiet hours in which something is held; the sort key is their name.
pub(crate) const HELD: &str = "held";

/// What is held in quiet hours of this name; the sort key is the alert's id.
pub(crate) fn held(name: &str) -> String {
    format!("held#{name}")
}

/// The days and weeks that people were told of; the sort key is their end.
pub(crate) const SUMMARIES: &str = "summaries";

/// What fires; the sort key is `<watch>#<what it looks at>`.
pub(crate) const FIRING: &str = "firing";

/// The flows that are followed; the sort key is the name.
pub(crate) const FLOWS: &str = "flows";

/// CONTRACT: the figures of a flow (`hour#…`, `day#…`), and its passages.
pub(crate) fn flow(figures: &str) -> String {
    format!("flow#{figures}")
}

/// Reads what [`flow`] writes.
pub(crate) fn flow_of(pk: &str) -> Option<&str> {
    pk.strip_prefix("flow#")
}

/// The sort key of a transaction's passage through a flow.
pub(crate) fn passage(id: &str) -> String {
    format!("passage#{id}")
}

/// Reads what [`passage`] writes.
pub(crate) fn passage_of(sort: &str) -> Option<&str> {
    sort.strip_prefix("passage#")
}

/// What is due; the sort key begins with the time.
pub(crate) fn due(task: &str, partition: u64) -> String {
    format!("due#{task}#{partition}")
}

/// The right to look at transactions, at the sort key of the same name.
pub(crate) const LOOKING: &str = "looking";

/// The sort key, beside the facts of an id, of the mark that it concerns a flow.
pub(crate) const MARK: &str = "flow";

/// The sort key, beside the facts of an id, of the mark that it is tied to too many.
pub(crate) const CUT: &str = "cut";

/// The sort key, beside the facts of an id, of the mark that it is tied to too many by others.
pub(crate) const PARTED: &str = "parted";

/// What metrics are called; the sort key is `<function>#<series>`.
pub(crate) const METRICS: &str = "metrics";

/// CONTRACT: the metrics of a function; the sort key is the hour's, as [`place`] writes it.
pub(crate) fn metrics(function: &FunctionKey) -> String {
    format!("metrics#{function}")
}
