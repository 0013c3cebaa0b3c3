//! What it costs that everything is counted once.

use lamplight_embedded::Embedded;
use lamplight_tests::delivery::{Envelope, Stream};

use crate::schedule::{Process, Schedule};
use crate::world::{START_MS, Told, parser};

/// Small deliveries of one function, six a minute for two hours.
const DELIVERIES: i64 = 720;

/// Without traces and failures a delivery is one write; marking its hour is two more in half an hour.
#[tokio::test]
async fn a_small_delivery_is_one_write() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let (schedule, told) = (Schedule::without_faults(), Told::default());
    let context = parser(&Process::new(&schedule), &embedded, &told);
    for i in 0..DELIVERIES {
        let at_ms = START_MS + i * 10_000;
        let report = |duration: i64| {
            format!(
                "REPORT RequestId: 5a11-{i}\tDuration: {duration}.50 ms\tBilled Duration: {} ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 60 MB\t\n",
                duration + 1
            )
        };
        let lines = [report(i % 90), report(i % 70)];
        let delivery = Stream::of("tender", &lines.each_ref().map(|line| (at_ms, line.as_str())));
        let payload = delivery.payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, at_ms).await.unwrap();
    }
    let calls = schedule.calls();
    assert!(calls * 10 <= DELIVERIES as u64 * 12, "{calls} calls for {DELIVERIES} deliveries");
}
