//! Pages of the AWS console.
//!
//! AWS does not document these forms. A path part is percent-encoded twice, a query once more than its values, and
//! then `%` is written as `$`.

use std::fmt::Write;

/// Characters of a link that is not made here: what every receiver takes.
const LONGEST: usize = 1_000;

/// Whether a link that is not made here leads to a page and is taken by every receiver.
#[must_use]
pub fn is_page(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '|' | '"' | '\\');
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        && url.is_ascii()
        && !url.contains(is_odd)
        && url.len() <= LONGEST
}

/// The log lines of an invocation: the stream where it is known, filtered by the request where it is known, ten
/// minutes around the time where it is known.
#[must_use]
pub fn log_lines(
    region: &str,
    group: &str,
    stream: Option<&str>,
    request_id: Option<&str>,
    at_ms: Option<i64>,
) -> String {
    let mut link = format!("{}#logsV2:log-groups/log-group/{}/log-events", cloudwatch(region), twice(group));
    if let Some(stream) = stream {
        link.push('/');
        link.push_str(&twice(stream));
    }
    let mut pairs = Vec::new();
    if let Some(request_id) = request_id {
        pairs.push(format!("filterPattern={}", encode(&format!("\"{request_id}\""))));
    }
    if let Some(at_ms) = at_ms {
        pairs.push(format!("start={}", at_ms - 300_000));
        pairs.push(format!("end={}", at_ms + 300_000));
    }
    if !pairs.is_empty() {
        link.push_str(&encode(&format!("?{}", pairs.join("&"))).replace('%', "$"));
    }
    link
}

/// The monitoring page of a function.
#[must_use]
pub fn function(region: &str, name: &str) -> String {
    format!("https://{region}.{}/lambda/home?region={region}#/functions/{}?tab=monitoring", host(region), encode(name))
}

/// The page of a trace; nothing for ids that are not X-Ray's.
#[must_use]
pub fn trace(region: &str, trace_id: &str) -> Option<String> {
    trace_id.starts_with("1-").then(|| format!("{}#xray:traces/{}", cloudwatch(region), encode(trace_id)))
}

fn cloudwatch(region: &str) -> String {
    format!("https://{region}.{}/cloudwatch/home?region={region}", host(region))
}

fn host(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "console.amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com"
    } else {
        "console.aws.amazon.com"
    }
}

fn twice(text: &str) -> String {
    encode(&encode(text)).replace('%', "$")
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_linked_with_its_request_and_time() {
        let link = log_lines(
            "us-east-1",
            "/aws/lambda/my-fn",
            Some("2026/11/20/[$LATEST]94fa867e"),
            Some("abc-req-id"),
            Some(1_763_625_900_000),
        );
        assert_eq!(
            link,
            "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/\
             $252Faws$252Flambda$252Fmy-fn/log-events/2026$252F11$252F20$252F$255B$2524LATEST$255D94fa867e\
             $3FfilterPattern$3D$2522abc-req-id$2522$26start$3D1763625600000$26end$3D1763626200000"
        );
    }

    #[test]
    fn a_page_is_a_link_that_every_receiver_takes() {
        assert!(is_page("https://wiki.example/a?b=c#d") && is_page("http://wiki"));
        for odd in [
            "",
            "wiki",
            "ftp://wiki",
            "https://",
            "https:// x",
            "https://a b",
            "https://a|b",
            "https://ä",
            "javascript:x",
        ] {
            assert!(!is_page(odd), "{odd}");
        }
        assert!(!is_page(&format!("https://{}", "x".repeat(LONGEST))));
    }

    #[test]
    fn functions_and_traces_are_linked_in_their_partition() {
        assert_eq!(
            function("cn-north-1", "a b"),
            "https://cn-north-1.console.amazonaws.cn/lambda/home?region=cn-north-1#/functions/a%20b?tab=monitoring"
        );
        assert!(
            trace("us-east-1", "1-6a52d530-0ba60ad2785ec2ae7971737c")
                .unwrap()
                .ends_with("#xray:traces/1-6a52d530-0ba60ad2785ec2ae7971737c")
        );
        assert_eq!(trace("us-east-1", "order-1"), None);
    }
}
