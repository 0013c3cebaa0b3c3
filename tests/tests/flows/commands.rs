//! What people see of flows.

use lamplight_aws::clock::now_ms;
use lamplight_embedded::Embedded;
use lamplight_tests::binary::run;
use lamplight_tests::local::Local;
use serde_json::{Value, json};

#[test]
fn flows_are_set_shown_and_removed() {
    let local = Local::start(&[]);
    let set = local.read(&["flow", "set", "orders: ORDERED > SENT within 300s", "--as", "ada", "--no-wait"]).json();
    assert_eq!(
        (&set["flow"], &set["by"], &set["transactions"]),
        (&json!("orders: ORDERED > SENT within 5m"), &json!("ada"), &Value::Null)
    );
    let flows = local.read(&["flows"]).json();
    assert_eq!((&flows["flows"][0]["flow"], &flows["flows"][0]["limit_ms"]), (&json!("orders"), &json!(300_000)));
    assert!(flows["flows"][0].get("share_on_time").is_none() && flows["flows"][0].get("lead_ms").is_none());
    let table = run(["flow", "show", "orders", "--endpoint-url", &local.table_url, "--table", "lamplight"]);
    assert!(table.stdout.contains("ORDERED > SENT") && table.stdout.contains("by ada"), "{table:?}");
    let wrong = local.read(&["flow", "set", "orders: ORDERED within 5m"]);
    assert!(wrong.status == Some(2) && wrong.stderr.contains("2 to 20 milestones"), "{wrong:?}");
    assert_eq!(local.read(&["flow", "remove", "orders"]).json()["done"], "removed");
    let gone = local.read(&["flow", "show", "orders"]);
    assert!(gone.status == Some(1) && gone.stderr.contains("there is no flow orders"), "{gone:?}");
    assert_eq!(local.read(&["flows"]).json()["flows"], json!([]));
}

/// Figures that lack what another process is about to count are not shown as if they were whole.
#[tokio::test]
async fn whoever_may_not_look_says_that_the_flows_are_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("table.db");
    let embedded = Embedded::start(0, Some(&data)).await.unwrap();
    assert!(embedded.table().begin_looking(now_ms() + 600_000).await.unwrap());
    drop(embedded);
    let logs = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/parcels/logs");
    let flow = "parcels: PARCEL_ORDERED > CUSTOMER_NOTIFIED within 90s";
    let place = ["--data", data.to_str().unwrap(), "--dynamodb-port", "0", "--region", "eu-central-1"];
    let once = run(["local", "--once", "--flow", flow, "--output", "json"].iter().chain(&place).chain(&[logs]));
    assert!(once.status == Some(1) && once.stderr.contains("the flows lack what is new"), "{once:?}");
}

/// The sample applications: what they show is told on their page.
#[test]
fn the_samples_show_what_is_late_lost_and_stopped() {
    let parcels = "parcels: PARCEL_ORDERED > LABEL_PRINTED > CUSTOMER_NOTIFIED within 90s";
    let sessions = "sessions: SESSION_CREATED > SAVED_IN_DATABASE > SESSION_FORWARDED within 30s";
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples");
    for (flow, folder, counts, missing) in [
        (
            parcels,
            "parcels",
            (30, 28, 1, 1),
            ("label-printer", "CUSTOMER_NOTIFIED", "1-6b001e79-996a67578d34a25fd73f79c1"),
        ),
        (
            sessions,
            "conference",
            (12, 11, 0, 1),
            ("sessions-saver", "SAVED_IN_DATABASE", "1-6b002aea-54845e200dddc28ebaaaca42"),
        ),
    ] {
        let logs = format!("{samples}/{folder}/logs");
        let arguments = ["--flow", flow, "--region", "eu-central-1", "--output", "json", &logs];
        let analysis = run(["analyze"].iter().chain(&arguments)).json();
        let of = |name: &str| analysis["flows"][0][name].as_u64().unwrap();
        assert_eq!((of("started"), of("on_time"), of("late"), of("missing")), counts, "{folder}");
        let issues = analysis["issues"].as_array().unwrap().iter();
        let found: Vec<_> = issues.filter(|issue| issue["kind"] == "missing_milestone").collect();
        let (function, name, trace_id) = missing;
        assert_eq!((found.len(), &found[0]["function"]), (1, &json!(function)), "{folder}");
        assert!(found[0]["title"].as_str().unwrap().starts_with(name), "{folder}");
        assert_eq!(found[0]["sample"]["trace_id"], trace_id, "{folder}");
        // The table comes to the same.
        assert_eq!(run(["local", "--once"].iter().chain(&arguments)).json(), analysis, "{folder}");
    }
}
