//! How a table looks: no lines, numbers to the right, red where something failed.

use std::fmt;

use comfy_table::{Attribute, CellAlignment, Color, ContentArrangement, Table, presets};

use crate::output::is_coloured;

/// One value of a table.
pub struct Cell {
    text: String,
    is_number: bool,
    is_bad: bool,
}

impl Cell {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self { text: harmless(text), is_number: false, is_bad: false }
    }

    /// A text that tells of a failure.
    pub fn bad(text: &str) -> Self {
        Self { is_bad: true, ..Self::text(text) }
    }

    /// A number.
    pub fn number(value: impl fmt::Display) -> Self {
        Self { text: value.to_string(), is_number: true, is_bad: false }
    }

    /// A number that is bad unless it is zero, which is not worth reading.
    pub fn alarming(value: u64) -> Self {
        if value == 0 { Self::number("·") } else { Self { is_bad: true, ..Self::number(value) } }
    }

    /// A number that may not be known.
    pub fn maybe(value: Option<String>) -> Self {
        Self::number(value.unwrap_or_default())
    }
}

/// A table.
pub struct Grid(Table);

impl Grid {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if is_coloured() {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let header = columns.iter().map(|column| {
            let cell = comfy_table::Cell::new(column);
            if is_coloured() { cell.add_attribute(Attribute::Dim) } else { cell }
        });
        table.set_header(header.collect::<Vec<_>>());
        Self(table)
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        let cells = cells.into_iter().map(|cell| {
            let alignment = if cell.is_number { CellAlignment::Right } else { CellAlignment::Left };
            let shown = comfy_table::Cell::new(cell.text).set_alignment(alignment);
            if cell.is_bad && is_coloured() { shown.fg(Color::Red) } else { shown }
        });
        self.0.add_row(cells.collect::<Vec<_>>());
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.trim_fmt())
    }
}

/// A text without what a terminal would act on.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
