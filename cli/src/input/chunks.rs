//! A file in chunks of whole lines.

use std::io::{BufRead, Read};
use std::path::Path;

use memchr::memchr_iter;

use crate::error::CliError;

/// Bytes of a line; a longer one is refused.
const LINE_BYTES: u64 = 64 << 20;

/// Reads a file chunk by chunk.
pub struct Chunks<'p> {
    path: &'p Path,
    reader: Box<dyn BufRead>,
    next_line: usize,
}

impl<'p> Chunks<'p> {
    /// The chunks of what `reader` reads.
    pub fn new(path: &'p Path, reader: Box<dyn BufRead>) -> Self {
        Self { path, reader, next_line: 1 }
    }

    /// The next chunk and the number of its first line; nothing at the end. It is what can be read at once: who writes
    /// into a pipe line by line is read line by line.
    pub fn next(&mut self) -> Result<Option<(usize, Vec<u8>)>, CliError> {
        let available = self.reader.fill_buf().map(<[u8]>::to_vec);
        let mut chunk = available.map_err(|error| self.failed(&error.to_string()))?;
        self.reader.consume(chunk.len());
        if chunk.is_empty() {
            return Ok(None);
        }
        if chunk.last() != Some(&b'\n') {
            let rest = (&mut self.reader).take(LINE_BYTES).read_until(b'\n', &mut chunk);
            let rest = rest.map_err(|error| self.failed(&error.to_string()))?;
            if rest as u64 == LINE_BYTES {
                return Err(self.failed(&format!("a line has more than {LINE_BYTES} bytes")));
            }
        }
        let number = self.next_line;
        self.next_line += memchr_iter(b'\n', &chunk).count();
        Ok(Some((number, chunk)))
    }

    /// Reads all that is left.
    pub fn read_rest(&mut self, whole: &mut Vec<u8>) -> Result<(), CliError> {
        self.reader.read_to_end(whole).map(drop).map_err(|error| self.failed(&error.to_string()))
    }

    fn failed(&self, reason: &str) -> CliError {
        CliError::Input { path: self.path.to_owned(), reason: reason.to_owned() }
    }
}
