//! `lamplight analyze` over a gigabyte of events, one a line as JSON, against reading the same file and parsing each
//! line as JSON, and nothing more.
//!
//! `cargo bench -p lamplight` prints throughput and the most memory that was used.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

/// Bytes of the file.
const SIZE: u64 = 1_000_000_000;

/// How often the memory of the process is looked at.
const LOOK: Duration = Duration::from_millis(20);

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let (events, bytes) = generate(&path);
    let megabytes = bytes as f64 / 1e6;
    println!("{events} events, {megabytes:.0} MB, {} threads", std::thread::available_parallelism().unwrap());
    let (analyzed, peak_kb) = analyze(&path);
    let parsed = parse(&path);
    let rate = |taken: Duration| megabytes / taken.as_secs_f64();
    println!("analyze        {:>6.0} MB/s, at most {:.0} MB of memory", rate(analyzed), peak_kb as f64 / 1024.0);
    println!(
        "parsing alone  {:>6.0} MB/s on one thread: analyze takes {:.2} times as long",
        rate(parsed),
        analyzed.as_secs_f64() / parsed.as_secs_f64()
    );
}

/// How long the analysis takes, and the most memory that it uses.
fn analyze(path: &Path) -> (Duration, u64) {
    let start = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_lamplight"))
        .args(["analyze", "--output", "json"])
        .arg(path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak_kb = 0;
    while process.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak_kb = peak_kb.max(peak.unwrap_or(0));
        std::thread::sleep(LOOK);
    }
    (start.elapsed(), peak_kb)
}

fn parse(path: &Path) -> Duration {
    let start = Instant::now();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).unwrap());
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        black_box(serde_json::from_slice::<serde::de::IgnoredAny>(&line).unwrap());
        line.clear();
    }
    start.elapsed()
}

/// Writes events of forty functions: START, two lines of their own, END and REPORT for each invocation.
fn generate(path: &Path) -> (u64, u64) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let (mut events, mut bytes, mut seed) = (0, 0, 0x9e37_79b9_7f4a_7c15_u64);
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    while bytes < SIZE {
        let (a, b) = (random(), random());
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            a & 0xffff,
            b >> 52,
            b & 0xfff,
            a & 0xffff_ffff_ffff
        );
        let duration = (b % 90_000) as f64 / 100.0;
        let logged = json!({"timestamp": "2026-11-20T08:47:12Z", "level": "INFO", "service": "shelf", "requestId": id,
            "message": format!("shelf {} counted {}", a % 10_000, b % 1_000)});
        for message in [
            format!("START RequestId: {id} Version: $LATEST\n"),
            format!("2026-11-20T08:47:12.345Z\t{id}\tINFO\tcustomer {} reserved {} lanterns\n", a % 100_000, b % 10),
            logged.to_string(),
            format!("END RequestId: {id}\n"),
            format!(
                "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {} ms\tMemory Size: 256 MB\t\
                 Max Memory Used: {} MB\t\n",
                duration.ceil(),
                60 + a % 40
            ),
        ] {
            let line = json!({"logGroup": format!("/aws/lambda/shelf-{}", a % 40), "logStream": "2026/11/20/[$LATEST]94fa867e",
                "timestamp": 1_795_164_432_345_u64 + events * 11, "message": message});
            let line = line.to_string();
            writeln!(out, "{line}").unwrap();
            events += 1;
            bytes += line.len() as u64 + 1;
        }
    }
    out.flush().unwrap();
    (events, bytes)
}
