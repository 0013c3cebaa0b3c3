//! What `redrive` came to.

use crate::commands::redrive::Redriven;

/// What was put through again, and what stays where it is.
pub fn redriven(redriven: &Redriven, is_dry_run: bool) -> String {
    let (deliveries, alerts) = (redriven.deliveries, redriven.alerts);
    let mut lines = if is_dry_run {
        vec![format!("{deliveries} deliveries and {alerts} alerts would be put through again")]
    } else {
        vec![format!("{deliveries} deliveries were counted, {alerts} alerts are on their way again")]
    };
    lines.extend(redriven.left.iter().map(|left| format!("left: {}\n  {}", left.key, left.reason)));
    lines.join("\n")
}
