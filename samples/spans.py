"""The log group `aws/spans`, as X-Ray Transaction Search fills it: a span a line, all in one stream."""

from lambda_logs import compact, hexes


class Spans:
    """Looks like an environment, so that it is delivered like one."""

    name = group = "aws/spans"
    stream = "default"

    def __init__(self, rng):
        self.rng, self.spans = rng, []

    def internal(self, function, call, name, share, parent=""):
        """A span within the function's own code; `share` is from where to where in the call. Returns its id."""
        return self.add(function, call, name, "INTERNAL", share, parent, {})

    def client(self, function, call, service, operation, share, parent="", http_status=200):
        """A call to a service of AWS."""
        return self.add(function, call, f"{service}.{operation}", "CLIENT", share, parent, {
            "rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation,
            "aws.remote.service": f"AWS::{service}", "aws.remote.operation": operation,
            "http.response.status_code": http_status})

    def add(self, function, call, name, kind, share, parent, attributes):
        span_id = hexes(self.rng, 16)
        start, end = (call.began_at * 1_000_000 + int((call.ended_at - call.began_at) * 1_000_000 * part)
                      + self.rng.randint(1000, 999_999) for part in share)
        failed = attributes.get("http.response.status_code", 200) >= 500
        self.spans.append((end, compact({
            "resource": {"attributes": {"service.name": function.name, "cloud.provider": "aws",
                                        "cloud.platform": "aws_lambda", "faas.name": function.name}},
            "scope": {"name": self.scope(function, kind)},
            "traceId": call.trace[2:].replace("-", ""), "spanId": span_id, "parentSpanId": parent or call.segment,
            "flags": 257, "name": name, "kind": kind, "startTimeUnixNano": start, "endTimeUnixNano": end,
            "durationNano": end - start,
            "attributes": {**attributes, "faas.invocation_id": call.request_id},
            "status": {"code": "ERROR" if failed else "UNSET"}})))
        return span_id

    @staticmethod
    def scope(function, kind):
        if kind == "INTERNAL":
            return function.name
        is_python = function.runtime.startswith("python")
        return "opentelemetry.instrumentation.botocore" if is_python else "@opentelemetry/instrumentation-aws-sdk"

    @property
    def events(self):
        """Log events, which have the time at which the span ended."""
        return [{"id": str((end // 1_000_000 << 144) | n), "timestamp": end // 1_000_000, "message": message}
                for n, (end, message) in enumerate(sorted(self.spans))]
