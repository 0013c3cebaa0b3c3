//! Transactions as the deployed parser keeps them: joined by requests and correlation ids, found by their labels, and
//! bounded, whatever their lines are.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;

use lamplight_embedded::{Embedded, TABLE};
use lamplight_rollup::{Counter, Transaction};
use lamplight_table::{Keep, Table, Tuning};
use lamplight_tests::binary::run;
use lamplight_tests::delivery::{Envelope, Random, Stream, batch};
use lamplight_tests::local::Local;
use lamplight_tests::telling::{Topic, parser};
use serde_json::{Value, json};

/// 2026-11-20T08:40:00Z.
const START_MS: i64 = 1_795_164_000_000;

const TRACE: &str = "1-6a52d530-0ba60ad2785ec2ae7971737c";

/// A trace that only an event names, and not the report of its invocation.
const UNSAMPLED: &str = "1-6a52d530-00000000000000000000cafe";

fn report(request_id: &str, trace_id: &str) -> String {
    format!(
        "REPORT RequestId: {request_id}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t\
         Max Memory Used: 64 MB\tXRAY TraceId: {trace_id}\tSegmentId: 5ea9a11e0ddba11a\tSampled: true\t\n"
    )
}

/// The stories of a table that has taken these deliveries.
async fn stories(payloads: &[Value]) -> BTreeMap<String, Transaction> {
    let embedded = Embedded::start(0, None).await.unwrap();
    let topic = Topic::default();
    let context = parser(embedded.table(), &topic);
    for payload in payloads {
        lamplight_parser::handle(&payload.to_string(), &context, START_MS).await.unwrap();
    }
    embedded.table().transactions(START_MS - 3_600_000, START_MS + 3_600_000, START_MS).await.unwrap()
}

/// Two traces in one request, a correlation id over two functions, lines that name only their request, spans.
fn streams() -> Vec<Stream> {
    let other = "1-6a52d530-00000000000000000000beef";
    let orders = [
        report("a-1", TRACE),
        json!({"level": "INFO", "function_request_id": "a-1", "trace_id": other, "milestone": "SPLIT"}).to_string(),
        "2026-11-20T08:40:00.345Z a-1 Task timed out after 3.00 seconds".to_owned(),
        json!({"level": "ERROR", "message": "no card", "function_request_id": "a-1"}).to_string(),
        json!({"level": "INFO", "correlation_id": "order-1", "xray_trace_id": TRACE, "orderId": 4711}).to_string(),
    ];
    let payments = [
        json!({"level": "INFO", "correlationId": "order-1", "function_request_id": "b-1", "milestone": "PAID"})
            .to_string(),
        json!({"level": "ERROR", "message": "too late", "function_request_id": "b-1"}).to_string(),
        json!({"level": "INFO", "correlationId": "order-2", "orderId": "4712"}).to_string(),
    ];
    let spans = [40, 10].map(|length: i64| {
        let start = (i128::from(START_MS) + 5) * 1_000_000;
        json!({"traceId": TRACE[2..].replace('-', ""), "spanId": format!("53995c3f42cd8a{length}"), "name": "S3",
            "kind": "CLIENT", "startTimeUnixNano": start.to_string(), "attributes": {"faas.invocation_id": "a-1"},
            "endTimeUnixNano": (start + i128::from(length) * 1_000_000).to_string()})
        .to_string()
    });
    let stream = |name: &str, lines: &[String]| {
        let lines: Vec<_> = lines.iter().zip(START_MS..).map(|(line, at_ms)| (at_ms, line.as_str())).collect();
        Stream::of(name, &lines)
    };
    let mut spans = stream("spans", &spans);
    spans.group = "aws/spans".to_owned();
    let unsampled = [
        json!({"level": "INFO", "function_request_id": "3f1c2b1a-2222-4222-8333-444455556666", "xray_trace_id": UNSAMPLED}).to_string(),
        "[ERROR] KeyError: 'stamp'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3".to_owned(),
        "REPORT RequestId: 3f1c2b1a-2222-4222-8333-444455556666\tDuration: 4000.00 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n".to_owned(),
        "REPORT RequestId: 3f1c2b1a-2222-4222-8333-444455550000\tDuration: 9.00 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n".to_owned(),
    ];
    vec![stream("orders", &orders), stream("payments", &payments), spans, stream("mails", &unsampled)]
}

#[tokio::test]
async fn any_split_order_and_repetition_gives_the_same_stories() {
    let whole: Vec<_> = streams().iter().map(|stream| stream.payload(Envelope::Subscription)).collect();
    let expected = stories(&whole).await;
    let ids: Vec<_> = expected.keys().map(String::as_str).collect();
    assert_eq!(ids, ["1-6a52d530-00000000000000000000beef", UNSAMPLED, TRACE, "order-2"]);
    assert_eq!((expected[UNSAMPLED].duration_ms(), expected[UNSAMPLED].errors()), (4_000, 1));
    let story = &expected[TRACE];
    assert_eq!((story.errors(), story.spans.len(), story.milestones().len()), (3, 2, 1));
    assert_eq!(expected["1-6a52d530-00000000000000000000beef"].errors(), 2);
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let deliveries = random.split(&streams());
        let mut payloads = random.payloads(&deliveries);
        payloads.push(batch(&deliveries.iter().map(Stream::packed).collect::<Vec<_>>()));
        random.shuffle(&mut payloads);
        assert_eq!(stories(&payloads).await, expected, "seed {seed}");
    }
}

#[tokio::test]
async fn a_trace_of_five_thousand_members_and_one_of_megabytes_are_kept() {
    let members: Vec<_> = (0..5_000).map(|i| report(&format!("r-{i}"), TRACE)).collect();
    let long = "x".repeat(100_000);
    let large: Vec<_> = (0..30)
        .map(|i| {
            json!({"level": "ERROR", "message": long, "milestone": long, "orderId": long, "trace_id": "large",
                "function_request_id": format!("r-{i}")})
            .to_string()
        })
        .collect();
    let payloads = [members, large].map(|lines| {
        let lines: Vec<_> = lines.iter().map(|line| (START_MS, line.as_str())).collect();
        Stream::of("loom", &lines).payload(Envelope::Subscription)
    });
    let stories = stories(&payloads).await;
    assert_eq!(stories[TRACE].members.len(), 5_000);
    assert_eq!((stories["large"].members.len(), stories["large"].errors()), (30, 30));
}

/// More failures that name nothing than a minute of a log stream keeps, the last of them first.
#[tokio::test]
async fn the_first_nameless_failures_of_a_minute_are_kept_whichever_comes_first() {
    let exception = "[ERROR] KeyError: 'stamp'\nTraceback (most recent call last):";
    let deliver = |at_ms: i64, line: &str| Stream::of("mails", &[(at_ms, line)]).payload(Envelope::Subscription);
    let mut payloads: Vec<_> = (0..120).rev().map(|i| deliver(START_MS + i * 100, exception)).collect();
    payloads.push(deliver(START_MS + 12, &report("m-1", TRACE)));
    assert_eq!(stories(&payloads).await[TRACE].errors(), 1);
}

/// The table of a stack that keeps only what is of interest.
fn interesting(embedded: &Embedded) -> Table {
    embedded.table().tuned(Tuning { keep: Keep::Interesting, slow_ms: 1_000, ..Tuning::default() })
}

#[tokio::test]
async fn only_what_is_of_interest_is_kept_where_that_is_asked_for_and_all_is_counted() {
    let trace = |i: u32| format!("1-6a52d530-00000000000000000000{i:04x}");
    let slow = report("s-1", &trace(2)).replace("Duration: 12.50 ms", "Duration: 1000.00 ms");
    let failed = report("f-1", &trace(3)).replace("\tXRAY", "\tStatus: timeout\tXRAY");
    let reached = json!({"level": "INFO", "traceId": trace(4), "milestone": "PAID", "correlation_id": "order-4"});
    let exception = "2026-11-20T08:40:00.345Z\te-1\tERROR\tInvoke Error\t{\"errorType\":\"TypeError\",\"errorMessage\":\"x\",\"stack\":[]}";
    let deliveries = [
        vec![report("q-1", &trace(1)), slow, failed],
        vec![reached.to_string(), exception.to_owned()],
        vec![report("e-1", &trace(5)), json!({"traceId": trace(6), "orderId": "4711"}).to_string()],
        vec![json!({"traceId": trace(7), "correlation_id": "order-7", "message": "quiet"}).to_string()],
        // In one delivery, too.
        vec![report("e-2", &trace(8)), exception.replace("e-1", "e-2")],
    ];
    let embedded = Embedded::start(0, None).await.unwrap();
    let topic = Topic::default();
    let context = parser(interesting(&embedded), &topic);
    for (i, lines) in deliveries.iter().enumerate() {
        let lines: Vec<_> = lines.iter().map(|line| (START_MS + i as i64, line.as_str())).collect();
        let payload = Stream::of("loom", &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, START_MS).await.unwrap();
    }
    let table = embedded.table();
    let found = table.transactions(START_MS - 3_600_000, START_MS + 3_600_000, START_MS).await.unwrap();
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), [2, 3, 4, 5, 6, 8].map(trace));
    assert_eq!([5, 8].map(|i| found[&trace(i)].errors()), [1, 1]);
    assert_eq!(table.transaction("order-4").await.unwrap().milestones().len(), 1);
    assert_eq!(table.transaction("order-7").await.unwrap().members.len(), 0);
    let function = table.functions().await.unwrap().remove(0);
    let rollups = table.rollups(&function, START_MS - 3_600_000, START_MS + 3_600_000, START_MS).await.unwrap();
    assert_eq!(rollups.values().map(|rollup| rollup.get(Counter::Invocations)).sum::<u64>(), 5);
}

#[tokio::test]
async fn what_failed_is_kept_longer_with_all_that_belongs_to_it() {
    let embedded = Embedded::start(0, None).await.unwrap();
    let topic = Topic::default();
    let context = parser(embedded.table().tuned(Tuning { is_searchable: true, ..Tuning::default() }), &topic);
    let quiet = "1-6a52d530-00000000000000000000beef";
    let deliveries = [
        vec![report("a-1", TRACE), report("q-1", quiet)],
        vec![report("b-1", TRACE).replace("\tXRAY", "\tStatus: timeout\tXRAY")],
        vec!["2026-11-20T08:40:00.345Z a-1 Task timed out after 3.00 seconds".to_owned()],
        vec![json!({"level": "INFO", "function_request_id": "a-1", "orderId": 4711}).to_string()],
        vec![json!({"level": "INFO", "trace_id": TRACE, "orderId": 4711}).to_string()],
    ];
    for (i, lines) in deliveries.iter().enumerate() {
        let lines: Vec<_> = lines.iter().map(|line| (START_MS + i as i64, line.as_str())).collect();
        let payload = Stream::of(&format!("loom-{i}"), &lines).payload(Envelope::Subscription).to_string();
        lamplight_parser::handle(&payload, &context, START_MS).await.unwrap();
    }
    let days = async |prefix: &str| {
        let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let meant = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with(prefix));
        let expiries = meant.map(|item| item["expires_at"].as_n().unwrap().parse::<i64>().unwrap() - START_MS / 1000);
        let mut days: Vec<_> = expiries.map(|seconds| seconds / 86_400).collect();
        days.sort_unstable();
        days
    };
    assert_eq!(days("trace#").await, [14, 14, 14, 14]);
    let keeper =
        lamplight_keeper::Context { table: embedded.table(), topic: &topic, emails: lamplight_alerts::Emails::Show };
    for now_ms in [START_MS + 60_000, START_MS + 3_660_000] {
        lamplight_keeper::handle(&keeper, now_ms).await.unwrap();
    }
    assert_eq!(days("trace#").await, [14, 30, 30, 30]);
    // What is said of the request, and its ties and those of another, which is not meant.
    assert_eq!((days("request#").await, days("traces#").await.last().copied()), (vec![14, 30, 30, 30], Some(30)));
    assert_eq!((days("label#").await, days("label-request#").await), (vec![30], vec![30]));
    let later_ms = START_MS + 20 * 86_400_000;
    let found = embedded.table().transactions(START_MS - 3_600_000, START_MS + 3_600_000, later_ms).await.unwrap();
    assert_eq!(found[TRACE].members.len(), 5);
    let labelled =
        async |from_ms| embedded.table().labelled_transactions("orderId", "4711", from_ms).await.unwrap().len();
    assert_eq!((labelled(START_MS - 60_000).await, labelled(START_MS + 60_000).await), (1, 0));
}

/// What is asked of the table by a value, and by filters.
#[test]
fn transactions_are_found_by_their_labels_and_filters() {
    let local = Local::start(&["--searchable-field", "orderId"]);
    let shifted = |stream: Stream| {
        let now_ms = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000;
        let events = stream.events.iter().cloned();
        let events = events.map(|mut event| {
            event.timestamp = now_ms;
            event
        });
        Stream { events: events.collect(), ..stream }
    };
    // Spans have times of their own.
    for stream in streams().into_iter().take(2).map(shifted) {
        assert_eq!(local.invoke(&stream.payload(Envelope::Subscription)).error(), None);
    }
    let found = |filters: &[&str]| {
        let list = local.read(&[&["transactions"], filters].concat()).json();
        let ids = list["transactions"].as_array().unwrap().iter();
        ids.map(|found| found["trace_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["--label", "orderId=4711"]), [TRACE]);
    assert_eq!(found(&["--label", "orderId=4712"]), ["order-2"]);
    assert_eq!(found(&["--label", "orderId=1"]), [""; 0]);
    assert_eq!(found(&["--milestone", "PAID"]), [TRACE]);
    assert_eq!(found(&["--function", "pay*", "--failed"]), [TRACE]);
    assert_eq!(found(&["--slower-than", "100m"]).len(), 0);
}

/// The line that has the value names only its request, and the report only its trace, in deliveries of their own.
#[tokio::test]
async fn a_value_that_names_only_its_request_finds_the_transaction_whichever_comes_first() {
    let ordered = json!({"level": "INFO", "requestId": "3f1c2b1a-1111-4222-8333-444455556666", "orderId": 4711});
    let told = [ordered.to_string(), report("3f1c2b1a-1111-4222-8333-444455556666", TRACE)];
    for (keep, order) in [(Keep::All, [0, 1]), (Keep::All, [1, 0]), (Keep::Interesting, [0, 1])] {
        let (embedded, topic) = (Embedded::start(0, None).await.unwrap(), Topic::default());
        let tuning = Tuning { is_searchable: true, spares_busy_issues: true, keep, ..Tuning::default() };
        let mut context = parser(embedded.table().tuned(tuning), &topic);
        context.searchable_fields = vec!["orderId".to_owned()];
        let found = async || {
            let found = embedded.table().labelled_transactions("orderId", "4711", START_MS - 1_000).await.unwrap();
            found.into_keys().collect::<Vec<_>>()
        };
        for (i, line) in order.into_iter().enumerate() {
            assert_eq!(found().await, [""; 0], "{keep:?}, {order:?}");
            let payload = Stream::of("orders", &[(START_MS + i as i64, &told[line])]).payload(Envelope::Subscription);
            lamplight_parser::handle(&payload.to_string(), &context, START_MS).await.unwrap();
        }
        assert_eq!(found().await, [TRACE], "{keep:?}, {order:?}");
        // A function of which every line has a value says nothing too often.
        for i in 0..40 {
            let line = ordered.to_string().replace("444455556666", &format!("4444555566{i:02}"));
            let payload = Stream::of("orders", &[(START_MS + i, &line)]).payload(Envelope::Subscription);
            lamplight_parser::handle(&payload.to_string(), &context, START_MS).await.unwrap();
        }
        let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let of_values = items.iter().filter(|item| item["pk"].as_s().unwrap() == "label-request#orderId=4711");
        assert_eq!(of_values.count(), 41);
    }
}

#[test]
fn a_trace_is_shown_and_exported() {
    let local = Local::start(&[]);
    for stream in streams() {
        assert_eq!(local.invoke(&stream.payload(Envelope::Subscription)).error(), None);
    }
    let show = |output: &str| {
        run(["trace", TRACE, "--endpoint-url", &local.table_url, "--table", "lamplight", "--output", output])
    };
    let table = show("table").stdout;
    assert!(["no card", "PAID", "S3", "Calls to others"].iter().all(|words| table.contains(words)), "{table}");
    let digits = TRACE[2..].replace('-', "");
    assert_eq!(show("otlp").json()["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"], digits);
    assert_eq!(show("jaeger").json()["data"][0]["traceID"], digits);
    assert_eq!(show("json").json()["correlation_ids"], json!(["order-1"]));
    for form in [format!(" {} ", TRACE.to_uppercase()), format!("0x{digits}"), format!("{digits}-00f067aa0ba902b7-1")] {
        let shown =
            run(["trace", &form, "--endpoint-url", &local.table_url, "--table", "lamplight", "--output", "json"]);
        assert_eq!(shown.json()["trace_id"], TRACE, "{form}");
    }
}

/// The sample with a queue and three functions that take from it: the map is what it is, though no span tells of most of
/// it, and clocks differ. The picture in the documentation is this one; `LAMPLIGHT_DRAW=1` draws it anew.
#[test]
fn the_map_of_the_sample_is_what_it_is_and_its_picture_is_the_one_that_is_shown() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let local = Local::start(&[&format!("{root}/samples/parcels/logs")]);
    let since = ["map", "--since", "2026-11-20"];
    let map = local.read(&since).json();
    let edges = map["edges"].as_array().unwrap().iter();
    let edges: Vec<_> = edges
        .map(|edge| {
            let name = |name: &str| edge[name].as_str().unwrap().to_owned();
            (name("from"), name("to"), edge["inferred"].as_bool().unwrap(), edge["calls"].as_u64().unwrap())
        })
        .collect();
    let inferred = [
        ("parcel-api", "route-planner", 32),
        ("parcel-api", "stock-booker", 32),
        ("parcel-api", "label-printer", 30),
        ("label-printer", "customer-notifier", 29),
    ];
    let observed =
        [("label-printer", "AWS::S3", 13), ("parcel-api", "AWS::DynamoDB", 12), ("parcel-api", "AWS::SQS", 12)];
    let expected = inferred.map(|edge| (edge, true)).into_iter().chain(observed.map(|edge| (edge, false)));
    let expected: Vec<_> =
        expected.map(|((from, to, calls), inferred)| (from.to_owned(), to.to_owned(), inferred, calls)).collect();
    assert_eq!(edges, expected);
    let table = ["--endpoint-url", &local.table_url, "--table", "lamplight", "--output", "svg"];
    let drawn = run(since.iter().chain(&table)).stdout;
    let picture = format!("{root}/docs/images/map.svg");
    if std::env::var_os("LAMPLIGHT_DRAW").is_some() {
        std::fs::write(&picture, &drawn).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&picture).unwrap_or_default(), drawn);
}

#[test]
fn a_map_is_read_and_drawn() {
    let local = Local::start(&[]);
    for stream in streams() {
        assert_eq!(local.invoke(&stream.payload(Envelope::Subscription)).error(), None);
    }
    let map = |arguments: &[&str]| {
        let table = ["--endpoint-url", &local.table_url, "--table", "lamplight", "--since", "2026-11-20"];
        run(["map"].iter().chain(&table).chain(arguments))
    };
    let json = map(&["--output", "json"]).json();
    let edge = |from: &str, to: &str| {
        let mut edges = json["edges"].as_array().unwrap().iter();
        edges.find(|edge| edge["from"] == from && edge["to"] == to).unwrap().clone()
    };
    let (observed, inferred) = (edge("orders", "S3"), edge("orders", "payments"));
    assert_eq!((&observed["inferred"], &observed["calls"]), (&json!(false), &json!(2)));
    assert_eq!((&inferred["inferred"], &inferred["errors"]), (&json!(true), &json!(1)));
    assert_eq!(inferred["hours"][0]["at"], "2026-11-20T08:00:00.000Z");
    assert_eq!(map(&["--output", "json", "--function", "nobody"]).json(), json!({"nodes": [], "edges": []}));
    assert!(map(&[]).stdout.contains("observed") && map(&["--function", "nobody"]).stdout.contains("no calls"));
    assert!(map(&["--output", "dot"]).stdout.contains("\"orders\" -> \"payments\""));
    assert!(map(&["--output", "svg"]).stdout.starts_with("<svg "));
}
