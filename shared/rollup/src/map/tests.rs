use lamplight_logs::SpanKind;
use proptest::prelude::*;

use super::examples::{START_MS, call, edges, failed, in_request, member, story, work};
use super::*;
use crate::transaction::member::Report;
use crate::transaction::{Member, MemberKey, TraceSpan};

fn edges_of(members: &[(MemberKey, Member)], spans: &[TraceSpan]) -> Vec<String> {
    edges(&Map::of([&story(members, spans)]))
}

#[test]
fn a_call_leads_from_its_function_to_the_service_that_it_names() {
    let broken = TraceSpan { http_status: Some(503), start_us: START_MS * 1000 + 1, ..call("b", None, "shop", "S3") };
    let unnamed = TraceSpan { remote_service: None, ..call("c", None, "shop", "") };
    let map = Map::of([&story(&[member("shop", "r", 0, 9)], &[call("a", None, "shop", "S3"), broken, unnamed])]);
    assert_eq!(edges(&map), ["shop → GET / 0/1", "shop → S3 1/2"]);
    let found = map.edges();
    let (hour, traffic) = found.values().next_back().unwrap().first_key_value().unwrap();
    assert_eq!((hour.to_string().as_str(), traffic.latency_us), ("hour#2026-11-20T08Z", 3_999));
    assert_eq!((traffic.latency_max_us, traffic.latency.count()), (2_000, 2));
    assert_eq!(map.nodes["shop"], Node { is_function: true, invocations: 1, errors: 0 });
    assert_eq!(map.nodes["S3"], Node::default());
}

#[test]
fn calls_that_began_in_two_hours_are_told_apart() {
    let later = TraceSpan {
        start_us: (START_MS + 3_600_000) * 1000,
        end_us: (START_MS + 3_600_000) * 1000,
        ..call("b", None, "shop", "S3")
    };
    let map = Map::of([&story(&[], &[call("a", None, "shop", "S3"), later])]);
    let hours: Vec<_> =
        map.edges().into_values().flatten().map(|(hour, traffic)| (hour.to_string(), traffic.calls)).collect();
    assert_eq!(hours, [("hour#2026-11-20T08Z".to_owned(), 1), ("hour#2026-11-20T09Z".to_owned(), 1)]);
}

#[test]
fn who_answers_a_call_stands_for_the_service_that_it_names() {
    let members = [member("shop", "r", 0, 9), member("pay", "s", 1, 8)];
    let spans = [call("a", None, "shop", "lambda.amazonaws.com"), work("b", Some("a"), "pay", SpanKind::Server)];
    assert_eq!(edges_of(&members, &spans), ["shop → pay 0/1"]);
    // Without the span of the answer, the name is enough.
    let map = Map::of([&story(&members, &[call("a", None, "shop", "pay")])]);
    assert_eq!(edges(&map), ["shop → pay 0/1"]);
    assert!(map.nodes.len() == 2 && map.nodes.values().all(|node| node.is_function), "{map:?}");
}

#[test]
fn a_message_reaches_all_who_take_it_and_work_within_anothers_span_was_called() {
    let sent = TraceSpan { kind: SpanKind::Producer, ..call("a", None, "shop", "orders") };
    let spans = [
        sent,
        work("b", Some("a"), "pay", SpanKind::Consumer),
        work("c", Some("a"), "mailer", SpanKind::Consumer),
        work("d", Some("c"), "mailer", SpanKind::Internal),
        work("e", Some("d"), "templates", SpanKind::Unspecified),
    ];
    assert_eq!(edges_of(&[], &spans), ["mailer → templates 0/1", "shop → mailer 0/1", "shop → pay 0/1"]);
}

#[test]
fn a_function_that_invokes_itself_has_an_edge_to_itself_and_is_still_inferred() {
    let members = [member("shop", "r", 0, 9), member("crane", "s", 1, 8), member("crane", "t", 2, 7)];
    let spans = [
        in_request(call("a", None, "crane", "AWS::Lambda"), "s"),
        in_request(work("b", Some("a"), "crane", SpanKind::Server), "t"),
    ];
    assert_eq!(edges_of(&members, &spans), ["crane → crane 0/1", "shop ⇢ crane 0/2"]);
}

#[test]
fn spans_of_an_invocation_are_its_functions_whatever_they_call_their_service() {
    let members = [
        member("aws/spans", "r", 0, 9),
        member("card-service", "r", 0, 9),
        member("card-service", "", 1, 2),
        (member("pay", "r", 0, 9).0, Member { report: Some(Report::default()), ..member("pay", "r", 0, 9).1 }),
        member("shop", "s", -5, 20),
    ];
    let spans = [
        in_request(work("a", None, "card-service", SpanKind::Server), "r"),
        work("b", Some("a"), "card-service", SpanKind::Internal),
        call("c", Some("b"), "card-service", "S3"),
    ];
    let map = Map::of([&story(&members, &spans)]);
    assert_eq!(edges(&map), ["pay → S3 0/1", "shop ⇢ pay 0/1"]);
    assert_eq!(map.nodes.keys().collect::<Vec<_>>(), ["S3", "pay", "shop"]);
}

#[test]
fn what_answers_a_call_is_not_its_callers_though_both_name_one_service() {
    let spans = [
        in_request(call("a", None, "app", "AWS::Lambda"), "r"),
        work("b", Some("a"), "app", SpanKind::Server),
        call("c", Some("b"), "app", "S3"),
    ];
    assert_eq!(edges_of(&[member("shop", "r", 0, 9)], &spans), ["app → S3 0/1", "shop → app 0/1"]);
}

#[test]
fn a_function_with_a_long_name_is_one_with_its_spans() {
    let name = "n".repeat(300);
    let spans = [in_request(call("a", None, &name[..128], "S3"), "r"), call("b", None, &name[..128], "S3")];
    let map = Map::of([&story(&[member(&name, "r", 0, 9), member(&name, "", 0, 9)], &spans)]);
    assert_eq!(map.nodes.keys().collect::<Vec<_>>(), ["S3", &name[..128]]);
}

#[test]
fn what_no_span_tells_of_is_inferred_from_the_order_and_marked() {
    let report = Report { duration_us: 7_500, ..Report::default() };
    let (key, paid) = failed(member("pay", "b", 10, 30));
    let members =
        [member("shop", "a", 0, 40), (key, Member { report: Some(report), ..paid }), member("mail", "c", 35, 36)];
    let map = Map::of([&story(&members, &[])]);
    assert_eq!(edges(&map), ["pay ⇢ mail 0/1", "shop ⇢ pay 1/1"]);
    let latencies: Vec<_> = map.edges().into_values().flatten().map(|(_, traffic)| traffic.latency_us).collect();
    assert_eq!(latencies, [1_000, 7_500]);
    assert_eq!(map.nodes["pay"], Node { is_function: true, invocations: 1, errors: 1 });
    // To whom a span tells of a call, no other leads.
    let spans = [call("a", None, "shop", "mail")];
    assert_eq!(edges_of(&members, &spans), ["shop → mail 0/1", "shop ⇢ pay 1/1"]);
}

#[test]
fn retries_are_calls_from_the_same_caller() {
    let members = [
        member("shop", "a", 0, 5),
        failed(member("pay", "b", 10, 20)),
        member("mail", "c", 15, 16),
        failed(member("pay", "d", 1_000, 1_010)),
        member("pay", "e", 3_000, 3_010),
    ];
    assert_eq!(edges_of(&members, &[]), ["pay ⇢ mail 0/1", "shop ⇢ pay 2/3"]);
}

#[test]
fn tries_of_one_request_are_calls_each() {
    let took = |to_ms: i64, duration_us, status: Option<&str>| {
        let (key, member) = member("work", "w-1", to_ms, to_ms);
        let status = status.map(str::to_owned);
        let report = Report { duration_us, reported_ms: START_MS + to_ms, status, ..Report::default() };
        (key, Member { errors: member.errors, ..Member::measured(report) })
    };
    let tries = [
        failed(took(1_100, 1_000_000, Some("timeout"))),
        took(62_100, 1_000_000, Some("timeout")),
        took(190_000, 2_000, None),
    ];
    let map = Map::of([&story(&[[member("api", "a-1", 0, 50)].to_vec(), tries.to_vec()].concat(), &[])]);
    assert_eq!(edges(&map), ["api ⇢ work 2/3"]);
    assert_eq!((map.nodes["work"].invocations, map.nodes["work"].errors), (3, 2));
    // No report says which of them failed.
    let untold = [failed(took(1_100, 1_000_000, None)), took(190_000, 2_000, None)];
    let map = Map::of([&story(&[[member("api", "a-1", 0, 50)].to_vec(), untold.to_vec()].concat(), &[])]);
    assert_eq!(edges(&map), ["api ⇢ work 1/2"]);
}

#[test]
fn two_branches_are_two_edges_where_spans_tell_and_a_chain_where_they_do_not() {
    let members = [member("shop", "a", 0, 50), member("pay", "b", 10, 20), member("stock", "c", 30, 40)];
    let calls = [call("x", None, "shop", "pay"), call("y", None, "shop", "stock")];
    assert_eq!(edges_of(&members, &calls), ["shop → pay 0/1", "shop → stock 0/1"]);
    assert_eq!(edges_of(&members, &calls[..1]), ["pay ⇢ stock 0/1", "shop → pay 0/1"]);
    // Both began at once: who waits for the others began first, and names decide the rest.
    let at_once = [member("shop", "a", 0, 50), member("pay", "b", 0, 20), member("card", "c", 0, 20)];
    assert_eq!(edges_of(&at_once, &[]), ["card ⇢ pay 0/1", "shop ⇢ card 0/1"]);
}

#[test]
fn of_branches_that_begin_in_any_order_each_is_called_by_who_begins_before_both() {
    let stories: Vec<_> = (0..10)
        .map(|i| {
            let (pay, stock) = if i % 2 == 0 { (10, 12) } else { (14, 11) };
            story(&[member("shop", "a", 0, 5), member("pay", "b", pay, 20), member("stock", "c", stock, 19)], &[])
        })
        .collect();
    assert_eq!(edges(&Map::of(&stories)), ["shop ⇢ pay 0/10", "shop ⇢ stock 0/10"]);
    // Clocks that differ now and then change nothing.
    let skewed = story(&[member("shop", "a", 5, 9), member("pay", "b", 4, 20), member("stock", "c", 12, 19)], &[]);
    let map = Map::of(stories.iter().chain([&skewed]));
    assert_eq!(edges(&map), ["shop ⇢ pay 0/11", "shop ⇢ stock 0/11"]);
}

#[test]
fn of_several_that_always_begin_before_it_the_one_it_follows_most_regularly_is_the_caller() {
    let stories: Vec<_> = (0..6)
        .map(|i| {
            let (pay, stock) = (10 + 7 * i, 11 + 3 * (i % 3));
            let mail = pay + 30;
            let members = [
                member("shop", "a", 0, 5),
                member("pay", "b", 6, pay),
                member("stock", "c", 7, stock),
                member("mail", "d", mail, mail + 1),
            ];
            story(&members, &[])
        })
        .collect();
    let found = edges(&Map::of(&stories));
    assert!(found.contains(&"pay ⇢ mail 0/6".to_owned()), "{found:?}");
    // Few do not tell: it is who began last.
    let found = edges(&Map::of(&stories[..2]));
    assert!(found.contains(&"stock ⇢ mail 0/2".to_owned()), "{found:?}");
}

#[test]
fn how_regular_a_time_is_does_not_depend_on_how_long_it_is() {
    let stories: Vec<_> = (0..10)
        .map(|i| {
            let members = [
                member("pay", "b", 0, 10),
                member("stock", "c", 5, if i == 0 { 1_000 } else { 920 }),
                member("mail", "d", 1_010 + i64::from(i != 0), 1_020),
            ];
            story(&members, &[])
        })
        .collect();
    let found = edges(&Map::of(&stories));
    assert!(found.contains(&"pay ⇢ mail 0/10".to_owned()), "{found:?}");
}

#[test]
fn a_caller_that_spans_tell_of_is_the_caller_where_they_do_not() {
    let members = [member("shop", "a", 0, 5), member("stock", "c", 6, 9), member("pay", "b", 10, 20)];
    let stories = [story(&members, &[call("x", None, "shop", "pay")]), story(&members, &[])];
    let found = edges(&Map::of(&stories));
    assert_eq!(found, ["shop → pay 0/1", "shop ⇢ pay 0/1", "shop ⇢ stock 0/2"]);
}

#[test]
fn clocks_that_differ_make_no_negative_latency() {
    let backwards = TraceSpan { end_us: START_MS * 1000 - 500, ..call("a", None, "pay", "S3") };
    let absurd = TraceSpan { start_us: i64::MIN, end_us: i64::MAX, ..call("b", None, "pay", "S3") };
    let members = [member("shop", "a", 1, -3), member("pay", "b", 0, 2), member("mail", "c", -START_MS, 0)];
    let map = Map::of([&story(&members, &[backwards, absurd])]);
    assert_eq!(edges(&map), ["pay → S3 0/2", "pay ⇢ shop 0/1"]);
    let inferred = map.edges().into_iter().find(|(edge, _)| edge.inferred).unwrap();
    assert_eq!(inferred.1.values().map(|traffic| traffic.latency_us).sum::<u64>(), 0);
}

#[test]
fn what_names_no_invocation_belongs_to_one_or_stands_for_one() {
    let members = [
        member("shop", "a", 0, 5),
        member("shop", "b", 6, 7),
        failed(member("shop", "", 2, 3)),
        failed(member("pay", "", 8, 9)),
        member("web", "", -1, 20),
    ];
    let map = Map::of([&story(&members, &[work("x", None, "web", SpanKind::Server)])]);
    assert_eq!(edges(&map), ["shop ⇢ pay 1/1", "web ⇢ shop 1/2"]);
    assert_eq!(map.nodes["shop"], Node { is_function: true, invocations: 2, errors: 1 });
    assert_eq!(map.nodes["pay"], Node { is_function: true, invocations: 1, errors: 1 });
    assert!(!map.nodes["web"].is_function);
}

#[test]
fn parents_that_run_in_a_circle_end() {
    let spans = [
        work("a", Some("b"), "pay", SpanKind::Internal),
        work("b", Some("a"), "pay", SpanKind::Internal),
        work("c", Some("c"), "pay", SpanKind::Internal),
        call("d", Some("b"), "pay", "S3"),
        work("e", Some("f"), "shop", SpanKind::Internal),
        work("f", Some("e"), "mail", SpanKind::Internal),
    ];
    assert_eq!(edges_of(&[], &spans), ["mail → shop 0/1", "pay → S3 0/1", "shop → mail 0/1"]);
}

#[test]
fn the_largest_transaction_that_is_kept_is_folded() {
    let members: Vec<_> = (0..5_000).map(|i| member(&format!("f{}", i % 1_000), &format!("r{i}"), i, i + 5)).collect();
    let spans: Vec<_> = (0..2_000)
        .map(|i| in_request(call(&format!("s{i}"), Some(&format!("s{}", i - 1)), "app", "S3"), &format!("r{}", i * 2)))
        .collect();
    let chain: Vec<_> = (0..2_000).map(|i| call(&format!("s{i}"), Some(&format!("s{}", i - 1)), "app", "S3")).collect();
    let map = Map::of([&story(&members, &spans), &story(&members, &chain)]);
    let calls = |inferred: bool| {
        let edges = map.edges().into_iter().filter(|(edge, _)| edge.inferred == inferred);
        edges.flat_map(|(_, hours)| hours.into_values()).map(|traffic| traffic.calls).sum::<u64>()
    };
    // Every second of the functions has spans, and each of these calls the next but the last, which calls S3.
    assert_eq!(map.edges().iter().filter(|(edge, _)| edge.to == "S3").count(), 2);
    assert_eq!((calls(false), calls(true)), (4_000, 5_000 + 500 * 5 - 5));
}

/// A transaction of few names, so that they meet.
fn any_story() -> impl Strategy<Value = Transaction> {
    let name = || prop::sample::select(vec!["shop", "pay", "mail", "S3"]);
    let id = || prop::sample::select(vec!["", "a", "b", "c", "d"]);
    let members = prop::collection::vec((name(), id(), -3_i64..4_000_000, 0_i64..50, any::<bool>()), 0..6);
    let spans = prop::collection::vec((id(), id(), name(), name(), 0_usize..SpanKind::ALL.len()), 0..6);
    (members, spans).prop_map(|(members, spans)| {
        let members = members.into_iter().map(|(name, id, from_ms, length_ms, has_failed)| {
            let member = member(name, id, from_ms, from_ms + length_ms);
            if has_failed { failed(member) } else { member }
        });
        let spans = spans.into_iter().map(|(id, parent, service, remote, kind)| TraceSpan {
            kind: SpanKind::ALL[kind],
            request_id: Some(parent.to_owned()),
            ..call(id, Some(parent), service, remote)
        });
        story(&members.collect::<Vec<_>>(), &spans.collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn any_split_and_order_of_transactions_gives_the_same_map(
        stories in prop::collection::vec(any_story(), 0..8),
        cuts in (0_usize..9, 0_usize..9),
    ) {
        let whole = Map::of(&stories);
        prop_assert_eq!(&Map::of(stories.iter().rev()), &whole);
        let (from, to) = (cuts.0.min(cuts.1).min(stories.len()), cuts.0.max(cuts.1).min(stories.len()));
        let [one, two, three] = [&stories[..from], &stories[from..to], &stories[to..]].map(Map::of);
        let merged = |parts: [&Map; 2]| {
            let mut sum = parts[0].clone();
            sum.merge(parts[1]);
            sum
        };
        prop_assert_eq!(&merged([&merged([&one, &two]), &three]), &whole);
        prop_assert_eq!(&merged([&one, &merged([&two, &three])]), &whole);
        prop_assert_eq!(&merged([&three, &merged([&two, &one])]), &whole);
    }
}
