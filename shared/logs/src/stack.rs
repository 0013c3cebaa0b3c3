//! Stack traces: the frame of the function's own code in which a failure arose.
//!
//! A trace is found wherever it stands in a message: as lines of text, as one string of a JSON document, or as a list of
//! strings. Lines and list members are told apart by line breaks, escaped ones too, and by what separates members of a list.
//!
//! | language | a frame | the one in which it arose |
//! |---|---|---|
//! | Python | `File "/var/task/app.py", line 12, in charge` | the last |
//! | Node.js | `at charge (/var/task/app.js:12:3)` | the first |
//! | Java, Kotlin, Scala | `at com.shop.Handler.charge(Handler.java:12)` | the first |
//! | .NET | `at Shop.Function.Charge(Order order) in /src/Function.cs:line 12` | the first |
//! | Ruby | ``/var/task/app.rb:12:in `charge'`` | the first |
//! | Go | `{"path":"shop/main.go","line":12,"label":"charge"}`, or `main.charge(…)` above `/src/main.go:12 +0x1d` | the first |
//! | PHP | `#0 /var/task/src/Shop.php(12): Shop->charge()` | the first |

mod foreign;
mod frame;

use frame::Frame;

/// The frame of the function's own code in which a failure arose, as `app.py charge`: without its line, which changes
/// with every deployment. Nothing where there is no trace, or where all of it is in the runtime and in libraries.
#[must_use]
pub fn own_frame(message: &str) -> Option<String> {
    let mut first = None;
    let mut last_of_python = None;
    let mut before = "";
    for piece in pieces(message) {
        match Frame::read(piece, before).filter(Frame::is_own) {
            Some(frame @ Frame::Python { .. }) => last_of_python = Some(frame),
            Some(frame) => first = first.or(Some(frame)),
            None => {}
        }
        before = piece;
    }
    last_of_python.or(first).map(|frame| frame.to_string())
}

/// The lines and list members of a message, without the blanks around them.
fn pieces(message: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().enumerate().find_map(|(i, byte)| Some((i, separator(byte, &text.as_bytes()[i + 1..])?)));
        let (piece, after) = end.map_or((text, None), |(i, length)| (&text[..i], Some(&text[i + length..])));
        rest = after;
        Some(piece.trim())
    })
}

/// How long what separates pieces is: a line break, one that is escaped, or what stands between members of a list.
fn separator(byte: u8, following: &[u8]) -> Option<usize> {
    match (byte, following) {
        (b'\n' | b'\r', _) => Some(1),
        (b'\\', [b'n' | b'r', ..]) => Some(2),
        (b'"', [b',', b'"', ..]) => Some(3),
        (b'"', [b',', b' ', b'"', ..]) => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_found_in_every_language() {
        for (message, frame) in [
            (
                "[ERROR] KeyError: 'b'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 9, in handler\n\
                 \u{a0}\u{a0}\u{a0}\u{a0}charge(event)\n\u{a0}\u{a0}File \"/var/task/shop/pay.py\", line 17, in charge\n\
                 \u{a0}\u{a0}\u{a0}\u{a0}client.put_item(Item=item)\n\
                 \u{a0}\u{a0}File \"/var/lang/lib/python3.13/site-packages/botocore/client.py\", line 595, in _api_call",
                "shop/pay.py charge",
            ),
            (
                r#"{"log_level":"ERROR","errorType":"KeyError","stackTrace":["  File \"/var/task/app.py\", line 9, in handler\n    charge()\n","  File \"/var/task/pay.py\", line 3, in <lambda>\n"]}"#,
                "pay.py <lambda>",
            ),
            (
                "a-1\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no\",\"stack\":[\"TypeError: no\",\"    at Socket.emit (node:events:519:28)\",\
                 \"    at post (/var/task/node_modules/axios/lib/axios.js:3:4)\",\"    at async charge (/var/task/src/pay.js:12:3)\",\
                 \"    at Runtime.handler (file:///var/task/index.mjs:3:9)\"]}",
                "src/pay.js charge",
            ),
            ("Error: no card\n    at /var/task/index.js:3:9\n    at new Promise (<anonymous>)", "index.js"),
            ("Error: no\n    at Object.<anonymous> (/app/dist/index.js:3:9)", "dist/index.js Object.<anonymous>"),
            (
                "no card: java.lang.IllegalStateException\njava.lang.IllegalStateException: no card\n\
                 \tat java.base/java.util.Optional.orElseThrow(Optional.java:403)\n\
                 \tat com.shop.Payment.charge(Payment.java:42)\n\tat com.shop.Handler.handleRequest(Handler.java:12)",
                "com.shop.Payment.charge",
            ),
            (
                "System.NullReferenceException: none\n   at System.Linq.Enumerable.First[TSource](IEnumerable`1 source)\n\
                 \u{20}  at Shop.Payment.Charge(Order order) in /src/Payment.cs:line 12",
                "Shop.Payment.Charge",
            ),
            (
                "{\"errorMessage\":\"no\",\"errorType\":\"Function<TypeError>\",\"stackTrace\":[\"/var/runtime/gems/json-2.9/lib/json.rb:3:in `parse'\",\
                 \"/var/task/app.rb:4:in `charge'\",\"/var/task/app.rb:9:in `handler'\"]}",
                "app.rb charge",
            ),
            ("app.rb:4:in 'Shop#charge': no card (RuntimeError)\n\tfrom app.rb:9:in 'handler'", "app.rb Shop#charge"),
            (
                r#"2026/11/20 08:47:12 {"errorMessage":"nil","errorType":"Error","stackTrace":[{"path":"github.com/aws/aws-lambda-go@v1.47.0/lambda/errors.go","line":39,"label":"lambdaPanicResponse"},{"path":"runtime/panic.go","line":770,"label":"gopanic"},{"path":"github.com/shop/pay/main.go","line":12,"label":"charge"}]}"#,
                "github.com/shop/pay/main.go charge",
            ),
            (
                "panic: no card\n\ngoroutine 1 [running]:\nmain.charge(...)\n\t/src/pay/main.go:12 +0x1d\nmain.main()\n\t/src/pay/main.go:3 +0x1d",
                "src/pay/main.go main.charge",
            ),
            (
                "PHP Fatal error:  Uncaught Exception: no card\nStack trace:\n#0 /var/task/vendor/bref/bref/src/Runtime.php(3): run()\n#1 /var/task/src/Shop.php(12): Shop->charge()",
                "src/Shop.php Shop->charge",
            ),
        ] {
            assert_eq!(own_frame(message).as_deref(), Some(frame), "{message}");
        }
    }

    #[test]
    fn what_has_no_trace_or_none_of_its_own_has_no_frame() {
        for message in [
            "",
            "we meet at noon (room 12)",
            "at",
            "at (",
            "File \"",
            "at java.lang.Thread.run(Thread.java:1583)",
            "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
            "  File \"/var/runtime/bootstrap.py\", line 60, in <module>",
            "# 12 items (3 of them: new)",
            "{\"path\":\"/orders\",\"label\":\"x\"}",
        ] {
            assert_eq!(own_frame(message), None, "{message}");
        }
    }

    #[test]
    fn a_long_trace_is_read_once() {
        let message = "    at post (/var/task/node_modules/axios/lib/axios.js:3:4)\\n".repeat(20_000);
        assert_eq!(own_frame(&message), None);
    }
}
