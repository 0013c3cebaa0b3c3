mod policies;

use lamplight_alerts::alarm::Alarm;
use serde_json::{Value, json};

use super::*;

const HOOK: &str = "https://hooks.example/secret";

fn alert(change: impl FnOnce(&mut lamplight_alerts::Alert)) -> Notice {
    let issue = json!({"fingerprint": "1b2c3d4e5f607182", "kind": "exception", "state": "new", "account": "310298765411",
        "region": "eu-central-1", "function": "ferry", "title": "TypeError: x is undefined", "count": 3,
        "first_seen": "2026-11-20T08:47:12.345Z",
        "sample": {"message": "TypeError: x is undefined\n    at handler (/var/task/index.js:4:2)",
            "request_id": "9a1e-1", "log_group": "/aws/lambda/ferry"}});
    let alert = json!({"lamplight": 1, "alert_id": "1b-1", "reason": "new", "severity": "error", "issue": issue});
    let mut alert = lamplight_alerts::Alert::parse(&alert.to_string()).unwrap();
    change(&mut alert);
    Notice::Alert(Box::new(alert))
}

fn alarm(state: &str) -> Notice {
    let alarm = json!({"AlarmName": "high water", "NewStateValue": state, "NewStateReason": "3 > 2",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:310298765411:alarm:high water"});
    Notice::Alarm(Alarm::parse(&alarm.to_string()).unwrap())
}

fn sent(form: &dyn Form, notices: &[Notice]) -> Value {
    serde_json::from_str(&form.request(notices, 1_795_164_420_000).unwrap().body).unwrap()
}

/// What may be logged at its worst, in every place of a notice.
fn hostile() -> Vec<Vec<Notice>> {
    let texts = [
        "😀\u{1b}[31m".repeat(30_000),
        "\"\\".repeat(50_000),
        "line of a stack\n".repeat(9_000),
        "``` [x](https://evil.example) **b** <@1> @everyone ".repeat(900),
        "&<>".repeat(50_000),
        " ".to_owned(),
    ];
    let of = |text: String| {
        let alert = alert(|alert| {
            let issue = &mut alert.issue;
            for part in [&mut issue.function, &mut issue.title, &mut issue.account, &mut issue.sample.message] {
                *part = text.clone();
            }
            issue.fingerprint = text.clone();
            let sample = &mut issue.sample;
            for part in [&mut sample.request_id, &mut sample.trace_id, &mut sample.log_group] {
                *part = Some(text.clone());
            }
        });
        let alarm = json!({"AlarmName": text, "AlarmDescription": text, "NewStateValue": "ALARM", "NewStateReason": text,
            "OldStateValue": text, "StateChangeTime": text, "Trigger": {"MetricName": text}});
        let other = Notice::Other { subject: Some(text.clone()), text };
        let many: Vec<_> = [&alert, &other].into_iter().cloned().cycle().take(500).collect();
        vec![vec![alert], vec![Notice::of(None, &alarm.to_string())], vec![other], many[..4].to_vec(), many]
    };
    texts.into_iter().flat_map(of).collect()
}

#[test]
fn the_line_decides_who_it_is() {
    for (line, name) in [
        ("https://hooks.slack.com/services/T0/B0/x", "Slack"),
        ("https://chat.example/hooks/x", "Slack"),
        ("http://127.0.0.1:9797/services/x", "Slack"),
        ("https://discord.com/api/webhooks/1/x/slack", "Slack"),
        ("https://discord.com.evil.example/api/webhooks/1/x", "Slack"),
        ("https://discord.com/api/webhooks/1/x", "Discord"),
        ("https://canary.discord.com/api/webhooks/1/x?wait=true", "Discord"),
        ("https://harbour.webhook.office.com/webhookb2/x", "Microsoft Teams"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=y", "Microsoft Teams"),
        ("https://x.environment.api.powerplatform.com:443/workflows/x", "Microsoft Teams"),
        ("pagerduty:0123456789abcdef", "PagerDuty"),
        ("pagerduty-eu:0123456789abcdef", "PagerDuty"),
        ("slack-bot:xoxb-1-2-abc:C0123ABCD", "the Slack bot"),
        ("webhook:s3cret:https://hooks.example/x", "the webhook"),
    ] {
        assert_eq!(named(line).unwrap().name(), name, "{line}");
    }
    for line in [
        "",
        "xyzzy",
        "ftp://x",
        "https://",
        "https://a b",
        "pagerduty:",
        "pagerduty:a b",
        "slack-bot:xoxb-1",
        "slack-bot:xoxb-1:#alerts",
        "slack-bot:xo xb:C1",
        "webhook:x",
        "webhook::https://x",
    ] {
        assert!(named(line).is_none(), "{line}");
    }
}

#[test]
fn teams_gets_a_card_below_28_kb() {
    let card = sent(&Teams::new(HOOK), &[alert(|_| ())]);
    let all = card.to_string();
    assert_eq!(card["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    for part in
        ["Unhandled exception in ferry, 3 times since 2026-11-20 08:47:12 UTC", "index.js:4:2", "Action.OpenUrl"]
    {
        assert!(all.contains(part), "{part}: {all}");
    }
    for notices in hostile() {
        let card = sent(&Teams::new(HOOK), &notices);
        let content = &card["attachments"][0]["content"];
        assert!(card.to_string().len() < 28_000, "{}", card.to_string().len());
        for block in content["body"].as_array().unwrap() {
            assert_eq!(block["type"], "RichTextBlock", "text of others is not read as mark-up");
            assert!(block["inlines"].as_array().unwrap().iter().all(|run| !run["text"].as_str().unwrap().is_empty()));
        }
    }
}

#[test]
fn discord_gets_an_embed_within_its_limits_that_mentions_nobody() {
    let message = sent(&Discord::new(HOOK), &[alert(|_| ())]);
    assert!(message["content"].as_str().unwrap().contains("Unhandled exception in ferry"), "{message}");
    assert!(message["embeds"][0]["description"].as_str().unwrap().contains("index.js:4:2"), "{message}");
    let count = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    for notices in hostile() {
        let message = sent(&Discord::new(HOOK), &notices);
        assert_eq!(message["allowed_mentions"], json!({"parse": []}));
        assert!((1..=2_000).contains(&count(&message["content"])));
        let embed = &message["embeds"][0];
        let mut all = count(&embed["title"]) + count(&embed["description"]) + count(&embed["footer"]["text"]);
        assert!(count(&embed["title"]) <= 256 && count(&embed["description"]) <= 4_096);
        for field in embed["fields"].as_array().unwrap() {
            assert!(
                (1..=256).contains(&count(&field["name"])) && (1..=1_024).contains(&count(&field["value"])),
                "{field}"
            );
            all += count(&field["name"]) + count(&field["value"]);
        }
        assert!((1..=6_000).contains(&all), "{all}");
        let description = embed["description"].as_str().unwrap_or_default();
        assert!(matches!(description.matches("```").count(), 0 | 2), "{description}");
        assert!(!embed["title"].to_string().contains("](https"), "{}", embed["title"]);
    }
}

#[test]
fn pagerduty_gets_an_incident_for_each_issue_and_the_end_of_an_alarm() {
    let form = PagerDuty::new("0123abcd");
    assert_eq!(form.at_once(), AtOnce::UpTo(1));
    let event = sent(&form, &[alert(|_| ())]);
    assert_eq!((&event["event_action"], &event["routing_key"]), (&json!("trigger"), &json!("0123abcd")));
    assert_eq!(event["dedup_key"], "1b2c3d4e5f607182");
    assert_eq!((&event["payload"]["severity"], &event["payload"]["source"]), (&json!("error"), &json!("ferry")));
    let (off, on) = (sent(&form, &[alarm("ALARM")]), sent(&form, &[alarm("OK")]));
    assert_eq!((&off["event_action"], &on["event_action"]), (&json!("trigger"), &json!("resolve")));
    assert_eq!(off["dedup_key"], on["dedup_key"]);
    assert_eq!(form.request(&[alarm("INSUFFICIENT_DATA")], 0).map(|outgoing| outgoing.body), None);
    for notices in hostile() {
        let event = sent(&form, &notices[..1]);
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert!((1..=1_024).contains(&length(&event["payload"]["summary"])), "{event}");
        assert!((1..=255).contains(&length(&event["dedup_key"])) && event.to_string().len() < 512_000);
        assert!(!event["payload"]["source"].as_str().unwrap().is_empty(), "{event}");
    }
}

fn change(what: &str) -> Notice {
    let change = json!({"lamplight": 1, "alert_id": "1b-2", "change": {"what": what, "at": "2026-11-20T08:48:00.000Z",
        "by": "ada"}, "issue": {"fingerprint": "1b2c3d4e5f607182", "kind": "exception", "state": what,
        "account": "310298765411", "region": "eu-central-1", "function": "ferry", "title": "TypeError"}});
    Notice::of(None, &change.to_string())
}

#[test]
fn what_was_done_with_an_issue_ends_its_incident_and_is_no_message_elsewhere() {
    let (resolved, muted) = ([change("resolved")], [change("muted")]);
    let forms: [Box<dyn Form>; 4] = [
        Box::new(Slack::new(HOOK)),
        Box::new(SlackBot::new("xoxb-1", "C1")),
        Box::new(Teams::new(HOOK)),
        Box::new(Discord::new(HOOK)),
    ];
    for form in forms {
        assert!(form.request(&resolved, 0).is_none(), "{}", form.name());
    }
    let pager_duty = PagerDuty::new("0123abcd");
    let event = sent(&pager_duty, &resolved);
    let incident = sent(&pager_duty, &[alert(|_| ())]);
    assert_eq!((&event["event_action"], &event["dedup_key"]), (&json!("resolve"), &incident["dedup_key"]));
    assert!(pager_duty.request(&muted, 0).is_none());
    let signed = sent(&Signed::new("s3cret", HOOK), &muted);
    assert_eq!(signed["notices"][0]["type"], "change");
    assert_eq!(
        signed["notices"][0]["change"]["change"],
        json!({"what": "muted", "at": "2026-11-20T08:48:00.000Z",
        "by": "ada"})
    );
}

#[test]
fn buttons_are_on_alerts_of_issues_where_they_are_wanted() {
    let mut forms: [Box<dyn Form>; 2] = [Box::new(Slack::new(HOOK)), Box::new(SlackBot::new("xoxb-1", "C1"))];
    for form in &mut forms {
        let has_buttons = |form: &dyn Form, notices: &[Notice]| sent(form, notices).to_string().contains("mute_1d");
        let (one, many) = ([alert(|_| ())], vec![alert(|_| ()); 4]);
        assert!(!has_buttons(form.as_ref(), &one));
        form.show_buttons();
        assert!(has_buttons(form.as_ref(), &one) && !has_buttons(form.as_ref(), &many));
        assert!(!has_buttons(form.as_ref(), &[alarm("ALARM")]));
    }
}

/// The signature was made with Python's `hmac`.
#[test]
fn a_webhook_can_verify_its_signature() {
    let form = Signed::new("s3cret", HOOK);
    let outgoing = form.request(&[Notice::of(None, "the crane is down")], 1_795_164_420_000).unwrap();
    assert_eq!(
        outgoing.body,
        r#"{"lamplight":1,"notices":[{"subject":null,"text":"the crane is down","type":"message"}]}"#
    );
    assert_eq!(
        outgoing.headers,
        [(
            signed::SIGNATURE,
            "t=1795164420,v1=9f96600f9228814c65bf6f01a5dba0efa30556edeb6a872908cb125bb8e321ac".to_owned()
        )]
    );
}
