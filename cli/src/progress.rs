//! A progress bar on standard error, for what takes a while. Nothing is shown where standard error is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how many bytes of how many have been read.
pub fn bar(total_bytes: u64) -> ProgressBar {
    drawn(total_bytes, "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
}

/// Shows how many log groups of how many are done.
pub fn log_groups(total: usize) -> ProgressBar {
    drawn(total as u64, "{bar:30} {pos} of {len} log groups, {eta} left")
}

/// Shows how many hours of log groups have been read, and what is being read.
pub fn hours(total: usize) -> ProgressBar {
    drawn(total as u64, "{bar:30} {pos} of {len} hours, {eta} left, {wide_msg}")
}

fn drawn(total: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
