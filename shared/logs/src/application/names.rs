//! The names by which logging libraries write ids.

/// Which id a member is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// Lambda's id of the request.
    Request,
    /// Often a business key, or another service's id: only one of Lambda's form is Lambda's.
    PerhapsRequest,
    /// The trace, in any form.
    Trace,
    /// Zipkin's single header, in which trace and span stand.
    B3,
    /// The span.
    Span,
    /// What the application itself says belongs together.
    Correlation,
}

impl Id {
    /// The id that a member of this name is.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "function_request_id"
            | "functionRequestId"
            | "FunctionRequestId"
            | "AWSRequestId"
            | "awsRequestId"
            | "AwsRequestId"
            | "aws-request-id"
            | "aws_request_id" => Self::Request,
            "requestId" | "request_id" | "RequestId" => Self::PerhapsRequest,
            "xray_trace_id" | "xRayTraceId" | "XRayTraceId" | "xrayTraceId" | "traceId" | "TraceId" | "traceID"
            | "trace_id" | "trace.id" | "otelTraceID" | "traceparent" | "Traceparent" | "@tr" | "dd.trace_id"
            | "X-B3-TraceId" | "X-B3-Traceid" | "x-b3-traceid" | "x-b3-traceId" | "X-Amzn-Trace-Id"
            | "x-amzn-trace-id" => Self::Trace,
            "b3" | "B3" => Self::B3,
            "spanId" | "SpanId" | "span_id" | "span.id" | "otelSpanID" | "@sp" | "X-B3-SpanId" | "X-B3-Spanid"
            | "x-b3-spanid" | "x-b3-spanId" => Self::Span,
            "correlation_id" | "correlationId" | "CorrelationId" | "correlationID" | "correlation-id"
            | "x-correlation-id" | "X-Correlation-Id" | "X-Correlation-ID" | "x_correlation_id" => Self::Correlation,
            _ => return None,
        })
    }
}

/// Whether a name ends like that of a correlation id, in any case: `x-shop-correlation-id`, `parentCorrelationId`.
pub(super) fn ends_like_correlation(name: &str) -> bool {
    ["correlation-id", "correlation_id", "correlationid"].iter().any(|end| {
        let tail = name.len().checked_sub(end.len()).and_then(|start| name.get(start..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_end() {
        for name in ["x-shop-correlation-id", "parentCorrelationId", "CORRELATION_ID", "x-Correlation-Id"] {
            assert!(ends_like_correlation(name), "{name}");
        }
        for name in ["correlation", "correlation-ids", "id", "", "üorrelation-id"] {
            assert!(!ends_like_correlation(name), "{name}");
        }
    }
}
