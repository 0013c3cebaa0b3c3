//! `lamplight analyze` and its neighbours: input that cannot be used is named, and the rest is counted.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::fs;
use std::path::{Path, PathBuf};

use lamplight_tests::binary::{Run, run, run_with_input};
use lamplight_tests::delivery::{Envelope, Stream, batch, gzip, pack};
use serde_json::{Value, json};
use tempfile::TempDir;

const REPORT: &str = "REPORT RequestId: 5d0c-1\tDuration: 8.25 ms\tBilled Duration: 9 ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB\t\n";

/// A delivery of one report.
fn report(function: &str) -> Stream {
    Stream::of(function, &[(1_795_164_420_000, REPORT)])
}

fn payload(function: &str) -> Value {
    report(function).payload(Envelope::Subscription)
}

/// A folder with a file that is good, and another one.
fn folder(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.jsonl"), payload("mill").to_string()).unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn analyze(path: &Path) -> Run {
    run(["analyze", "--output", "json", path.to_str().unwrap()])
}

/// The input could not all be used: that is said with its place, and only the result is on standard output.
fn assert_refused(run: &Run, place: &str, unreadable: u64, invocations: u64) {
    assert_eq!(run.status, Some(2), "{run:?}");
    assert!(run.stderr.lines().any(|line| line.contains(place)), "no {place} in {}", run.stderr);
    let analysis = run.json();
    assert_eq!(analysis["events"]["unreadable"], unreadable, "{run:?}");
    let rows = analysis["functions"].as_array().unwrap().iter();
    let sum: u64 = rows.map(|row| row["invocations"].as_u64().unwrap()).sum();
    assert_eq!(sum, invocations, "{run:?}");
}

#[test]
fn a_missing_path_does_not_stop_the_others() {
    let (folder, _) = folder("other.jsonl", payload("weir").to_string());
    let missing = folder.path().join("nowhere.jsonl");
    let arguments = ["analyze", "--output", "json", missing.to_str().unwrap(), folder.path().to_str().unwrap()];
    assert_refused(&run(arguments), "nowhere.jsonl", 0, 2);
    let alone = analyze(&missing);
    assert_eq!((alone.status, alone.stderr.lines().count()), (Some(2), 1), "{alone:?}");
}

#[test]
fn a_gz_that_does_not_unpack_is_named() {
    let whole = gzip(payload("weir").to_string().as_bytes());
    for content in [b"not packed at all".to_vec(), whole[..whole.len() / 2].to_vec(), Vec::new()] {
        let (folder, _) = folder("broken.jsonl.gz", &content);
        assert_refused(&analyze(folder.path()), "broken.jsonl.gz", 0, 1);
    }
}

#[test]
fn a_delivery_whose_data_does_not_unpack_is_named_with_its_line() {
    let whole = report("weir").packed();
    for data in ["lanterns!", "bm90IHBhY2tlZA==", &whole[..whole.len() / 8 * 4], "", &pack(b"[]"), &pack(b"{\"a\":1}")]
    {
        let broken = json!({"awslogs": {"data": data}});
        let text = format!("{}\n{broken}\n{}\n", payload("weir"), payload("lock"));
        let (folder, _) = folder("odd.jsonl", text);
        assert_refused(&analyze(folder.path()), "odd.jsonl:2:", 1, 3);
    }
}

#[test]
fn what_inflates_to_too_much_is_named_with_its_line() {
    let mut large = report("weir");
    large.events[0].message = " ".repeat(65 << 20);
    let text = format!("{}\n{}\n", payload("lock"), large.payload(Envelope::Subscription));
    let (folder, _) = folder("large.jsonl", text);
    assert_refused(&analyze(folder.path()), "large.jsonl:2:", 1, 2);
}

#[test]
fn a_broken_line_among_good_ones_is_named() {
    let good = payload("weir").to_string();
    let text = format!("{good}\n{}\n{}\n", &good[..good.len() - 9], payload("lock"));
    let (folder, _) = folder("lines.jsonl", text);
    assert_refused(&analyze(folder.path()), "lines.jsonl:2:", 1, 3);
}

#[test]
fn a_broken_line_may_be_the_first() {
    let good = payload("weir").to_string();
    let text = format!("{}\n{good}\n{}\n", &good[..good.len() - 9], payload("lock"));
    let (folder, _) = folder("first.jsonl", text);
    assert_refused(&analyze(folder.path()), "first.jsonl:1:", 1, 3);
}

/// A decoded delivery of many lines, cut, with this member first.
fn cut_document(first: &str) -> String {
    let document = report("weir").document();
    let rest = serde_json::to_string_pretty(&document).unwrap();
    let text = format!("{{\n  \"{first}\": {},{}", document[first], &rest[1..]);
    text[..text.len() - 20].to_owned()
}

#[test]
fn a_cut_document_of_many_lines_is_named() {
    let (folder, _) = folder("cut.json", cut_document("messageType"));
    assert_refused(&analyze(folder.path()), "cut.json:", 1, 1);
}

#[test]
fn a_cut_document_is_named_whichever_of_its_members_is_the_first() {
    for first in ["logEvents", "subscriptionFilters", "policyLevel"] {
        let (folder, _) = folder("cut.json", cut_document(first));
        assert_refused(&analyze(folder.path()), "cut.json:", 1, 1);
    }
}

#[test]
fn a_bad_record_and_a_bad_event_cost_only_themselves() {
    let mut document = report("lock").document();
    let good = document["logEvents"][0].clone();
    document["logEvents"] = json!([good, {"id": "x", "timestamp": 1, "message": 5}, "odd"]);
    let records = batch(&[report("weir").packed(), "lanterns!".to_owned(), pack(document.to_string().as_bytes())]);
    let (folder, _) = folder("batch.json", records.to_string());
    assert_refused(&analyze(folder.path()), "batch.json:1:", 3, 3);
}

#[test]
fn the_same_broken_delivery_is_unreadable_once_as_any_repetition_is() {
    let broken = json!({"awslogs": {"data": "lanterns!"}});
    let (folder, _) = folder("twice.jsonl", format!("{broken}\n{broken}\n"));
    assert_refused(&analyze(folder.path()), "twice.jsonl:2:", 1, 1);
}

#[test]
fn an_empty_file_and_an_empty_folder_are_no_error() {
    for content in ["", "\n\n  \n"] {
        let (folder, path) = folder("empty.jsonl", content);
        let run = analyze(&path);
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
        assert_eq!(run.json()["events"], json!({"total": 0, "unreadable": 0, "by_kind": {}}));
        fs::create_dir(folder.path().join("none")).unwrap();
        assert_eq!(analyze(&folder.path().join("none")).status, Some(0));
    }
    assert_eq!(run_with_input(["analyze", "--output", "json", "-"], b"").json()["functions"], json!([]));
}

#[test]
fn standard_input_is_named_too() {
    let input = format!("{}\n{{\"awslogs\":{{\"data\":\"lanterns!\"}}}}\n", payload("weir"));
    let run = run_with_input(["analyze", "--output", "json", "-"], input.as_bytes());
    assert_refused(&run, "-:2:", 1, 1);
}

#[test]
fn explain_goes_on_behind_what_it_cannot_read() {
    let text = format!("{}\n{{\"awslogs\":{{\"data\":\"lanterns!\"}}}}\n{}\n", payload("weir"), payload("lock"));
    let (_folder, path) = folder("odd.jsonl", text);
    let run = run(["explain", "--output", "json", path.to_str().unwrap()]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("odd.jsonl:2:"), "{}", run.stderr);
    let kinds: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kinds.iter().map(|fact| &fact["kind"]).collect::<Vec<_>>(), ["report", "report"]);
}

#[test]
fn local_once_reports_what_it_cannot_read_and_prints_the_rest() {
    let text = format!("{}\n{{\"awslogs\":{{\"data\":\"lanterns!\"}}}}\n{}\n", payload("weir"), payload("lock"));
    let (_folder, path) = folder("odd.jsonl", text);
    let ports = ["--port", "0", "--dynamodb-port", "0", "--output", "json"];
    let run = run(["local", "--once", path.to_str().unwrap()].iter().chain(&ports));
    assert_refused(&run, "odd.jsonl:2:", 1, 2);
}

#[test]
fn arguments_that_cannot_be_used_end_with_two() {
    for arguments in [
        vec!["analyse"],
        vec!["analyze", "--colour"],
        vec!["analyze", "--output", "xml"],
        vec!["functions", "--since", "soon"],
        vec!["local", "--port", "70000"],
        vec!["analyze", "-", "--flow", "a: B > C within 5m", "--flow", "a: B > D within 6m"],
        vec!["local", "--once", "--flow", "a: B > C within 5m", "--flow", "a: B > D within 6m"],
        vec![],
    ] {
        let run = run(&arguments);
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn a_table_that_cannot_be_reached_ends_with_one_line() {
    // A port that nobody listens on, and that the system gives to nobody who asks for a free one.
    let place = ["--endpoint-url", "http://127.0.0.1:1", "--output", "json"];
    // At once, as each tries for a while.
    std::thread::scope(|scope| {
        for command in [vec!["functions"], vec!["issues"], vec!["transactions"], vec!["cost"], vec!["function", "mill"]]
        {
            for table in [vec!["--table", "lamplight"], vec![]] {
                let arguments: Vec<_> = command.iter().chain(&place).chain(&table).copied().collect();
                scope.spawn(move || {
                    let run = run(&arguments);
                    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{run:?}");
                    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
                });
            }
        }
    });
}

#[test]
fn a_port_that_is_taken_and_a_data_file_that_is_none_end_with_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_folder, path) = folder("table.db", "this is no table".repeat(500));
    for arguments in [
        vec!["local", "--dynamodb-port", &port, "--port", "0"],
        vec!["local", "--dynamodb-port", "0", "--port", &port],
        vec!["local", "--dynamodb-port", "0", "--port", "0", "--data", path.to_str().unwrap()],
    ] {
        let run = run(&arguments);
        assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}
