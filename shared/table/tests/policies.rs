//! Policies on a real DynamoDB implementation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use lamplight_embedded::Embedded;
use lamplight_table::{Applied, Hold};

const NOW_MS: i64 = 1_795_164_432_345;

#[tokio::test]
async fn of_two_who_apply_policies_at_once_one_is_overtaken() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    for round in 0..3 {
        let before = table.policies().await.unwrap();
        let (ada, grace) = (format!("# ada {round}"), format!("# grace {round}"));
        let (one, other) = tokio::join!(
            table.apply_policies(&ada, "ada", before.as_ref(), NOW_MS),
            table.apply_policies(&grace, "grace", before.as_ref(), NOW_MS),
        );
        let (one, other) = (one.unwrap(), other.unwrap());
        let Some(Applied::Done(done)) = [&one, &other].into_iter().find(|applied| matches!(applied, Applied::Done(_)))
        else {
            panic!("neither was applied: {one:?}, {other:?}");
        };
        assert!([&one, &other].contains(&&Applied::Overtaken), "{one:?}, {other:?}");
        assert_eq!(table.policies().await.unwrap().as_ref(), Some(done));
    }
    let versions: Vec<_> = table.all_policies().await.unwrap().iter().map(|policies| policies.version).collect();
    assert_eq!(versions, [3, 2, 1]);
}

#[tokio::test]
async fn a_process_reads_policies_once_a_minute() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let table = embedded.table();
    assert_eq!(table.recent_policies(NOW_MS).await.unwrap(), None);
    embedded.table().apply_policies("# ours", "ada", None, NOW_MS).await.unwrap();
    assert_eq!(table.recent_policies(NOW_MS + 59_999).await.unwrap(), None);
    assert_eq!(table.recent_policies(NOW_MS + 60_000).await.unwrap().unwrap().text, "# ours");
}

#[test]
fn holds_for_others_or_until_another_time_are_others() {
    let hold = |until_ms, to: &[&str]| Hold { until_ms, to: to.iter().map(|name| (*name).to_owned()).collect() }.name();
    let names = [hold(NOW_MS, &[]), hold(NOW_MS, &["a"]), hold(NOW_MS, &["a", "b"]), hold(NOW_MS + 1, &["a"])];
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len());
}
