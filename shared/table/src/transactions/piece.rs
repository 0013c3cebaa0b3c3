//! Facts about a transaction as items have them: JSON, in pieces that are far smaller than what an item may be.
//!
//! `{"members":[["1/eu-west-1/mailer","<request id>",{"first_ms":…,"last_ms":…,…}]],"spans":[…],"is_trace":true}`

use std::sync::Arc;

use lamplight_rollup::{FunctionKey, Member, MemberKey, TraceSpan, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// Bytes of a piece; one member or span more may stand in it. DynamoDB takes 400 KB.
const BYTES: usize = 64 * 1024;

#[derive(Default, Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_trace: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    correlations: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traces: Vec<String>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    members: Vec<(String, Box<str>, Member)>,
    #[serde(default)]
    spans: Vec<TraceSpan>,
    #[serde(default)]
    is_trace: bool,
    #[serde(default)]
    correlations: Vec<String>,
    #[serde(default)]
    traces: Vec<String>,
}

/// The facts, in as many pieces as they need. The same facts are always the same pieces.
pub(super) fn write(transaction: &Transaction) -> Vec<String> {
    let mut pieces = Pieces::default();
    for (key, member) in &transaction.members {
        pieces.add(&(key.function.to_string(), &key.request_id, member), |piece| &mut piece.members);
    }
    for span in &transaction.spans {
        pieces.add(span, |piece| &mut piece.spans);
    }
    pieces.piece.is_trace = transaction.is_trace;
    pieces.piece.correlations = transaction.correlations.iter().cloned().collect();
    pieces.piece.traces = transaction.traces.iter().cloned().collect();
    pieces.end();
    pieces.texts
}

/// Reads what [`write`] writes; nothing if it is of another form.
pub(super) fn read(facts: &str) -> Option<Transaction> {
    let read: Read = serde_json::from_str(facts).ok()?;
    let mut transaction = Transaction { is_trace: read.is_trace, ..Transaction::default() };
    for (function, request_id, member) in read.members {
        transaction.add(MemberKey { function: Arc::new(FunctionKey::parse(&function)?), request_id }, member);
    }
    transaction.spans.extend(read.spans);
    transaction.correlations.extend(read.correlations);
    transaction.traces.extend(read.traces);
    Some(transaction)
}

#[derive(Default)]
struct Pieces {
    piece: Written,
    bytes: usize,
    texts: Vec<String>,
}

impl Pieces {
    fn add<T: Serialize>(&mut self, part: &T, list: fn(&mut Written) -> &mut Vec<Box<RawValue>>) {
        // Nothing of it has keys that are no texts, which is all that JSON cannot write.
        let Ok(part) = to_raw_value(part) else { return };
        if self.bytes > BYTES {
            self.end();
        }
        self.bytes += part.get().len();
        list(&mut self.piece).push(part);
    }

    fn end(&mut self) {
        self.bytes = 0;
        self.texts.extend(serde_json::to_string(&std::mem::take(&mut self.piece)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_go_there_and_back_in_pieces_that_fit() {
        let function = Arc::new(FunctionKey { account: "1".into(), region: "r".into(), function: "/ecs/loom".into() });
        let mut transaction = Transaction { is_trace: true, ..Transaction::default() };
        for i in 0..5_000 {
            let member: Member = serde_json::from_str(&format!(
                r#"{{"first_ms":{i},"last_ms":9,"milestones":[[{i},"WOVEN"]],"errors":[18446744073709551615],"report":{{"duration_us":7}}}}"#
            ))
            .unwrap();
            transaction.add(MemberKey { function: Arc::clone(&function), request_id: format!("r{i}").into() }, member);
        }
        transaction.correlations.insert("order-1".to_owned());
        let pieces = write(&transaction);
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() < 2 * BYTES));
        let mut sum = Transaction::default();
        pieces.iter().rev().for_each(|piece| sum.merge(read(piece).unwrap()));
        assert_eq!(sum, transaction);
        assert_eq!(read("{\"members\":[[1]]}"), None);
    }
}
