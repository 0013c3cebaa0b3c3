//! What the fold is measured against.

use std::borrow::Cow;
use std::hint::black_box;

use aws_lambda_events::cloudwatch_logs::LogsEvent;
use libdeflater::Decompressor;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    log_group: Cow<'a, str>,
    #[serde(borrow)]
    log_events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    timestamp: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// Inflates a delivery by libdeflate and reads it by sonic-rs.
pub fn floor(packed: &[u8]) {
    // gzip ends with the inflated size.
    let size = packed.last_chunk().map_or(0, |size| u32::from_le_bytes(*size)) as usize;
    let mut inflated = vec![0; size];
    let length = Decompressor::new().gzip_decompress(packed, &mut inflated).unwrap();
    let document: Document<'_> = sonic_rs::from_slice(&inflated[..length]).unwrap();
    black_box(&document.log_group);
    for event in &document.log_events {
        black_box((&event.id, event.timestamp, &event.message));
    }
}

/// Decodes a delivery as `aws_lambda_events` does.
pub fn logs_event(payload: &str) {
    black_box(serde_json::from_str::<LogsEvent>(payload).unwrap());
}
