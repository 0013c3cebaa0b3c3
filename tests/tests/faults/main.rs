//! The law under faults: whatever fails, dies, comes again or comes at once, everything is counted once and told once.
//!
//! Each seed is a world: invocations, how they are cut into deliveries, in which order these come, and what goes wrong
//! with which call to the table, the topic and Slack. The handlers are the real ones, the table is an embedded DynamoDB.
//! A seed that fails is printed; `LAMPLIGHT_SEED=<seed> cargo test -p lamplight-tests --test faults` runs it alone, and
//! `LAMPLIGHT_SEEDS=<count>` runs more of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails as a test does")]

mod flows;
mod metrics;
mod presses;
mod price;
mod price_of_metrics;
mod roles;
mod schedule;
mod storm;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// Worlds that are tried unless the environment says otherwise.
const SEEDS: u64 = 300;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn everything_is_counted_once_and_told_once() {
    if let Some(seed) = variable("LAMPLIGHT_SEED") {
        try_seed(seed);
        return;
    }
    let (next, last) = (AtomicU64::new(0), variable("LAMPLIGHT_SEEDS").unwrap_or(SEEDS));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= last {
                        return;
                    }
                    try_seed(seed);
                }
            });
        }
    });
}

fn try_seed(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tried = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { World::new(seed).await.run().await })));
    match tried {
        Ok(Ok(())) => {}
        Ok(Err(wrong)) => panic!("seed {seed}: {wrong}"),
        Err(_) => panic!("seed {seed}: a panic, which stands above"),
    }
}
