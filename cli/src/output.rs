//! Standard output for the result, standard error for everything else.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::arguments::Colour;
use crate::error::CliError;

static COLOURED: AtomicBool = AtomicBool::new(false);

/// Decides whether output is coloured.
pub fn set_colour(colour: Colour) {
    let wanted = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    COLOURED.store(wanted, Ordering::Relaxed);
}

/// Whether output is coloured.
pub fn is_coloured() -> bool {
    COLOURED.load(Ordering::Relaxed)
}

/// Prints a line of the result.
pub fn print(line: impl Display) -> Result<(), CliError> {
    writeln!(stdout().lock(), "{line}").map_err(CliError::Output)
}

/// Prints the result as JSON: indented for people, on one line for programs.
pub fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = if stdout().is_terminal() { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    print(text?)
}

/// Says on standard error what went wrong. There is nobody to tell if that fails.
pub fn complain(text: &str) {
    let _ = writeln!(stderr().lock(), "lamplight: {text}");
}

/// Says something on standard error that is not the result.
pub fn note(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}
