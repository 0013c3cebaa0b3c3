//! The functions' own log: JSON, as the stack's log format is.

use tracing_subscriber::filter::LevelFilter;

/// Sets up the log of a function. Calling it again changes nothing.
pub fn init() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_max_level(LevelFilter::INFO)
        .finish();
    // Only a second call can fail.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
