//! What a runtime wrote of an exception as JSON, as people read it: type, message and stack trace, line by line.

use crate::readable::readable;

/// The exception of a message that holds one as JSON, `{"errorType":…,"errorMessage":…,"stack":[…]}`, whole or cut:
/// type and message, then the stack trace with a line for each frame. Nothing for any other message.
pub(crate) fn exception(message: &str) -> Option<String> {
    let error_type = string(after_key(message, "errorType")?)?.0;
    let stack = ["stack", "stackTrace"].iter().find_map(|key| after_key(message, key))?;
    let frames = match stack.strip_prefix('[') {
        Some(list) => strings(list),
        None => string(stack).map(|(text, _)| text).into_iter().collect(),
    };
    if frames.is_empty() {
        return None;
    }
    let said = after_key(message, "errorMessage").and_then(string).map(|(said, _)| said).unwrap_or_default();
    let mut lines: Vec<_> = frames.iter().map(|frame| frame.trim_end().to_owned()).collect();
    // A trace of Node.js begins with type and message, one of Python and Ruby does not.
    if !lines[0].contains(&error_type) {
        lines.insert(0, if said.is_empty() { error_type } else { format!("{error_type}: {said}") });
    }
    Some(readable(&lines.join("\n")))
}

/// What follows a key and its colon.
fn after_key<'a>(message: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(&format!("\"{key}\""))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The strings of a list, up to where it ends or was cut.
fn strings(list: &str) -> Vec<String> {
    let mut rest = list;
    let mut strings = Vec::new();
    while let Some((text, after)) = string(rest.trim_start_matches([',', ' ', '\n'])) {
        strings.push(text);
        rest = after;
    }
    strings
}

/// A string and what follows it. One that was cut ends where it was.
fn string(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = inner.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    let (raw, after) = end.map_or((inner, ""), |end| (&inner[..end], &inner[end + 1..]));
    // What was cut within an escape is no JSON; the text before the escape is.
    let whole = |raw: &str| serde_json::from_str::<String>(&format!("\"{raw}\"")).ok();
    let text = whole(raw).or_else(|| whole(&raw[..raw.rfind('\\')?]))?;
    (!text.is_empty() || end.is_some()).then_some((text, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_reads_line_by_line() {
        for (message, text) in [
            (
                r#"a	ERROR	Invoke Error 	{"errorType":"TypeError","errorMessage":"no \"id\"","stack":["TypeError: no \"id\"","    at f (/var/task/a.js:3:4)"]}"#,
                "TypeError: no \"id\"\n    at f (/var/task/a.js:3:4)",
            ),
            (
                r#"{"errorMessage": "'b'", "errorType": "KeyError", "stackTrace": ["  File \"/var/task/app.py\", line 9, in handler\n    x['b']\n", "  File"]}"#,
                "KeyError: 'b'\n  File \"/var/task/app.py\", line 9, in handler\n    x['b']\n  File",
            ),
            (r#"{"errorType":"E","stack":"E: no\n    at f (a.js:1:2)"}"#, "E: no\n    at f (a.js:1:2)"),
            (r#"{"errorType":"E","errorMessage":"no","stack":["E: no","    at f (a.j"#, "E: no\n    at f (a.j"),
            (r#"{"errorType":"E","errorMessage":"no","stack":["E: no\u00"#, "E: no"),
        ] {
            assert_eq!(exception(message).as_deref(), Some(text), "{message}");
        }
    }

    #[test]
    fn other_messages_stay_as_they_are() {
        for message in [
            "panic: no card",
            r#"{"level":"ERROR","message":"no card","stack":"x"}"#,
            r#"{"errorType":"E","errorMessage":"no"}"#,
            r#"{"errorType":"E","stackTrace":[{"path":"main.go","line":3}]}"#,
            r#"{"errorType":"E","stack":["#,
            r#"{"errorType":"E","stack":"#,
            r#"{"errorType":3,"stack":["a"]}"#,
        ] {
            assert_eq!(exception(message), None, "{message}");
        }
    }
}
