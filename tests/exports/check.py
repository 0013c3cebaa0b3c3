#!/usr/bin/env python3
"""Checks exported transactions, one JSON a line in two forms, with what is published of these.

- OTLP JSON with OpenTelemetry's own protocol, compiled (PyPI opentelemetry-proto), and with what its specification says
  beyond that ("JSON Protobuf Encoding", and the comments of trace.proto): what a collector and Grafana Tempo take.
- Jaeger's JSON with `jaeger.schema.json`, and with what Jaeger's user interface makes of it (jaegertracing/jaeger-ui,
  packages/jaeger-ui/src/model/transform-trace-data.ts): every span must be shown, and stand where it was put.

Both forms must tell the same of each piece of work.
"""

import base64
import copy
import json
import pathlib
import re
import sys

from google.protobuf import json_format
from jsonschema import Draft202012Validator
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

# Bytes of ids.
IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
# Nanoseconds that a signed number of 64 bits holds, in which collectors keep times.
LATEST_NS = 2**63 - 1
# As many as are expected at least: fewer would mean that the program which writes them ended early.
LEAST = 50

SCHEMA = json.loads(pathlib.Path(__file__).with_name("jaeger.schema.json").read_text())
JAEGER = Draft202012Validator(SCHEMA)


def wrong(case):
    """What is wrong with a transaction."""
    otlp, jaeger = case["otlp"], case["jaeger"]
    # One form must not hide what is wrong with the other.
    faults = [*_faults("otlp", _otlp, otlp), *_faults("jaeger", _jaeger, jaeger)]
    return faults or _faults("both", _same, _told_by_otlp(otlp), _told_by_jaeger(jaeger), case)


def _faults(form, check, *arguments):
    try:
        return [f"{form}: {fault}" for fault in check(*arguments)]
    except Exception as error:  # Parsers raise errors of several kinds.
        return [f"{form}: {type(error).__name__}: {error}"]


def _otlp(document):
    yield from _encoding(document)
    # Names that the protocol does not have are refused.
    request = json_format.Parse(json.dumps(_with_base64(document)), ExportTraceServiceRequest())
    spans = []
    for resource in request.resource_spans:
        yield from _attributes("a resource", resource.resource.attributes)
        names = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
        if len(names) != 1 or not names[0].strip():
            yield f"a resource has the service names {names}"
        spans += [span for scope in resource.scope_spans for span in scope.spans]
    for span in spans:
        for what in _span(span):
            yield f"span {span.span_id.hex()}: {what}"
    if len({span.trace_id for span in spans}) > 1:
        yield "it has several traces"
    yield from _tree([(span.span_id.hex(), span.parent_span_id.hex() or None) for span in spans])


def _encoding(document):
    """What JSON has to look like beyond what the parser for any message of Protocol Buffers asks."""
    for key, value in _members(document):
        if "_" in key:
            yield f"the name {key} is not in lowerCamelCase"
        if value is None:
            yield f"{key} is null"
        if key in IDS and not re.fullmatch(rf"(?!0+$)[0-9a-f]{{{2 * IDS[key]}}}", str(value)):
            yield f"{key} is {value!r}"
        if key in ("kind", "code") and type(value) is not int:
            yield f"the enumeration {key} is {value!r}"
        if key.endswith("UnixNano") and not (isinstance(value, str) and value.isdecimal()):
            yield f"{key} is {value!r}"


def _with_base64(document):
    """The document with ids as the parser reads bytes."""
    document = copy.deepcopy(document)
    for resource in document["resourceSpans"]:
        for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
            for key in IDS.keys() & span.keys():
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return document


def _span(span):
    if len(span.trace_id) != 16 or len(span.span_id) != 8:
        yield "it has no trace or no id"
    if not span.name.strip():
        yield "it has no name"
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano <= LATEST_NS:
        yield f"it is from {span.start_time_unix_nano} to {span.end_time_unix_nano}"
    if span.kind not in Span.SpanKind.values():
        yield f"its kind is {span.kind}"
    if span.status.code not in Status.StatusCode.values():
        yield f"its status is {span.status.code}"
    yield from _attributes("it", span.attributes)
    for event in span.events:
        if not event.name or not 0 < event.time_unix_nano <= LATEST_NS:
            yield f"an event {event.name!r} is at {event.time_unix_nano}"
        yield from _attributes("an event", event.attributes)


def _attributes(whose, attributes):
    keys = [attribute.key for attribute in attributes]
    if len(set(keys)) < len(keys) or not all(keys):
        yield f"{whose} has the attributes {keys}"
    for attribute in attributes:
        kind = attribute.value.WhichOneof("value")
        if kind is None or kind == "string_value" and not attribute.value.string_value:
            yield f"the attribute {attribute.key} of {whose} says nothing"


def _jaeger(document):
    for error in JAEGER.iter_errors(document):
        yield f"{error.json_path}: {error.message[:200]}"
        return
    for key, value in _members(document):
        # What Go reads into a whole number has no point, which JSON Schema allows.
        if key in ("startTime", "duration", "timestamp") and type(value) is not int:
            yield f"{key} is {value}"
    if len(document["data"]) != 1:
        yield f"there are {len(document['data'])} traces"
    for trace in document["data"]:
        yield from _trace(trace)


def _trace(trace):
    for span in trace["spans"]:
        own = f"span {span['spanID']}"
        if span["traceID"] != trace["traceID"]:
            yield f"{own} is of another trace"
        if span["processID"] not in trace["processes"]:
            yield f"{own} has the process {span['processID']}, which is unknown"
        if len(span["references"]) > 1:
            yield f"{own} has several parents"
        # One that is not in the file is shown as unknown; it has to be of the same trace even so.
        if any(reference["traceID"] != trace["traceID"] for reference in span["references"]):
            yield f"{own} refers to another trace"
        if span["startTime"] + span["duration"] > 2**53 - 1:
            yield f"{own} ends later than JavaScript counts"
        keys = [tag["key"] for tag in span["tags"]]
        if len(set(keys)) < len(keys):
            yield f"{own} has the tags {keys}"
        if any(tag["value"] == "" for tag in span["tags"]):
            yield f"{own} has a tag that says nothing"
        if any(tag["key"] == "span.kind" and tag["value"] not in _kinds() for tag in span["tags"]):
            yield f"{own} is of an unknown kind"
    yield from _tree([(span["spanID"], _reference(span)) for span in trace["spans"]])


def _kinds():
    """The kinds of spans in Jaeger's words: those of the protocol, of which the one that says nothing is left out."""
    return [name.removeprefix("SPAN_KIND_").lower() for name, number in Span.SpanKind.items() if number]


def _reference(span):
    return span["references"][0]["spanID"] if span["references"] else None


def _tree(spans):
    """Each span once, and each within a root: what stands in a circle is not shown."""
    parents = dict(spans)
    if len(parents) < len(spans):
        yield f"{len(spans) - len(parents)} ids are not unique"
    roots = [span for span, parent in spans if parent not in parents]
    if spans and not roots:
        yield "it has no root"
    within = {}
    for span, parent in spans:
        within.setdefault(parent, []).append(span)
    shown, waiting = set(), roots
    while waiting:
        span = waiting.pop()
        if span not in shown:
            shown.add(span)
            waiting.extend(within.get(span, []))
    if len(shown) < len(parents):
        yield f"{len(parents) - len(shown)} spans stand in no root: {sorted(parents.keys() - shown)[:3]}"


def _same(otlp, jaeger, case):
    for span in sorted(otlp.keys() | jaeger.keys()):
        if otlp.get(span) != jaeger.get(span):
            yield f"span {span} is {otlp.get(span)} and {jaeger.get(span)}"
    if len(otlp) != case["works"]:
        yield f"there are {len(otlp)} spans instead of {case['works']}"
    strangers = sum(1 for told in otlp.values() if told["parent"] and told["parent"] not in otlp)
    if strangers != case["strangers"]:
        yield f"{strangers} spans have unknown parents instead of {case['strangers']}"


def _told_by_otlp(document):
    told = {}
    for resource in document["resourceSpans"]:
        service = resource["resource"]["attributes"][0]["value"]["stringValue"]
        for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
            start, end = int(span["startTimeUnixNano"]) // 1000, int(span["endTimeUnixNano"]) // 1000
            told[span["spanId"]] = {
                "trace": span["traceId"],
                "parent": span.get("parentSpanId"),
                "service": service,
                "name": span["name"],
                "start": start,
                "duration": end - start,
                "failed": span["status"]["code"] == Status.STATUS_CODE_ERROR,
                "events": [int(event["timeUnixNano"]) // 1000 for event in span["events"]],
            }
    return told


def _told_by_jaeger(document):
    told = {}
    for trace in document["data"]:
        for span in trace["spans"]:
            told[span["spanID"]] = {
                "trace": span["traceID"],
                "parent": _reference(span),
                "service": trace["processes"][span["processID"]]["serviceName"],
                "name": span["operationName"],
                "start": span["startTime"],
                "duration": span["duration"],
                "failed": any(tag["key"] == "error" and tag["value"] is True for tag in span["tags"]),
                "events": [log["timestamp"] for log in span["logs"]],
            }
    return told


def _members(value):
    """All names with their values, however deep."""
    if isinstance(value, list):
        for element in value:
            yield from _members(element)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key, member
            yield from _members(member)


def main():
    cases = failed = 0
    for line in sys.stdin:
        case = json.loads(line)
        cases += 1
        faults = wrong(case)
        failed += bool(faults)
        for fault in faults[:3]:
            print(f"{case['name']}: {fault}")
    if cases < LEAST:
        print(f"there should be {LEAST} transactions or more")
    print(f"{cases} transactions in two forms, {failed or 'none'} wrong")
    sys.exit(1 if failed or cases < LEAST else 0)


if __name__ == "__main__":
    main()
