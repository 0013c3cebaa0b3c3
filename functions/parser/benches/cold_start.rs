//! The parser's cold start, memory and work for a small delivery, against a function that does nothing.
//!
//! The work is measured twice: for a delivery that counts something, which is one write to the table, and for one that
//! is read and counts nothing.
//! Both run as release builds against a stand-in of Lambda's Runtime API; the parser's table is an embedded DynamoDB.
//! `cargo bench -p lamplight-parser` prints a row for each; what counts are the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64_simd::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use lamplight_embedded::{Embedded, TABLE};

/// Starts that are measured; the median counts.
const STARTS: usize = 31;

/// Deliveries that the work is measured over.
const DELIVERIES: usize = 2_000;

#[tokio::main]
async fn main() {
    let folder = build();
    let embedded = Embedded::start(0, None).await.unwrap();
    let url = embedded.url();
    // The processes talk to the embedded table, which must not wait for this thread.
    let measured =
        tokio::task::spawn_blocking(move || ["examples/hello", "parser"].map(|name| measure(&folder.join(name), &url)));
    let [hello, parser] = measured.await.unwrap();
    println!("{:>10} {:>16} {:>16} {:>16} {:>8}", "", "start ms", "µs CPU, read", "µs CPU, written", "peak MB");
    for (name, row) in [("nothing", &hello), ("parser", &parser)] {
        let (start, least) = (row.start.as_secs_f64() * 1e3, hello.start.as_secs_f64() * 1e3);
        println!(
            "{name:>10} {start:>9.2} ({:.2}) {:>9.1} ({:.2}) {:>9.1} ({:.2}) {:>8.1}",
            start / least,
            row.read_us,
            row.read_us / hello.read_us,
            row.written_us,
            row.written_us / hello.written_us,
            row.peak_kb as f64 / 1024.0
        );
    }
}

struct Row {
    start: Duration,
    /// Processor time for a delivery that counts nothing.
    read_us: f64,
    /// Processor time for a delivery that is written to the table.
    written_us: f64,
    peak_kb: u64,
}

/// Builds both as they are deployed; the folder of the binaries.
fn build() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--release", "-p", "lamplight-parser", "--bin", "parser", "--example", "hello"])
        .status();
    assert!(built.unwrap().success());
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("release")
}

fn measure(binary: &Path, table: &str) -> Row {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut starts: Vec<_> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let mut process = spawn(binary, &listener, table);
            let _ = Api::accept(&listener);
            let taken = start.elapsed();
            process.kill().unwrap();
            process.wait().unwrap();
            taken
        })
        .collect();
    starts.sort();

    let mut process = spawn(binary, &listener, table);
    let mut api = Api::accept(&listener);
    // The first delivery sets up what later ones use again.
    api.invoke(&delivery("REPORT", 0));
    let mut work = |word: &str| {
        let before = cpu_ns(&process);
        (1..=DELIVERIES).for_each(|i| api.invoke(&delivery(word, i)));
        (cpu_ns(&process) - before) as f64 / 1e3 / DELIVERIES as f64
    };
    let (read_us, written_us) = (work("REPORTED"), work("REPORT"));
    let peak_kb = status(&process, "VmHWM:");
    process.kill().unwrap();
    process.wait().unwrap();
    Row { start: starts[STARTS / 2], read_us, written_us, peak_kb }
}

fn spawn(binary: &Path, api: &TcpListener, table: &str) -> Child {
    Command::new(binary)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "parser")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/parser")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL", table)
        .env("TABLE_NAME", TABLE)
        .env("TOPIC_ARN", "arn:aws:sns:eu-central-1:210987654321:alerts")
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The Runtime API, as one connection of a function sees it.
struct Api {
    reader: BufReader<TcpStream>,
}

impl Api {
    /// Waits until a function asks for work.
    fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut api = Self { reader: BufReader::new(stream) };
        assert!(api.request().contains("/invocation/next"));
        api
    }

    /// Hands work to the function that has asked for it, and waits until it asks again.
    fn invoke(&mut self, payload: &str) {
        let head = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01\r\n\
             Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:210987654321:function:parser\r\n\
             Content-Length: {}\r\n\r\n",
            payload.len()
        );
        self.answer(&(head + payload));
        assert!(self.request().contains("/response"), "the function failed");
        self.answer("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        assert!(self.request().contains("/invocation/next"));
    }

    fn answer(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The request line of the next request, whose body is read and forgotten.
    fn request(&mut self) -> String {
        let mut first = String::new();
        self.reader.read_line(&mut first).unwrap();
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            is_chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
        }
        if is_chunked {
            self.skip_chunks();
        } else {
            std::io::copy(&mut self.reader.by_ref().take(length), &mut std::io::sink()).unwrap();
        }
        first
    }

    fn skip_chunks(&mut self) {
        loop {
            let mut size = String::new();
            self.reader.read_line(&mut size).unwrap();
            let size = u64::from_str_radix(size.trim(), 16).unwrap();
            std::io::copy(&mut self.reader.by_ref().take(size + 2), &mut std::io::sink()).unwrap();
            if size == 0 {
                return;
            }
        }
    }
}

/// A delivery of two invocations, like no other, whose reports begin with this word.
fn delivery(word: &str, number: usize) -> String {
    let report = |i: usize| {
        format!(
            r#"{{"id":"{number}-{i}","timestamp":{},"message":"{word} RequestId: {number}-{i}\tDuration: {}.50 ms\tBilled Duration: {} ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t\n"}}"#,
            1_795_164_432_345 + number as u64 * 1_000,
            number % 90,
            number % 90 + 1,
        )
    };
    let document = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"210987654321","logGroup":"/aws/lambda/shelf","logStream":"s","logEvents":[{},{}]}}"#,
        report(0),
        report(1)
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(document.as_bytes()).unwrap();
    format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode_to_string(encoder.finish().unwrap()))
}

/// Processor time that the threads of a process have used, in nanoseconds.
fn cpu_ns(process: &Child) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let used = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap());
    used.map(|times| times.split(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn status(process: &Child, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
