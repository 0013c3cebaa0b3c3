//! `lamplight analyze`: exact figures, and the same ones however the events come.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails as a test does")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use lamplight_tests::binary::{Run, run, run_with_input};
use lamplight_tests::calls::{ACCOUNT, Call, FUNCTIONS, any_calls, rfc3339, some_calls, streams};
use lamplight_tests::delivery::{ENVELOPES, Random, Stream, gzip};
use lamplight_tests::plain::{Plain, issues, stories};
use proptest::prelude::*;
use serde_json::Value;

/// 2026-11-20T08:47:00Z.
const START_MS: i64 = 1_795_164_420_000;

const ANALYZE: [&str; 5] = ["analyze", "--region", "eu-central-1", "--output", "json"];

fn analyze(paths: &[&Path]) -> Run {
    let paths = paths.iter().map(|path| path.as_os_str());
    let run = run(ANALYZE.iter().map(std::ffi::OsStr::new).chain(paths));
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    run
}

fn lines(payloads: &[Value]) -> String {
    payloads.iter().map(|payload| format!("{payload}\n")).collect()
}

/// Each stream as one delivery, in the order of the calls.
fn plainly(streams: &[Stream]) -> String {
    let payloads: Vec<_> = streams.iter().map(|stream| stream.payload(ENVELOPES[0])).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.jsonl");
    fs::write(&path, lines(&payloads)).unwrap();
    analyze(&[&path]).stdout
}

/// The payloads in some files below a folder: plain or packed, one document a line or one of many lines a file.
fn scatter(random: &mut Random, payloads: &[Value], folder: &Path) {
    let mut rest = payloads;
    let mut number = 0;
    while !rest.is_empty() {
        let (some, later) = rest.split_at(1 + random.below(rest.len()));
        let below = folder.join(["", "night", "night/late"][random.below(3)]);
        fs::create_dir_all(&below).unwrap();
        let text = match some {
            [one] if random.below(2) == 0 => serde_json::to_string_pretty(one).unwrap(),
            _ => lines(some),
        };
        let packed = random.below(2) == 0;
        let path = below.join(format!("{number}.json{}", if packed { ".gz" } else { "" }));
        fs::write(path, if packed { gzip(text.as_bytes()) } else { text.into_bytes() }).unwrap();
        number += 1;
        rest = later;
    }
}

fn check(calls: &[Call], analysis: &Value) -> Result<(), String> {
    let expect = |what: &str, holds: bool| {
        if holds { Ok(()) } else { Err(format!("{what}: {analysis}")) }
    };
    let rows = analysis["functions"].as_array().unwrap();
    let names: BTreeSet<_> = rows.iter().map(|row| row["function"].as_str().unwrap()).collect();
    let called: BTreeSet<_> = calls.iter().map(|call| FUNCTIONS[call.function].0).collect();
    expect("functions", names == called && rows.len() == called.len())?;
    for row in rows {
        let own = |call: &&Call| FUNCTIONS[call.function].0 == row["function"];
        Plain::of(calls.iter().filter(own)).check(row).map_err(|error| format!("{}: {error}", row["function"]))?;
        expect("place", row["account"] == ACCOUNT && row["region"] == "eu-central-1")?;
    }
    let costs = rows.iter().map(|row| row["cost_usd"].as_f64().unwrap());
    expect("dearest first", costs.is_sorted_by(|a, b| a >= b))?;

    let mut counted = BTreeMap::new();
    for issue in analysis["issues"].as_array().unwrap() {
        let text = |name: &str| issue[name].as_str().unwrap().to_owned();
        *counted.entry((text("function"), text("kind"))).or_insert(0) += issue["count"].as_u64().unwrap();
    }
    expect("issues", counted == issues(calls))?;
    expect("alerts", analysis["alerts"].as_array().unwrap().len() == analysis["issues"].as_array().unwrap().len())?;

    let stories = stories(calls);
    let transactions = analysis["transactions"].as_array().unwrap();
    expect("transactions", transactions.len() == stories.len())?;
    for transaction in transactions {
        let story = &stories[transaction["trace_id"].as_str().unwrap()];
        let functions = transaction["functions"].as_array().unwrap();
        let names: BTreeSet<_> = functions.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        expect("members", names == story.functions && names.len() == functions.len())?;
        expect("milestones", transaction["milestones"].as_array().unwrap().len() == story.milestones)?;
        expect("errors", transaction["errors"] == story.errors)?;
        expect("status", transaction["status"] == if story.errors > 0 { "failed" } else { "ok" })?;
    }

    let events: Vec<_> = streams(calls, START_MS).into_iter().flat_map(|stream| stream.events).collect();
    let by_kind = analysis["events"]["by_kind"].as_object().unwrap();
    let sum: u64 = by_kind.values().map(|count| count.as_u64().unwrap()).sum();
    expect("total", analysis["events"]["total"] == events.len() && sum == events.len() as u64)?;
    expect("reports", by_kind["report"] == calls.len())?;
    let times = || events.iter().map(|event| event.timestamp);
    expect("from", analysis["from"] == rfc3339(times().min().unwrap()))?;
    expect("to", analysis["to"] == rfc3339(times().max().unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_exact_and_the_same_in_any_split_order_and_repetition(calls in any_calls(60), seed: u64) {
        let streams = streams(&calls, START_MS);
        let expected = plainly(&streams);
        let checked = check(&calls, &serde_json::from_str(&expected).unwrap());
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err());

        let mut random = Random::new(seed);
        let deliveries = random.split(&streams);
        let folder = tempfile::tempdir().unwrap();
        let payloads = random.payloads(&deliveries);
        scatter(&mut random, &payloads, folder.path());
        prop_assert_eq!(&analyze(&[folder.path()]).stdout, &expected);

        // The same split again, in other envelopes and another order, some of it beside what stands on standard input.
        let deliveries = random.split(&streams);
        let payloads = random.payloads(&deliveries);
        let (some, others) = payloads.split_at(random.below(payloads.len() + 1));
        let file = folder.path().join("some.log");
        fs::write(&file, lines(some)).unwrap();
        let mut input = lines(others).into_bytes();
        if random.below(2) == 0 && !input.is_empty() {
            input = gzip(&input);
        }
        let arguments = ANALYZE.iter().map(std::ffi::OsStr::new).chain([file.as_os_str(), "-".as_ref()]);
        let run = run_with_input(arguments, &input);
        prop_assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
        prop_assert_eq!(&run.stdout, &expected);
    }
}

#[test]
fn each_envelope_gives_the_same_bytes() {
    let streams = streams(&some_calls(80), START_MS);
    let expected = plainly(&streams);
    let folder = tempfile::tempdir().unwrap();
    let paths = ENVELOPES.map(|envelope| {
        let payloads: Vec<_> = streams.iter().map(|stream| stream.payload(envelope)).collect();
        let path = folder.path().join(format!("{envelope:?}.log"));
        fs::write(&path, lines(&payloads)).unwrap();
        path
    });
    for path in &paths {
        assert_eq!(analyze(&[path]).stdout, expected, "{}", path.display());
    }
    assert_eq!(analyze(&paths.each_ref().map(AsRef::as_ref)).stdout, expected, "all of them");
}

#[test]
fn a_batch_of_many_records_is_many_deliveries() {
    let streams = streams(&some_calls(80), START_MS);
    let mut random = Random::new(7);
    let records: Vec<_> = random.split(&streams).iter().map(Stream::packed).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch.json");
    fs::write(&path, lamplight_tests::delivery::batch(&records).to_string()).unwrap();
    assert_eq!(analyze(&[&path]).stdout, plainly(&streams));
}

#[test]
fn short_durations_keep_the_promise_on_percentiles() {
    let mut calls = some_calls(80);
    for duration in 1..=40 {
        // One that is long, as no percentile is above the maximum.
        calls.iter_mut().for_each(|call| call.duration = duration);
        calls[0].duration = 1_000;
        let analysis: Value = serde_json::from_str(&plainly(&streams(&calls, START_MS))).unwrap();
        check(&calls, &analysis).unwrap_or_else(|error| panic!("{duration} hundredths of a millisecond: {error}"));
    }
}

#[test]
fn arm64_is_a_fifth_cheaper_and_changes_nothing_else() {
    let streams = streams(&some_calls(80), START_MS);
    let input = lines(&streams.iter().map(Stream::document).collect::<Vec<_>>());
    let x86 = run_with_input(ANALYZE, input.as_bytes()).json();
    let arm = run_with_input(ANALYZE.iter().chain(&["--architecture", "arm64"]), input.as_bytes()).json();
    for row in x86["functions"].as_array().unwrap() {
        let others = arm["functions"].as_array().unwrap();
        let other = others.iter().find(|other| other["function"] == row["function"]).unwrap();
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap();
        let requests_usd = number(row, "invocations") * 2e-7;
        let ratio = (number(other, "cost_usd") - requests_usd) / (number(row, "cost_usd") - requests_usd);
        assert!((ratio - 0.8).abs() < 1e-4, "{ratio}");
        assert_eq!(row["gb_seconds"], other["gb_seconds"]);
    }
}
