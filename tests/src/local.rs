//! `lamplight local`, run beside the test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::binary::{self, Run};
use crate::http;

/// Long enough for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `lamplight local`. It is killed when this is dropped.
#[derive(Debug)]
pub struct Local {
    child: Child,
    /// The endpoint of the table.
    pub table_url: String,
    poster: Poster,
    said: Receiver<String>,
}

/// Where payloads go: outlives the process.
#[derive(Debug, Clone, Default)]
pub struct Poster {
    host: String,
    path: String,
}

/// An answer of the invoke URL.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers by their lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// Type and message of the error that the function failed with, if it did.
    pub fn error(&self) -> Option<(&str, &str)> {
        self.headers.get("x-amz-function-error")?;
        Some((self.body["errorType"].as_str()?, self.body["errorMessage"].as_str()?))
    }
}

impl Local {
    /// Starts on free ports, with these arguments besides, and waits until it says where it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut all = vec!["local", "--port", "0", "--dynamodb-port", "0", "--region", "eu-central-1"];
        all.extend(arguments);
        let mut command = binary::command(all);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (say, said) = channel();
        // Reads on after the start, so that the process is never held up by a full pipe.
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut local = Self { child, table_url: String::new(), poster: Poster::default(), said };
        let table = local.wait_for("table ");
        local.table_url = table.split_whitespace().nth(1).unwrap().to_owned();
        let deliveries = local.wait_for("deliveries ");
        let url = deliveries.rsplit_once("http://").unwrap().1;
        let (host, path) = url.split_once('/').unwrap();
        local.poster = Poster { host: host.to_owned(), path: format!("/{path}") };
        local
    }

    /// Waits for a line on standard error that begins like this.
    pub fn wait_for(&self, start: &str) -> String {
        loop {
            let line = self.said.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no line {start}…: {error}"));
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Hands the parser a payload.
    pub fn invoke(&self, payload: &Value) -> Answer {
        self.post(payload.to_string().as_bytes())
    }

    /// Hands the parser any bytes.
    pub fn post(&self, body: &[u8]) -> Answer {
        self.poster.post(body).unwrap()
    }

    /// Where payloads go.
    pub fn poster(&self) -> Poster {
        self.poster.clone()
    }

    /// Ends it without any warning.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Runs a reading command on its table, with JSON for output.
    pub fn read(&self, arguments: &[&str]) -> Run {
        let table = ["--endpoint-url", &self.table_url, "--table", "lamplight", "--output", "json"];
        binary::run(arguments.iter().chain(&table))
    }
}

impl Poster {
    /// Hands the parser any bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with the connection, such as that the process has ended.
    pub fn post(&self, body: &[u8]) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (path, host) = (&self.path, &self.host);
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )?;
        stream.write_all(body)?;
        let message = http::read(stream)?;
        Ok(Answer {
            status: message.start.split(' ').nth(1).and_then(|digits| digits.parse().ok()).unwrap_or(0),
            headers: message.headers,
            body: serde_json::from_slice(&message.body).unwrap_or(Value::Null),
        })
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
