//! Attributes of OpenTelemetry: `{"rpc.service":"S3"}`, or as its protocol has them
//! (`[{"key":"rpc.service","value":{"stringValue":"S3"}}]`).

use std::borrow::Cow;

use crate::json::Reader;

/// Hands every attribute whose value is a text or a number to `visit`.
pub(super) fn each_attribute<'a>(attributes: &mut Reader<'a>, mut visit: impl FnMut(&str, Cow<'a, str>)) {
    let is_object = attributes.members(|key, value| {
        if let Some(said) = value.text_or_digits() {
            visit(key, said);
        }
    });
    if is_object {
        return;
    }
    attributes.elements(|element| {
        let (mut name, mut said) = (None, None);
        element.members(|key, value| match key {
            "key" => name = value.text(),
            "value" => drop(value.members(|_, value| said = value.text_or_digits())),
            _ => {}
        });
        if let (Some(name), Some(said)) = (name, said) {
            visit(&name, said);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Json, members};

    #[test]
    fn both_forms_say_the_same() {
        for attributes in [
            r#"{"a":"x","b":7,"c":null}"#,
            r#"[{"key":"a","value":{"stringValue":"x"}},{"value":{"intValue":"7"},"key":"b"},{"key":"c"},7]"#,
        ] {
            let mut seen = Vec::new();
            let line = format!("{{\"attributes\":{attributes}}}");
            assert!(members(Json::Plain(&line), |_, value| {
                each_attribute(value, |name, said| seen.push((name.to_owned(), said.into_owned())));
            }));
            assert_eq!(seen, [("a".to_owned(), "x".to_owned()), ("b".to_owned(), "7".to_owned())], "{attributes}");
        }
    }
}
