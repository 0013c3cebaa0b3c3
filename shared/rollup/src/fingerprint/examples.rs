//! What a person would call one failure, and what two.

use lamplight_logs::{LogEvent, Source, recognise};

use super::*;
use crate::issue::Issue;

fn key(function: &str) -> FunctionKey {
    FunctionKey { account: "1".into(), region: "eu-west-1".into(), function: function.into() }
}

fn raised(key: &FunctionKey, line: &str) -> (Fingerprint, Issue) {
    let (source, event) = (Source::default(), LogEvent { id: "".into(), timestamp: 0, message: line.into() });
    let fact = recognise(line, &source);
    let detection = fact.detection.unwrap_or_else(|| panic!("{line}"));
    Issue::raised(key, detection, &fact, &source, &event)
}

fn python(error: &str, frames: &[(&str, u32, &str)]) -> String {
    let frames =
        frames.iter().map(|(path, line, name)| format!("\n\u{a0}\u{a0}File \"{path}\", line {line}, in {name}"));
    format!("[ERROR] {error}\nTraceback (most recent call last):{}", frames.collect::<String>())
}

fn python_json(message: &str, line: u32) -> String {
    format!(
        r#"{{"timestamp":"2026-11-20T08:47:12Z","log_level":"ERROR","errorType":"ValueError","errorMessage":"{message}","requestId":"a","stackTrace":["  File \"/var/task/pay.py\", line {line}, in charge\n    raise\n"]}}"#
    )
}

fn node(error: &str, message: &str, frames: &[&str]) -> String {
    let frames = frames.iter().map(|frame| format!(",\"    at {frame}\"")).collect::<String>();
    format!(
        "2026-11-20T08:47:12.345Z\ta-1\tERROR\tInvoke Error \t{{\"errorType\":\"{error}\",\"errorMessage\":\"{message}\",\"stack\":[\"{error}: {message}\"{frames}]}}"
    )
}

fn node_json(message: &str, line: u32) -> String {
    format!(
        r#"{{"timestamp":"2026-11-20T08:47:12.345Z","level":"ERROR","requestId":"3f1c2b1a-1111-4222-8333-44445555{line:04}","message":{{"errorType":"TypeError","errorMessage":"{message}","stackTrace":["TypeError: {message}","    at charge (/var/task/index.js:{line}:3)"]}}}}"#
    )
}

fn java(message: &str, frame: &str) -> String {
    format!(
        "{message}: java.lang.IllegalStateException\njava.lang.IllegalStateException: {message}\n\tat java.base/java.util.Optional.orElseThrow(Optional.java:403)\n\tat {frame}"
    )
}

fn dotnet(message: &str, frame: &str) -> String {
    format!(
        "2026-11-20T08:47:12.345Z\ta-1\tfail\tSystem.InvalidOperationException: {message}\n   at System.Linq.Enumerable.First()\n   at {frame}"
    )
}

fn ruby(message: &str, frame: &str) -> String {
    format!(
        "Error raised from handler method\n{{\n  \"errorMessage\": \"{message}\",\n  \"errorType\": \"Function<RuntimeError>\",\n  \"stackTrace\": [\"{frame}\",\"/var/runtime/lib/x.rb:3:in `run'\"]\n}}"
    )
}

fn go(message: &str, kind: &str) -> String {
    format!(r#"2026/11/20 08:47:12 {{"errorMessage":"{message}","errorType":"{kind}"}}"#)
}

fn go_panic(name: &str, line: u32) -> String {
    format!(
        r#"2026/11/20 08:47:12 {{"errorMessage":"nil map","errorType":"Error","stackTrace":[{{"path":"github.com/aws/aws-lambda-go@v1.47.0/lambda/errors.go","line":39,"label":"x"}},{{"path":"shop/main.go","line":{line},"label":"{name}"}}]}}"#
    )
}

fn logged(message: &str) -> String {
    format!(r#"{{"level":"ERROR","message":"{message}","service":"shop"}}"#)
}

fn logged_with_stack(message: &str, place: &str) -> String {
    format!(
        r#"{{"level":50,"msg":"{message}","err":{{"type":"Error","message":"{message}","stack":"Error: {message}\n    at {place}\n    at Runtime.handler (/var/runtime/index.mjs:3:9)"}}}}"#
    )
}

fn report(status: &str) -> String {
    format!("REPORT RequestId: a-2\tDuration: 3000.00 ms\t{status}")
}

#[test]
fn what_a_person_would_call_one_failure_is_one_issue() {
    let app = |line| ("/var/task/app.py", line, "handler");
    let pay = |line| ("/var/task/shop/pay.py", line, "charge");
    let sdk = |line| ("/var/lang/lib/python3.13/site-packages/botocore/client.py", line, "_api_call");
    let examples = [
        // Another value.
        (python("KeyError: 'a'", &[app(3)]), python("KeyError: 'b'", &[app(3)])),
        (python("ValueError: order 17 is unpaid", &[app(3)]), python("ValueError: order 4711 is unpaid", &[app(3)])),
        // The lines moved with a deployment.
        (python("KeyError: 'a'", &[app(3), pay(9)]), python("KeyError: 'a'", &[app(5), pay(17)])),
        // Another way to the same place, and another version of a library below it.
        (python("KeyError: 'a'", &[app(3), pay(9)]), python("KeyError: 'a'", &[pay(9)])),
        (python("ClientError: no", &[pay(9), sdk(535)]), python("ClientError: no", &[pay(9), sdk(595), sdk(1009)])),
        // However its lines are joined, and where a part of it was lost.
        (python("KeyError: 'a'", &[app(3)]), python("KeyError: 'a'", &[app(3)]).replace('\n', "\r")),
        (python("KeyError: 'a'", &[]), python("KeyError: 'b'", &[])),
        (python_json("card 4711 expired", 3), python_json("card 17 expired", 12)),
        (
            python(
                "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='pay.example', port=443): Read timed out",
                &[pay(9)],
            ),
            python(
                "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.pay.example', port=8443): Read timed out",
                &[pay(9)],
            ),
        ),
        (
            node(
                "TypeError",
                "Cannot read properties of undefined (reading 'id')",
                &["charge (/var/task/index.js:12:3)"],
            ),
            node(
                "TypeError",
                "Cannot read properties of undefined (reading 'name')",
                &["charge (/var/task/index.js:14:7)"],
            ),
        ),
        // With and without the queue's internal frames.
        (
            node(
                "Error",
                "no",
                &[
                    "charge (/var/task/pay.js:1:2)",
                    "process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
                ],
            ),
            node("Error", "no", &["async charge (/var/task/pay.js:1:2)"]),
        ),
        (
            node(
                "AxiosError",
                "Request failed with status code 502",
                &["post (/var/task/node_modules/axios/lib/x.js:3:4)", "charge (/var/task/pay.js:1:2)"],
            ),
            node(
                "AxiosError",
                "Request failed with status code 503",
                &["settle (/var/task/node_modules/axios/lib/core/settle.js:9:1)", "charge (/var/task/pay.js:1:2)"],
            ),
        ),
        (
            node("Error", "connect ECONNREFUSED 10.0.1.102:5432", &[]),
            node("Error", "connect ECONNREFUSED 10.0.7.9:5432", &[]),
        ),
        // In an image, and unpacked from an archive.
        (
            node("Error", "no", &["charge (/app/pay.js:1:2)"]),
            node("Error", "no", &["charge (file:///var/task/pay.js:1:2)"]),
        ),
        (node_json("x is not a function", 3), node_json("x is not a function", 9)),
        (
            java("no card for order 4711", "com.shop.Payment.charge(Payment.java:42)"),
            java(
                "no card for order 17",
                "com.shop.Payment.charge(Payment.java:51)\n\tat com.shop.Handler.handleRequest(Handler.java:9)",
            ),
        ),
        (
            dotnet("Sequence 4 is empty", "Shop.Payment.Charge(Order order) in /src/Payment.cs:line 12"),
            dotnet("Sequence 9 is empty", "Shop.Payment.Charge(Order order) in /build/7/Payment.cs:line 19"),
        ),
        (ruby("no card 17", "/var/task/app.rb:4:in `charge'"), ruby("no card 19", "/var/task/app.rb:9:in `charge'")),
        (go("order 4711 not found", "NotFound"), go("order 17 not found", "NotFound")),
        (go_panic("charge", 12), go_panic("charge", 19)),
        (logged("payment 4711 declined"), logged("payment 17 declined")),
        (logged("cannot reach https://pay.example/v1/17"), logged("cannot reach https://pay.example/v1/18?x=1")),
        (
            logged_with_stack("declined", "charge (/var/task/pay.js:1:2)"),
            logged_with_stack("declined", "charge (/var/task/pay.js:31:12)"),
        ),
        // One failure, told by several lines: the last of each counts.
        ("2026-11-20T08:47:12.345Z a-1 Task timed out after 3.00 seconds".to_owned(), report("Status: timeout")),
        (
            python("Runtime.ImportModuleError: Unable to import module 'app'", &[]),
            report("Status: error\tError Type: Runtime.ImportModuleError"),
        ),
        // The same permission, wherever it is missed.
        (
            python(
                "AccessDeniedException: User: arn:aws:iam::1:role/x is not authorized to perform: s3:GetObject",
                &[app(3)],
            ),
            python(
                "AccessDeniedException: User: arn:aws:iam::2:role/y is not authorized to perform: s3:GetObject",
                &[pay(9)],
            ),
        ),
    ];
    for (one, other) in &examples {
        let ((one_id, one_issue), (other_id, other_issue)) = (raised(&key("f"), one), raised(&key("f"), other));
        assert_eq!(one_id, other_id, "{one}\n{other}");
        assert_eq!((one_issue.title, one_issue.frame), (other_issue.title, other_issue.frame), "{one}");
    }
}

#[test]
fn what_a_person_would_call_two_failures_is_two_issues() {
    let app = ("/var/task/app.py", 3, "handler");
    let pay = ("/var/task/shop/pay.py", 9, "charge");
    let examples = [
        // The same error in another place.
        (python("KeyError: 'a'", &[app]), python("KeyError: 'a'", &[app, pay])),
        (python("KeyError: 'a'", &[pay]), python("KeyError: 'a'", &[("/var/task/shop/pay.py", 9, "refund")])),
        (
            node(
                "TypeError",
                "Cannot read properties of undefined (reading 'id')",
                &["charge (/var/task/index.js:12:3)"],
            ),
            node(
                "TypeError",
                "Cannot read properties of undefined (reading 'id')",
                &["refund (/var/task/index.js:80:3)"],
            ),
        ),
        (
            java("No value present", "com.shop.Payment.charge(Payment.java:42)"),
            java("No value present", "com.shop.Stock.reserve(Stock.java:42)"),
        ),
        (
            dotnet("Sequence is empty", "Shop.Payment.Charge(Order order)"),
            dotnet("Sequence is empty", "Shop.Stock.Reserve(Order order)"),
        ),
        (ruby("no", "/var/task/app.rb:4:in `charge'"), ruby("no", "/var/task/app.rb:4:in `refund'")),
        (go_panic("charge", 12), go_panic("refund", 12)),
        (
            logged_with_stack("declined", "charge (/var/task/pay.js:1:2)"),
            logged_with_stack("declined", "refund (/var/task/pay.js:9:2)"),
        ),
        // Another error in the same place.
        (python("KeyError: 'a'", &[app]), python("ValueError: 'a'", &[app])),
        (python("ValueError: order is unpaid", &[app]), python("ValueError: order is empty", &[app])),
        (python_json("card expired", 3), python_json("card stolen", 3)),
        (node("Error", "no card", &[]), node("Error", "no stock", &[])),
        (go("order not found", "NotFound"), go("order not found", "errorString")),
        (logged("payment declined"), logged("payment delayed")),
        // Another kind.
        (report("Status: timeout"), report("Status: error\tError Type: Runtime.OutOfMemory")),
        (
            python("AccessDeniedException: User: x is not authorized to perform: s3:GetObject", &[app]),
            python("AccessDeniedException: User: x is not authorized to perform: s3:PutObject", &[app]),
        ),
    ];
    for (one, other) in &examples {
        assert_ne!(raised(&key("f"), one).0, raised(&key("f"), other).0, "{one}\n{other}");
    }
}

#[test]
fn another_function_account_or_region_is_another_issue() {
    let timeout = report("Status: timeout");
    let own = raised(&key("f"), &timeout).0;
    for other in [
        key("g"),
        FunctionKey { account: "2".into(), ..key("f") },
        FunctionKey { region: "us-east-1".into(), ..key("f") },
    ] {
        assert_ne!(raised(&other, &timeout).0, own, "{other}");
    }
}
