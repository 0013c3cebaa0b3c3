//! What can go wrong: one line that says what failed and what to do.

use std::path::PathBuf;

use lamplight_embedded::EmbeddedError;
use lamplight_keeper::KeeperError;
use lamplight_parser::ParserError;
use lamplight_table::TableError;

use crate::account::Refusal;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file or folder cannot be read.
    #[error("{}: {reason}", path.display())]
    Input {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The result cannot be written.
    #[error("the result cannot be written: {0}")]
    Output(#[source] std::io::Error),
    /// The result cannot be put into JSON.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The program's own machinery cannot be started.
    #[error("the runtime cannot be started: {0}")]
    Runtime(#[source] std::io::Error),
    /// The table of the stack was not found.
    #[error("{0}")]
    NoTable(String),
    /// The table could not be read.
    #[error("{0}; check the region, the credentials and the name of the table")]
    Table(#[from] TableError),
    /// The stack was not found, or is not as this program needs it.
    #[error("{0}")]
    Stack(String),
    /// AWS refused something.
    #[error("{0}")]
    Refused(Refusal),
    /// The arguments cannot be used together.
    #[error("{0}")]
    Argument(String),
    /// Something was left undone; what it was has been said.
    #[error("{0}")]
    Undone(String),
    /// What was asked for is not in the table.
    #[error("{0}")]
    NotFound(String),
    /// The embedded table cannot be started.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// A port cannot be listened on.
    #[error("cannot listen on 127.0.0.1:{port}: {reason}; name another port with --port")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        reason: String,
    },
    /// The pipeline failed.
    #[error(transparent)]
    Parser(#[from] ParserError),
    /// The keeper failed.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
}

impl CliError {
    /// The exit status: 2 for input that cannot be used, 1 for work that failed.
    pub const fn status(&self) -> u8 {
        match self {
            Self::Input { .. } | Self::Argument(_) => 2,
            _ => 1,
        }
    }
}
