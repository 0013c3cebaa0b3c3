//! Metrics that a function logs in a world: few deliveries fill an item, so that they go on in others.

use std::collections::BTreeMap;

use lamplight_rollup::Ledger;
use lamplight_table::Table;
use lamplight_tests::delivery::{Random, Stream};
use serde_json::json;

use crate::world::{HOUR_MS, START_MS, same};

/// A stream of lines with metrics: some at the same moment, some over a minute.
pub fn stream(random: &mut Random) -> Stream {
    let lines = (0..random.below(24)).map(|i| {
        let after_ms = if random.below(2) == 0 { 0 } else { random.below(60_000) as i64 };
        let metrics = [json!({"Name": "Lifts"}), json!({"Name": "Tons", "Unit": "Kilograms"})];
        let directive = json!({"Namespace": "Harbour", "Dimensions": [["pier"]], "Metrics": metrics});
        let pier = if i % 2 == 0 { "north" } else { "south" };
        let event = json!({"_aws": {"Timestamp": START_MS, "CloudWatchMetrics": [directive]},
            "pier": pier, "Lifts": 1, "Tons": random.below(1_000)});
        (START_MS + after_ms, event.to_string())
    });
    let lines: Vec<_> = lines.collect();
    Stream::of("crane", &lines.iter().map(|(at_ms, line)| (*at_ms, line.as_str())).collect::<Vec<_>>())
}

/// Whether every value that was logged was added up once, under its name.
pub async fn check(truth: &Ledger, table: &Table) -> Result<(), String> {
    let mut names: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for ((function, id), series) in &truth.metrics.series {
        names.entry((**function).clone()).or_default().insert(*id, series.clone());
    }
    same("the names of metrics", &table.series().await.unwrap(), &names)?;
    for (function, hours) in &truth.metrics.values {
        let kept = table.metrics(function, START_MS - HOUR_MS, START_MS + HOUR_MS).await.unwrap();
        same(&format!("the metrics of {function}"), &kept, hours)?;
    }
    Ok(())
}
