//! What an object means: an exception that a runtime wrote, an error that was logged, an issue that is raised on purpose.

use std::borrow::Cow;

use super::Structured;
use crate::fact::{Counts, Detection, Fact, Kind};
use crate::level::Level;
use crate::platform::exit;
use crate::runtime::{node, ruby, rust};
use crate::text::request_id;

impl<'a> Structured<'a> {
    /// The fact of the object, as one of this kind unless it is an exception that the runtime wrote.
    pub(in crate::application) fn fact(mut self, kind: Kind) -> Fact<'a> {
        let fact = self.unhandled().unwrap_or_else(|| self.handled(kind));
        self.named(fact)
    }

    /// The fact of an object that was logged in a line of this level.
    pub(in crate::application) fn logged_fact(mut self, kind: Kind, level: Option<Level>) -> Fact<'a> {
        self.level = self.level.or(level);
        let fact = self.handled(kind);
        self.named(fact)
    }

    /// The fact with what it belongs to.
    fn named(self, mut fact: Fact<'a>) -> Fact<'a> {
        fact.level = self.level;
        fact.request_id = self.request_id.map(request_id);
        fact.trace_id = self.trace_id;
        fact.segment_id = self.span_id;
        fact.correlation_id = self.correlation_id;
        fact.service = self.service;
        fact.milestone = self.milestone;
        fact.function_arn = self.function_arn;
        fact.function_name = self.function_name;
        fact
    }

    fn unhandled(&mut self) -> Option<Fact<'a>> {
        let is_error = self.level.is_some_and(Level::is_error);
        let is_python = self.has_python_level && self.has_stack && self.error_type.is_some();
        let is_node = self.message_error && self.error_type.is_some();
        if is_error && is_python {
            return Some(node::unhandled(
                self.error_type.take(),
                self.error_message.take(),
                false,
                "python.unhandled_json",
            ));
        }
        if is_error && is_node {
            // While the function is initialised there is no request.
            let in_init = self.request_id.is_none();
            return Some(node::unhandled(
                self.error_type.take(),
                self.error_message.take(),
                in_init,
                "node.unhandled_json",
            ));
        }
        if self.level.is_none() && self.has_stack && self.error_type.as_deref().is_some_and(|name| name.ends_with('>'))
        {
            return ruby::object(self.error_type.clone(), self.error_message.clone());
        }
        if self.message.as_deref() == Some(rust::HANDLER_PANICKED) {
            let fact = Fact::new(Kind::Error, "rust.caught_json").with_error(None, self.message.take());
            return Some(fact.raising(Detection::Exception, Counts::EXCEPTION));
        }
        None
    }

    fn handled(&mut self, kind: Kind) -> Fact<'a> {
        let fact = Fact::new(kind, "structured");
        if self.is_raised {
            let mut fact = fact.with_error(self.error_type.take(), self.error_message.take());
            fact.is_on_purpose = true;
            return fact.raising(Detection::ErrorLog, Counts::NONE);
        }
        if kind == Kind::Structured && self.level.is_some_and(Level::is_error) {
            let message = self.error_message.take().or_else(|| self.message.take());
            return fact.with_error(self.error_type.take(), message).raising(Detection::ErrorLog, Counts::NONE);
        }
        self.callee(fact).with_error(self.error_type.take(), self.error_message.take())
    }

    /// The answer of an invocation that timed out, which its caller printed: the callee's own log counts it.
    fn callee(&mut self, mut fact: Fact<'a>) -> Fact<'a> {
        if self.error_type.as_deref() == Some("Sandbox.Timedout")
            && let Some(Cow::Borrowed(message)) = self.error_message
            && let Some(told) = exit::read(message)
        {
            fact.timeout_s = told.timeout_s;
            self.request_id = told.request_id;
        }
        fact
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise;
    use crate::source::Source;

    fn read(line: &str) -> Fact<'_> {
        recognise(line, &Source::default())
    }

    #[test]
    fn exceptions_of_runtimes_in_json_mode_count() {
        let python = read(
            r#"{"timestamp":"x","log_level":"ERROR","errorType":"KeyError","errorMessage":"'b'","stackTrace":["f"],"requestId":"3f1c2b1a-1111-4222-8333-444455556666"}"#,
        );
        assert_eq!((python.kind, python.counts), (Kind::Error, Counts::EXCEPTION));
        let node = read(
            r#"{"level":"ERROR","requestId":"3f1c2b1a-1111-4222-8333-444455556666","message":{"errorType":"TypeError","errorMessage":"no","stackTrace":["f"]}}"#,
        );
        assert_eq!(node.counts, Counts::EXCEPTION);
        let node_init = read(
            r#"{"level":"ERROR","message":{"errorType":"ImportModuleError","errorMessage":"no","stackTrace":["f"]}}"#,
        );
        assert_eq!((node_init.counts, node_init.detection), (Counts::NONE, Some(Detection::Configuration)));
        let rust = read(r#"{"level":"ERROR","fields":{"message":"user handler panicked"},"span":{"requestId":"a-1"}}"#);
        assert_eq!((rust.counts, rust.request_id.as_deref()), (Counts::EXCEPTION, Some("a-1")));
    }

    #[test]
    fn handled_errors_are_logs_and_count_nothing() {
        for line in [
            r#"{"level":"ERROR","message":"had an error","errorType":"Exception","errorMessage":"no","stackTrace":["f"]}"#,
            r#"{"level":60,"msg":"cannot reach the bank"}"#,
            r#"{"timestamp":"x","level":"ERROR","message":"{\"level\":\"ERROR\",\"message\":\"no\"}"}"#,
        ] {
            let fact = read(line);
            assert_eq!((fact.detection, fact.counts), (Some(Detection::ErrorLog), Counts::NONE), "{line}");
        }
    }

    #[test]
    fn an_application_can_raise_an_issue_and_reach_a_milestone_on_purpose() {
        let issue = read(r#"{"lamplight":{"issue":"StockMismatch","message":"shelf 12 has -1"},"level":"INFO"}"#);
        assert_eq!((issue.detection, issue.is_on_purpose), (Some(Detection::ErrorLog), true));
        assert_eq!(issue.error_type.as_deref(), Some("StockMismatch"));
        let milestone = read(r#"{"lamplight":{"milestone":"ORDER_PLACED","trace_id":"order-1"}}"#);
        assert_eq!((milestone.detection, milestone.milestone.as_deref()), (None, Some("ORDER_PLACED")));
        assert_eq!(milestone.trace_id.as_deref(), Some("order-1"));
        assert_eq!(read(r#"{"lamplight":{"issue":""}}"#).detection, None);
    }

    #[test]
    fn a_callers_print_of_a_timeout_is_not_the_callees_failure() {
        let fact = read(
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: a-1 Error: Task timed out after 3.00 seconds"}"#,
        );
        assert_eq!((fact.detection, fact.timeout_s, fact.request_id.as_deref()), (None, Some(3.0), Some("a-1")));
    }

    #[test]
    fn members_that_only_sound_like_errors_raise_nothing() {
        for line in [
            r#"{"level":"INFO","errors":0,"error":null,"errorType":"","FAILED":0,"lastError":"ETIMEDOUT"}"#,
            r#"{"level":"INFO","message":"user said: [ERROR] KeyError: 'x'\nTraceback (most recent call last):"}"#,
            r#"{"requestId":"bQXj1gWQoAMESyA=","status":"200","errorMessage":"-"}"#,
            r#"{"level":"INFO","example":"REPORT RequestId: a\tDuration: 3000.00 ms\tStatus: timeout"}"#,
        ] {
            let fact = read(line);
            assert_eq!((fact.detection, fact.counts), (None, Counts::NONE), "{line}");
            assert_eq!(fact.request_id, None, "{line}");
        }
    }
}
