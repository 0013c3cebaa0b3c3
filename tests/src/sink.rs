//! An HTTP server that answers as a test says, and hands over what it is sent.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::Value;

use crate::http;

/// How the sink answers: a status, further header lines, and a body.
pub type Reply = (u16, &'static str, &'static str);

/// As Slack answers when it has taken a message.
pub const OK: Reply = (200, "", "ok");

/// A running server. Its thread ends with the test.
#[derive(Debug)]
pub struct Sink {
    /// Where it takes messages.
    pub url: String,
    posts: Receiver<Request>,
}

/// What the sink was sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// The headers by their lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Sink {
    /// Starts one that gives these answers, and after them [`OK`].
    pub fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/services/T0/B0/hook", listener.local_addr().unwrap());
        let mut replies: VecDeque<_> = replies.iter().copied().collect();
        let (send, posts) = channel();
        std::thread::spawn(move || serve(&listener, &mut replies, &send));
        Self { url, posts }
    }

    /// The messages that came since the last call. Whoever posted them has had its answer.
    pub fn taken(&self) -> Vec<Value> {
        let requests = self.requests();
        requests.iter().map(|request| serde_json::from_str(&request.body).unwrap_or(Value::Null)).collect()
    }

    /// The same with their headers.
    pub fn requests(&self) -> Vec<Request> {
        self.posts.try_iter().collect()
    }
}

fn serve(listener: &TcpListener, replies: &mut VecDeque<Reply>, posts: &Sender<Request>) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let Ok(message) = http::read(&stream) else { continue };
        let body = String::from_utf8_lossy(&message.body).into_owned();
        let request = Request { headers: message.headers, body };
        let (status, headers, text) = replies.pop_front().unwrap_or(OK);
        // Before the answer: who has it can rely on the message being there. A test that has ended takes none.
        if posts.send(request).is_err() {
            return;
        }
        let length = text.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{text}"
        );
    }
}
