//! What stands in the message of an event: a text, an object, or a document in a string, which is read once more.

use std::borrow::Cow;

use super::Structured;
use crate::json::{Json, Reader};

/// Documents that are read though they stand in messages of others: of a string each is a copy, and nothing sensible has
/// more.
const DOCUMENTS: u8 = 3;

impl<'a> Structured<'a> {
    /// A text, an object, or a JSON document in a string.
    pub(super) fn take_message(&mut self, value: &mut Reader<'a>) {
        if !self.take_object(value) {
            self.take_text(value);
        }
    }

    /// A text, alone or as OpenTelemetry's protocol has it. An object may be what a caller sent, and says nothing.
    pub(super) fn take_body(&mut self, value: &mut Reader<'a>) {
        let is_object = value.members(|key, value| {
            if key == "stringValue" {
                self.take_text(value);
            }
        });
        if !is_object {
            self.take_text(value);
        }
    }

    fn take_text(&mut self, value: &mut Reader<'a>) {
        let Some(text) = value.text() else { return };
        if text.starts_with('{') {
            self.take_document(&text);
        }
        self.message = self.message.take().or(Some(text));
    }

    fn take_document(&mut self, document: &str) {
        if self.documents_around == DOCUMENTS {
            return;
        }
        let mut inner = self.around();
        if inner.read(Json::Plain(document)) {
            self.message =
                self.message.take().or_else(|| inner.message.take().map(|text| Cow::Owned(text.into_owned())));
            self.holds(inner.into_owned());
        }
    }

    /// An object as message: what an application logged, or the exception that Node.js writes. False if the message is
    /// something else.
    fn take_object(&mut self, value: &mut Reader<'a>) -> bool {
        let mut inner = self.around();
        let is_deepest = inner.documents_around > DOCUMENTS;
        let (mut error_type, mut error_message, mut has_stack) = (None, None, false);
        let is_object = value.members(|key, value| match key {
            "errorType" => error_type = value.text(),
            "errorMessage" => error_message = value.text(),
            "stackTrace" | "stack" => has_stack = value.is_array(),
            _ if is_deepest => {}
            _ => inner.take(key, value),
        });
        if !is_object {
            return false;
        }
        // The members of an exception are those of whoever made it, such as the request that another service answered.
        if error_type.is_some() && has_stack {
            self.message_error = true;
            (self.error_type, self.error_message) = (error_type, error_message);
            return true;
        }
        inner.settle();
        inner.level = None;
        inner.error_type = error_type.or(inner.error_type);
        inner.error_message = error_message.or(inner.error_message);
        self.holds(inner);
        true
    }

    /// What a message is read into.
    fn around<'b>(&self) -> Structured<'b> {
        Structured { documents_around: self.documents_around + 1, ..Structured::default() }
    }

    /// Keeps what a message says until all members are read: wherever the message stands among them, theirs go first.
    fn holds(&mut self, inner: Self) {
        match &mut self.inner {
            Some(first) => first.absorb(inner),
            None => self.inner = Some(Box::new(inner)),
        }
    }

    /// Takes what the message says and the other members do not.
    pub(super) fn settle(&mut self) {
        if let Some(inner) = self.inner.take() {
            self.absorb(*inner);
        }
    }

    fn absorb(&mut self, inner: Self) {
        if inner.is_raised && !self.is_raised {
            self.is_raised = true;
            (self.error_type, self.error_message) = (inner.error_type, inner.error_message);
        } else {
            self.error_type = self.error_type.take().or(inner.error_type);
            self.error_message = self.error_message.take().or(inner.error_message);
        }
        if let Some(id) = inner.trace_id {
            self.is_of_ranked(id, inner.trace_rank);
        }
        self.level = self.level.or(inner.level);
        self.span_id = self.span_id.take().or(inner.span_id);
        self.request_id = self.request_id.take().or(inner.request_id);
        self.correlation_id = self.correlation_id.take().or(inner.correlation_id);
        self.service = self.service.take().or(inner.service);
        self.milestone = self.milestone.take().or(inner.milestone);
        self.message = self.message.take().or(inner.message);
    }

    /// What is kept of a document whose text is not.
    fn into_owned<'b>(self) -> Structured<'b> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Structured {
            level: self.level,
            trace_id: own(self.trace_id),
            trace_rank: self.trace_rank,
            span_id: own(self.span_id),
            request_id: own(self.request_id),
            correlation_id: own(self.correlation_id),
            service: own(self.service),
            milestone: own(self.milestone),
            message: own(self.message),
            error_type: own(self.error_type),
            error_message: own(self.error_message),
            is_raised: self.is_raised,
            ..Structured::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fact::{Counts, Detection, Fact, Kind};
    use crate::level::Level;
    use crate::recognise;
    use crate::source::Source;

    const REQUEST: &str = "3f1c2b1a-1111-4222-8333-444455556666";

    fn read(line: &str) -> Fact<'_> {
        recognise(line, &Source::default())
    }

    #[test]
    fn an_object_as_message_tells_what_the_others_do_not() {
        let message = r#""message":{"traceId":"6a52d5300ba60ad2785ec2ae7971737c","milestone":"PAID","correlationId":"c-1","level":"ERROR","msg":"no","orderId":7}"#;
        for line in [
            format!(r#"{{"level":"INFO","requestId":"{REQUEST}",{message}}}"#),
            format!(r#"{{{message},"requestId":"{REQUEST}","level":"INFO"}}"#),
        ] {
            let fact = read(&line);
            assert_eq!((fact.level, fact.detection), (Some(Level::Info), None), "{line}");
            assert_eq!(fact.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"), "{line}");
            assert_eq!(
                (fact.milestone.as_deref(), fact.correlation_id.as_deref()),
                (Some("PAID"), Some("c-1")),
                "{line}"
            );
            assert_eq!(fact.request_id.as_deref(), Some(REQUEST), "{line}");
        }
    }

    #[test]
    fn the_others_go_before_the_message_wherever_it_stands() {
        let message = r#""message":{"milestone":"INNER","requestId":"99999999-1111-4222-8333-444455556666","trace_id":"t-2","service":"inner"}"#;
        let others = format!(r#""milestone":"OUTER","requestId":"{REQUEST}","trace_id":"t-1","service":"outer""#);
        for line in [format!("{{{message},{others}}}"), format!("{{{others},{message}}}")] {
            let fact = read(&line);
            assert_eq!((fact.milestone.as_deref(), fact.service.as_deref()), (Some("OUTER"), Some("outer")), "{line}");
            assert_eq!((fact.request_id.as_deref(), fact.trace_id.as_deref()), (Some(REQUEST), Some("t-1")), "{line}");
        }
        let xray = read(r#"{"trace_id":"t-1","message":{"xray_trace_id":"1-6a52d530-0ba60ad2785ec2ae7971737c"}}"#);
        assert_eq!(xray.trace_id.as_deref(), Some("1-6a52d530-0ba60ad2785ec2ae7971737c"));
    }

    #[test]
    fn an_exception_says_nothing_of_what_its_line_belongs_to() {
        let fact = read(
            r#"{"level":"ERROR","message":{"errorType":"TypeError","errorMessage":"no","stackTrace":["f"],"requestId":"3f1c2b1a-1111-4222-8333-444455556666","traceId":"t-1"}}"#,
        );
        assert_eq!((fact.kind, fact.request_id, fact.trace_id), (Kind::Error, None, None));
        let of_request = read(
            r#"{"level":"ERROR","requestId":"3f1c2b1a-1111-4222-8333-444455556666","message":{"errorType":"TypeError","errorMessage":"no","stackTrace":["f"]}}"#,
        );
        assert_eq!((of_request.counts, of_request.error_type.as_deref()), (Counts::EXCEPTION, Some("TypeError")));
    }

    #[test]
    fn what_is_said_on_purpose_may_stand_in_a_message() {
        for line in [
            r#"{"level":"INFO","message":{"lamplight":{"issue":"StockMismatch","message":"-1","milestone":"COUNTED"}}}"#,
            r#"{"level":"INFO","message":"{\"lamplight\":{\"issue\":\"StockMismatch\",\"message\":\"-1\",\"milestone\":\"COUNTED\"}}"}"#,
        ] {
            let fact = read(line);
            assert_eq!((fact.detection, fact.is_on_purpose), (Some(Detection::ErrorLog), true), "{line}");
            assert_eq!(
                (fact.error_type.as_deref(), fact.error_message.as_deref()),
                (Some("StockMismatch"), Some("-1")),
                "{line}"
            );
            assert_eq!(fact.milestone.as_deref(), Some("COUNTED"), "{line}");
        }
    }

    #[test]
    fn what_a_caller_sent_says_nothing() {
        let fact =
            read(r#"{"level":"ERROR","msg":"refused","body":{"traceId":"t-1","milestone":"PAID","service":"x"}}"#);
        assert_eq!((fact.trace_id, fact.milestone, fact.service), (None, None, None));
        assert_eq!(fact.error_message.as_deref(), Some("refused"));
    }

    #[test]
    fn objects_in_messages_end() {
        let nested = |depth: usize| {
            let (head, tail) = (r#"{"message":"#.repeat(depth), "}".repeat(depth));
            format!(r#"{head}{{"milestone":"PAID"}}{tail}"#)
        };
        assert_eq!(read(&nested(3)).milestone.as_deref(), Some("PAID"));
        assert_eq!(read(&nested(9)).milestone, None);
    }
}
