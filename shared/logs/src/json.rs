//! Reading JSON objects member by member, without a tree, and where they stand: also inside of a JSON string.
//!
//! A delivery is a document whose messages are strings, and the messages of most functions are documents again. Their
//! quotes are escaped, and to take the escapes out costs a copy of every message. So an object can be read as it stands
//! in its string, where `\"` is what a quote is elsewhere. What is read is checked by the whole grammar of JSON (RFC
//! 8259); nesting is bounded, so that no input can exhaust the stack.

mod reader;
mod string;

pub use reader::Reader;
pub(crate) use string::{said, unescape};

/// A text that may be JSON.
#[derive(Debug, Clone, Copy)]
pub enum Json<'a> {
    /// As it is.
    Plain(&'a str),
    /// As it stands between the quotes of a JSON string.
    Escaped(&'a str),
}

/// Hands every member of the object to `visit`; false if the text is not one whole object.
pub fn members<'a>(json: Json<'a>, visit: impl FnMut(&str, &mut Reader<'a>)) -> bool {
    Reader::new(json).object(visit).is_ok()
}

/// Hands the whole members of an object that ends too early to `visit`; false if the text is something else.
pub fn members_of_cut<'a>(text: &'a str, visit: impl FnMut(&str, &mut Reader<'a>)) -> bool {
    Reader::new(Json::Plain(text)).of_cut().object(visit) == Err(reader::Fault::Ended)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// Pieces of which objects are made, and of which they are broken.
    const PIECES: [&str; 36] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\":",
        "{\"c\":",
        "1",
        "0",
        "-",
        "2.5",
        "1e3",
        "01",
        ".",
        "E+",
        "true",
        "false",
        "null",
        "tru",
        " ",
        "\n",
        "\t",
        "\\",
        "\\\\",
        "\\\"",
        "\\n",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\u12",
        "\\x",
        "é",
        "\u{1}",
        "text of some length",
    ];

    /// The key of a member, with the text or the number that it has.
    type Seen = (String, Option<String>, Option<f64>);

    fn read(json: Json<'_>) -> Option<Vec<Seen>> {
        let mut seen = Vec::new();
        let whole = members(json, |key, value| {
            let number = value.number();
            seen.push((key.to_owned(), value.text().map(Cow::into_owned), number));
        });
        whole.then_some(seen)
    }

    /// The text as it stands in a JSON string.
    fn escaped(text: &str) -> String {
        let quoted = Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }

    #[test]
    fn members_come_in_order_with_their_values() {
        let seen = read(Json::Plain(r#" {"a":"x\ty","b":-1.5e1,"c":{"d":[1,{}]},"":null,"e":""} "#)).unwrap();
        let expected = [
            ("a", Some("x\ty"), None),
            ("b", None, Some(-15.0)),
            ("c", None, None),
            ("", None, None),
            ("e", None, None),
        ];
        let expected = expected.map(|(key, text, number)| (key.to_owned(), text.map(str::to_owned), number));
        assert_eq!(seen, expected);
    }

    #[test]
    fn whole_numbers_are_told_from_others() {
        for (text, value) in [
            ("0", Some(0)),
            ("1795164432345", Some(1_795_164_432_345)),
            ("-5", Some(-5)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("12.5", None),
            ("1e3", None),
            ("\"1\"", None),
        ] {
            let mut read = None;
            assert!(members(Json::Plain(&format!("{{\"a\":{text}}}")), |_, value| read = value.integer()), "{text}");
            assert_eq!(read, value, "{text}");
        }
        assert!(!members(Json::Plain("{\"a\":012}"), |_, value| assert_eq!(value.integer(), Some(0))));
    }

    #[test]
    fn values_are_read_where_they_stand() {
        let mut seen = Vec::new();
        assert!(members(Json::Escaped(r#"{\"a\":{\"b\":[\"x\",\"y\\n\\\\z\\\"\"]}}\n"#), |_, value| {
            value.members(|_, value| {
                assert!(value.is_array());
                value.elements(|value| seen.push(value.text()));
            });
        }));
        assert_eq!(seen, [Some("x".into()), Some("y\n\\z\"".into())]);
        assert!(matches!(seen[0], Some(Cow::Borrowed(_))));
    }

    #[test]
    fn a_cut_object_gives_its_whole_members() {
        let mut seen = Vec::new();
        assert!(members_of_cut(r#"{"a":1,"b":{"c":2,"d":"#, |key, value| {
            seen.push(key.to_owned());
            value.members(|key, _| seen.push(key.to_owned()));
        }));
        assert_eq!(seen, ["a"]);
        assert!(!members_of_cut(r#"{"a":1}"#, |_, _| {}));
        assert!(!members_of_cut("{'a':1}", |_, _| {}));
    }

    #[test]
    fn what_is_not_one_whole_object_is_refused() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for text in
            ["", "[]", "{\"a\":1", "{\"a\":1} x", "null", "{\"a\":1,}", "{\"a\":1\"\"}", nested(100_000).as_str()]
        {
            assert!(read(Json::Plain(text)).is_none(), "{}", &text[..text.len().min(20)]);
        }
        assert!(read(Json::Plain(&nested(100))).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_json_is_read_as_others_read_it(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12)) {
            let text = format!("{{\"a\":{}}}", pieces.concat());
            let seen = read(Json::Plain(&text));
            match serde_json::from_str::<Map<String, Value>>(&text) {
                Ok(theirs) => {
                    let ours = seen.clone().expect("it is an object");
                    for (key, value) in &theirs {
                        let (_, string, number) = ours.iter().rev().find(|(ours, ..)| ours == key).unwrap();
                        prop_assert_eq!(string.as_deref(), value.as_str().filter(|text| !text.is_empty()));
                        // Theirs may be off by the last bit.
                        let theirs = value.as_f64();
                        let is_close = number.zip(theirs).is_none_or(|(a, b)| (a - b).abs() <= 1e-15 * b.abs());
                        prop_assert!(number.is_some() == theirs.is_some() && is_close, "{text}");
                    }
                }
                // They refuse a number beyond every bound, and half of a pair: here both may stand.
                Err(error) if ["out of range", "surrogate", "hex escape"].iter().any(|reason| error.to_string().contains(reason)) => {}
                Err(_) => prop_assert_eq!(&seen, &None),
            }
            // Where it stands changes nothing, but that what is not escaped as usual may be left to others.
            if let Some(inside) = read(Json::Escaped(&escaped(&text))) {
                prop_assert_eq!(Some(inside), seen);
            }
        }

        #[test]
        fn a_text_that_stands_in_a_string_comes_out_as_it_was(text in any::<String>()) {
            let mut out = String::new();
            unescape(&escaped(&text), &mut out);
            prop_assert_eq!(out, text);
        }

        #[test]
        fn objects_are_read_in_their_string(text in "[a-z\\n\"\\\\é]{0,20}", number in any::<i32>()) {
            let object = serde_json::json!({"text": text, "number": number, "nested": {"list": [text, null, true]}});
            for text in [object.to_string(), serde_json::to_string_pretty(&object).unwrap()] {
                let plain = read(Json::Plain(&text));
                prop_assert!(plain.is_some());
                prop_assert_eq!(read(Json::Escaped(&escaped(&text))), plain);
            }
        }
    }
}
