//! An HTTP server that answers as a test says, and hands over what it is sent.

use std::collections::VecDeque;
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
    posts: Receiver<Value>,
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
        self.posts.try_iter().collect()
    }
}

fn serve(listener: &TcpListener, replies: &mut VecDeque<Reply>, posts: &Sender<Value>) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let Ok(message) = http::read(&stream) else { continue };
        let body = serde_json::from_slice(&message.body).unwrap_or(Value::Null);
        let (status, headers, text) = replies.pop_front().unwrap_or(OK);
        // Before the answer: who has it can rely on the message being there. A test that has ended takes none.
        if posts.send(body).is_err() {
            return;
        }
        let length = text.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{text}"
        );
    }
}
