//! The lines that Lambda and the runtimes write about an invocation.

use serde_json::json;

use crate::calls::{Call, Outcome, rfc3339};

/// The lines of an invocation that ends at this time.
pub(crate) fn of(call: &Call, end_ms: i64) -> Vec<String> {
    call.lines(end_ms)
}

impl Call {
    fn request_id(&self) -> String {
        format!("{:08x}-7e11-4c0d-8aaa-00000000cafe", self.number)
    }

    fn lines(&self, end_ms: i64) -> Vec<String> {
        let id = self.request_id();
        let mut lines = Vec::new();
        if !self.is_json {
            lines.push(format!("START RequestId: {id} Version: $LATEST\n"));
        }
        if let (Some(milestone), Some(trace_id)) = (self.milestone(), self.trace_id()) {
            let mut event =
                json!({"level": "INFO", "message": "moving on", "milestone": milestone, "function_request_id": id});
            if !self.names_only_its_request() {
                event["xray_trace_id"] = json!(trace_id);
            }
            lines.push(format!("{event}\n"));
        }
        match self.outcome {
            Outcome::Exception => lines.push(self.exception(&id, end_ms)),
            Outcome::ErrorLog => lines.push(self.error_log(&id)),
            // Before or after the report, as it comes.
            Outcome::OldTimeout if self.number.is_multiple_of(2) => lines.push(old_timeout(&id, end_ms)),
            _ => {}
        }
        lines.extend(if self.is_json { self.json_end(&id, end_ms) } else { self.text_end(&id) });
        match self.outcome {
            Outcome::OldTimeout if !self.number.is_multiple_of(2) => lines.push(old_timeout(&id, end_ms)),
            Outcome::OldCrash => lines
                .push(format!("RequestId: {id} Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n")),
            _ => {}
        }
        lines
    }

    fn exception(&self, id: &str, end_ms: i64) -> String {
        let text = format!("'pier-{}'", self.number);
        if self.is_json {
            let at = format!("{}Z", &rfc3339(end_ms)[..19]);
            let event = json!({"timestamp": at, "log_level": "ERROR", "errorMessage": text, "errorType": "KeyError",
                "requestId": id, "stackTrace": ["  File \"/var/task/dock.py\", line 9, in moor\n    return piers[name]\n"]});
            return format!("{event}\n");
        }
        let space = '\u{a0}';
        format!(
            "[ERROR] KeyError: {text}\nTraceback (most recent call last):\n\
             {space}{space}File \"/var/task/dock.py\", line 9, in moor\n{space}{space}{space}{space}return piers[name]\n"
        )
    }

    fn error_log(&self, id: &str) -> String {
        let text = format!("berth {} is taken", self.number);
        let mut event = json!({"level": "ERROR", "message": text, "function_request_id": id});
        if let Some(trace_id) = self.trace_id() {
            event["xray_trace_id"] = json!(trace_id);
        }
        format!("{event}\n")
    }

    /// Status and error type of the report.
    fn status(&self) -> Option<(&'static str, Option<&'static str>)> {
        match self.outcome {
            Outcome::Timeout => Some(("timeout", None)),
            Outcome::OutOfMemory => Some(("error", Some("Runtime.OutOfMemory"))),
            Outcome::Crash => Some(("failure", Some("Runtime.ExitError"))),
            _ => None,
        }
    }

    fn text_end(&self, id: &str) -> Vec<String> {
        let mut report = format!(
            "REPORT RequestId: {id}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            hundredths(self.duration),
            self.billed_ms(),
            self.memory_mb,
            self.used_mb
        );
        if let Some(init) = self.init {
            report += &format!("Init Duration: {} ms\t", hundredths(init));
        }
        if let Some((status, error_type)) = self.status() {
            report += &format!("Status: {status}");
            report += &error_type.map(|name| format!("\tError Type: {name}")).unwrap_or_default();
        }
        report.push('\n');
        if let Some(trace_id) = self.trace_id() {
            report += &format!("XRAY TraceId: {trace_id}\tSegmentId: 5ea9a11e0ddba11a\tSampled: true\t\n");
        }
        vec![format!("END RequestId: {id}\n"), report]
    }

    fn json_end(&self, id: &str, end_ms: i64) -> Vec<String> {
        let (status, error_type) = self.status().unwrap_or(("success", None));
        let mut metrics = json!({"durationMs": self.duration as f64 / 100.0, "billedDurationMs": self.billed_ms(),
            "memorySizeMB": self.memory_mb, "maxMemoryUsedMB": self.used_mb});
        if let Some(init) = self.init {
            metrics["initDurationMs"] = json!(init as f64 / 100.0);
        }
        let mut done = json!({"requestId": id, "status": status, "metrics": {"producedBytes": 4}});
        let mut report = json!({"requestId": id, "status": status, "metrics": metrics});
        for record in [&mut done, &mut report] {
            if let Some(name) = error_type {
                record["errorType"] = json!(name);
            }
            if let Some(trace_id) = self.trace_id() {
                let value = format!("Root={trace_id};Parent=5ea9a11e0ddba11a;Sampled=1");
                record["tracing"] = json!({"spanId": "5ea9a11e0ddba11a", "type": "X-Amzn-Trace-Id", "value": value});
            }
        }
        let line = |kind, record| json!({"time": rfc3339(end_ms), "type": kind, "record": record}).to_string();
        vec![line("platform.runtimeDone", done), line("platform.report", report)]
    }
}

fn old_timeout(id: &str, end_ms: i64) -> String {
    format!("{} {id} Task timed out after 3.00 seconds\n\n", rfc3339(end_ms))
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}
