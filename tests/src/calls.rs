//! Random invocations, and the streams that they are logged to.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::delivery::{Event, Stream};

/// The account that all logs are from.
pub const ACCOUNT: &str = "310298765411";

/// The functions, with the group that each logs to. The last two share one, where the stream names the function.
pub const FUNCTIONS: [(&str, &str); 4] = [
    ("kiosk", "/aws/lambda/kiosk"),
    ("ferry", "/aws/lambda/ferry"),
    ("loom", "/harbour/shared"),
    ("quay", "/harbour/shared"),
];

/// The milestones that invocations reach.
pub const MILESTONES: [&str; 2] = ["CAST_OFF", "MOORED"];

/// How an invocation ends, or what is logged without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeds.
    Success,
    /// The runtime catches an exception.
    Exception,
    /// The report says that the time limit was reached.
    Timeout,
    /// As it was before reports had a status: a line of its own says so.
    OldTimeout,
    /// The report says that the memory did not suffice.
    OutOfMemory,
    /// The report says that the process ended.
    Crash,
    /// As it was before reports had a status.
    OldCrash,
    /// It succeeds, and logs an error that it dealt with.
    ErrorLog,
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Call {
    /// The index of its function.
    pub function: usize,
    /// Which of the function's streams it is logged to.
    pub stream: u8,
    /// When it ends, in milliseconds after the start of all.
    pub ends_ms: i64,
    /// How it ends.
    pub outcome: Outcome,
    /// How long it takes, in hundredths of a millisecond, as Lambda prints it.
    pub duration: u64,
    /// How long its initialisation takes, likewise.
    pub init: Option<u64>,
    /// The memory that it is given.
    pub memory_mb: u64,
    /// The memory that it uses.
    pub used_mb: u64,
    /// Whether the platform logs JSON.
    pub is_json: bool,
    /// The trace that it belongs to.
    pub trace: Option<u8>,
    /// Whether it reaches a milestone.
    pub has_milestone: bool,
    /// Tells it from the others.
    pub number: u32,
}

/// Any invocations, up to a number of them.
pub fn any_calls(most: usize) -> impl Strategy<Value = Vec<Call>> {
    let outcome = prop_oneof![
        6 => Just(Outcome::Success),
        2 => Just(Outcome::Exception),
        1 => Just(Outcome::Timeout),
        1 => Just(Outcome::OldTimeout),
        1 => Just(Outcome::OutOfMemory),
        1 => Just(Outcome::Crash),
        1 => Just(Outcome::OldCrash),
        1 => Just(Outcome::ErrorLog),
    ];
    let duration = prop_oneof![1 => 1_u64..200, 8 => 200_u64..500_000, 1 => 500_000_u64..90_000_000];
    let memory = prop::sample::select(vec![128_u64, 512, 1769, 10_240]);
    let place = (0..FUNCTIONS.len(), 0_u8..3, 0_i64..400_000);
    let sizes = (duration, prop::option::weighted(0.2, 1_u64..1_500_000), memory, 30_u64..128);
    let marks = (any::<bool>(), prop::option::weighted(0.4, 0_u8..5), any::<bool>());
    prop::collection::vec((place, outcome, sizes, marks), 1..=most).prop_map(|drawn| {
        let calls = drawn.into_iter().enumerate().map(|(number, (place, outcome, sizes, marks))| Call {
            function: place.0,
            stream: place.1,
            ends_ms: place.2,
            outcome,
            duration: sizes.0,
            init: sizes.1,
            memory_mb: sizes.2,
            used_mb: sizes.3,
            is_json: marks.0,
            trace: marks.1,
            has_milestone: marks.2 && marks.1.is_some(),
            number: number as u32,
        });
        calls.collect()
    })
}

/// The same invocations in every run.
pub fn some_calls(most: usize) -> Vec<Call> {
    let mut runner = TestRunner::deterministic();
    loop {
        let calls = any_calls(most).new_tree(&mut runner).unwrap().current();
        if calls.len() > most / 2 {
            return calls;
        }
    }
}

/// The invocations of a seed: as many as this at the most.
pub fn seeded_calls(seed: u64, most: usize) -> Vec<Call> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    any_calls(most).new_tree(&mut runner).unwrap().current()
}

/// A time as Lambda writes it.
pub fn rfc3339(epoch_ms: i64) -> String {
    let at = OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(epoch_ms);
    let text = at.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    format!("{}.{:03}Z", text.trim_end_matches('Z'), epoch_ms.rem_euclid(1000))
}

/// The log streams that the invocations write, the first event at this time or later.
pub fn streams(calls: &[Call], start_ms: i64) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::new();
    for call in calls {
        let (group, name) = call.place(start_ms);
        let position = streams.iter().position(|stream| stream.group == group && stream.name == name);
        let position = position.unwrap_or_else(|| {
            streams.push(Stream { group, name, events: Vec::new() });
            streams.len() - 1
        });
        streams[position].events.extend(call.events(start_ms));
    }
    streams
}

impl Call {
    /// What the platform bills, in milliseconds.
    pub fn billed_ms(&self) -> u64 {
        (self.duration + self.init.unwrap_or(0)).div_ceil(100)
    }

    /// The id of the trace that it belongs to.
    pub fn trace_id(&self) -> Option<String> {
        self.trace.map(|trace| format!("1-6a52d5{trace:02x}-5ca1ab1e0ddba11{:09x}", 77 + u64::from(trace)))
    }

    /// The milestone that it reaches.
    pub fn milestone(&self) -> Option<&'static str> {
        self.has_milestone.then_some(MILESTONES[self.number as usize % MILESTONES.len()])
    }

    /// Whether the line that tells of its milestone names nothing but its request.
    pub const fn names_only_its_request(&self) -> bool {
        self.number.is_multiple_of(3)
    }

    fn place(&self, start_ms: i64) -> (String, String) {
        let (function, group) = FUNCTIONS[self.function];
        let prefix = if group.ends_with("shared") { function } else { "" };
        let day = rfc3339(start_ms)[..10].replace('-', "/");
        let digits = format!("{:032x}", 0xbeef_u32 + u32::from(self.stream));
        (group.to_owned(), format!("{day}/{prefix}[$LATEST]{digits}"))
    }

    fn events(&self, start_ms: i64) -> Vec<Event> {
        let end_ms = start_ms + self.ends_ms;
        let lines = crate::lines::of(self, end_ms);
        let events = lines.into_iter().enumerate().map(|(line, message)| Event {
            id: format!("3899{:044}", u64::from(self.number) * 16 + line as u64),
            timestamp: end_ms,
            message,
        });
        events.collect()
    }
}
