//! An HTTP server that behaves as a test says, and hands over what it is sent.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};

use crate::http;

/// How the sink answers: a status, further header lines, and a body.
pub type Reply = (u16, &'static str, &'static str);

/// As Slack answers when it has taken a message.
pub const OK: Reply = (200, "", "ok");

/// What the sink does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It answers.
    Answers(Reply),
    /// It never answers.
    Hangs,
    /// It closes the connection without an answer.
    Closes,
}

/// Whose answers the sink gives where a test does not say which.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A webhook's.
    Webhook,
    /// Those of Slack's methods: each new message has a name of its own.
    Methods,
}

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
    /// The path that it was sent to.
    pub path: String,
    /// The headers by their lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Request {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Sink {
    /// Starts a webhook that gives these answers, and after them [`OK`].
    pub fn start(replies: &[Reply]) -> Self {
        let behaviours: Vec<_> = replies.iter().copied().map(Behaviour::Answers).collect();
        Self::behaving(&behaviours)
    }

    /// Starts a webhook that behaves like this, and after that answers [`OK`].
    pub fn behaving(behaviours: &[Behaviour]) -> Self {
        Self::of(Kind::Webhook, "/services/T0/B0/hook", behaviours)
    }

    /// Starts what stands for Slack's methods. It behaves like this, and after that does what it is asked: the first
    /// message is called `1.0`, the second `2.0` and so on.
    pub fn methods(behaviours: &[Behaviour]) -> Self {
        Self::of(Kind::Methods, "/api", behaviours)
    }

    fn of(kind: Kind, path: &str, behaviours: &[Behaviour]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let behaviours: VecDeque<_> = behaviours.iter().copied().collect();
        let (send, posts) = channel();
        std::thread::spawn(move || serve(&listener, kind, behaviours, &send));
        Self { url, posts }
    }

    /// The messages that came since the last call. Whoever posted them has had its answer.
    pub fn taken(&self) -> Vec<Value> {
        self.requests().iter().map(Request::json).collect()
    }

    /// The same with their headers.
    pub fn requests(&self) -> Vec<Request> {
        self.posts.try_iter().collect()
    }
}

fn serve(listener: &TcpListener, kind: Kind, mut behaviours: VecDeque<Behaviour>, posts: &Sender<Request>) {
    let mut hanging = Vec::new();
    let mut messages = 0;
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let Ok(message) = http::read(&stream) else { continue };
        let path = message.start.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(&message.body).into_owned();
        let request = Request { path, headers: message.headers, body };
        let usual = match kind {
            Kind::Webhook => OK.2.to_owned(),
            Kind::Methods => done(&request, &mut messages),
        };
        // Before the answer: who has it can rely on the message being there. A test that has ended takes none.
        if posts.send(request).is_err() {
            return;
        }
        match behaviours.pop_front() {
            Some(Behaviour::Hangs) => hanging.push(stream),
            Some(Behaviour::Closes) => drop(stream),
            Some(Behaviour::Answers((status, headers, text))) => answer(stream, status, headers, text),
            None => answer(stream, 200, "", &usual),
        }
    }
}

/// As Slack answers when it has done what it was asked.
fn done(request: &Request, messages: &mut usize) -> String {
    let body = request.json();
    let name = match request.path.ends_with("chat.postMessage") {
        true => {
            *messages += 1;
            json!(format!("{messages}.0"))
        }
        false => body["ts"].clone(),
    };
    json!({"ok": true, "channel": body["channel"], "ts": name}).to_string()
}

fn answer(mut stream: TcpStream, status: u16, headers: &str, text: &str) {
    let length = text.len();
    let _ =
        write!(stream, "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{text}");
}
