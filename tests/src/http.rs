//! As much of HTTP/1.1 as tests need: one message a connection.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

/// The start line, the headers by their lower-case names, and the body.
pub(crate) struct Message {
    pub(crate) start: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// Reads one message whose length its header tells.
pub(crate) fn read(stream: impl Read) -> Result<Message> {
    let mut reader = BufReader::new(stream);
    let start = line(&mut reader)?;
    let mut headers = BTreeMap::new();
    loop {
        let header = line(&mut reader)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|digits| digits.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Message { start, headers, body })
}

/// A line without its end; one that was cut off is an error.
fn line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(Error::new(ErrorKind::UnexpectedEof, "the message is cut")),
    }
}
