"""Writes `parcels/logs`: half an hour of a parcel service. The same run gives the same bytes.

    python3 samples/parcels.py

    parcel-api -> queue and topic -> label-printer -> topic -> customer-notifier
                                  -> route-planner
                                  -> stock-booker
"""

import random
from datetime import datetime, timezone
from pathlib import Path

import forms
from lambda_logs import Call, Function, hexes, run, trace_id, uuid
from runtimes import ecs_java, emf, node, node_exception, node_object, slog, structured_node, structured_python
from spans import Spans

START = int(datetime(2026, 11, 20, 10, tzinfo=timezone.utc).timestamp() * 1000)
SECOND = 1000
MINUTE = 60 * SECOND

API = Function("parcel-api", "nodejs:22.v51", 256, (92, 118), 10, (45, 260), (290, 450))
LABELS = Function("label-printer", "python:3.13.v64", 512, (128, 171), 30, (240, 1100), (430, 640), json_format=True)
ROUTES = Function("route-planner", "java:21.v37", 1024, (203, 251), 15, (90, 800), (700, 1400))
STOCK = Function("stock-booker", "nodejs:22.v51", 256, (84, 103), 10, (60, 400), (280, 430))
NOTIFIER = Function("customer-notifier", "provided:al2023.v112", 128, (30, 41), 10, (35, 300), (60, 95))

PARCELS = 30
FIRST = 301  # the number of the first parcel
BEHIND = 400  # milliseconds by which the clocks of route-planner are behind

# The odd ones, and the first ones, which have spans.
STORAGE_503 = 304
BOOKED_BY_RETRY = 306  # a new invocation, as a queue makes it
BY_COUNTRY = 308
BOOKED_BY_REPEAT = 312  # the same invocation again, as Lambda repeats an asynchronous one
NO_ROUTE = 317
NOT_NOTIFIED = 321
LATE = 325
WITH_SPANS = range(FIRST, FIRST + 12)


class Parcel:
    def __init__(self, rng, number, at):
        self.number, self.at = number, at
        self.trace = trace_id(rng, at)
        self.correlation = f"parcel-{number}"
        self.id = f"P-{88_000 + 7 * number}"
        self.half_euros = rng.randint(9, 160)
        self.label_bytes = [rng.randint(14_000, 32_000) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        self.country = rng.choice(("DE", "NL", "PL"))
        if number == BY_COUNTRY:
            self.country = "AT"

    @property
    def value(self):
        """In euros, as JavaScript prints it."""
        return self.half_euros / 2 if self.half_euros % 2 else self.half_euros // 2

    @property
    def digits(self):
        """The trace in W3C's form."""
        return self.trace[2:].replace("-", "")

    def call(self, at, lines, outcome="ok", request_id=""):
        return Call(at, lines, outcome, trace=self.trace, request_id=request_id)


def parcels(rng):
    for n in range(PARCELS):
        at = START + 20 * SECOND + n * 54 * SECOND + rng.randint(0, 20 * SECOND)
        yield Parcel(rng, FIRST + n, at)


def api_calls(rng, parcels):
    for n in range(12):
        yield Call(START + n * 150 * SECOND + rng.randint(0, 9000), [node("INFO", "GET /health errors=0")])
    for parcel in parcels:
        ids = {"xray_trace_id": parcel.trace, "correlation_id": parcel.correlation, "parcelId": parcel.id}
        line = lambda message, more: structured_node(message, service="parcels", function_name=API.name, **more)
        parcel.ordered = parcel.call(parcel.at, [
            line("Order received", {**ids, "pieces": len(parcel.label_bytes)}),
            line("Parcel ordered", {**ids, "milestone": "PARCEL_ORDERED"}),
            order_value(parcel)])
        yield parcel.ordered


def order_value(parcel):
    """The metric as Powertools writes it: an array, also of one value."""
    if parcel.number == BY_COUNTRY:
        return emf("Parcels", {"OrderValue": "None"}, (("service",), ("service", "country")),
                   service=API.name, country=parcel.country, OrderValue=[parcel.value])
    return emf("Parcels", {"OrderValue": "None"}, service=API.name, OrderValue=[parcel.value])


def label_calls(rng, parcels):
    for parcel in parcels:
        ids = {"service": "labels", "function_name": LABELS.name,
               "traceparent": f"00-{parcel.digits}-{hexes(rng, 16)}-01",
               "correlation_id": parcel.correlation, "parcelId": parcel.id}
        count, size = len(parcel.label_bytes), parcel.label_bytes
        lines = [structured_python("INFO", "printer:31", "Label printed", **ids, milestone="LABEL_PRINTED"),
                 emf("Parcels", {"LabelsPrinted": "Count", "LabelBytes": "Bytes"}, service=LABELS.name,
                     LabelsPrinted=count, LabelBytes=size if count > 1 else size[0])]
        if parcel.number == STORAGE_503:
            lines.insert(0, structured_python("WARNING", "store:18", "Storage answered 503, trying again", **ids))
        parcel.labelled = parcel.call(fan_out(rng, parcel), lines)
        yield parcel.labelled


def route_calls(rng, parcels):
    for parcel in parcels:
        ids = {"trace.id": parcel.digits, "correlationId": parcel.correlation, "parcelId": parcel.id}
        line = lambda message, more: ecs_java("INFO", "parcels.RoutePlanner", message, **more)
        at, stops = fan_out(rng, parcel) - BEHIND, rng.randint(2, 9)
        planning = line(f"Planning a route to {parcel.country}", ids)
        if parcel.number == NO_ROUTE:
            request_id, limit = uuid(rng), ROUTES.limit_s * SECOND
            first_wait, second_wait = MINUTE, 2 * MINUTE  # as Lambda waits before it repeats an invocation
            for wait in (0, limit + first_wait, 2 * limit + first_wait + second_wait):
                yield parcel.call(at + wait, [planning], "timeout", request_id)
        else:
            yield parcel.call(at, [planning, line(f"Route planned with {stops} stops",
                                                  {**ids, "milestone": "ROUTE_PLANNED", "stops": stops})])


def stock_calls(rng, parcels):
    for parcel in parcels:
        at, shelf = fan_out(rng, parcel), rng.randint(1, 24)
        request_id = uuid(rng) if parcel.number == BOOKED_BY_REPEAT else ""
        if parcel.number in (BOOKED_BY_RETRY, BOOKED_BY_REPEAT):
            yield parcel.call(at, [
                node_object("INFO", "Booking", parcelId=parcel.id, shelf=shelf),
                node_exception("ShelfIsCounted", f"shelf {shelf} is being counted", "book (/var/task/shelves.js:44:13)",
                               handler="stock.js:19:5")], "exception", request_id)
            at += MINUTE if request_id else 30 * SECOND  # a queue hands out again what nobody deleted
        yield parcel.call(at, [node_object("INFO", "Stock booked", parcelId=parcel.id, milestone="STOCK_BOOKED",
                                           shelf=shelf)], request_id=request_id)


def notifier_calls(rng, parcels):
    for parcel in parcels:
        at = parcel.labelled.ended_at + rng.randint(300, 2500)
        if parcel.number == LATE:
            at = parcel.at + 7 * MINUTE
        if parcel.number != NOT_NOTIFIED:
            yield parcel.call(at, [
                slog("INFO", "customer notified", service=NOTIFIER.name, correlation_id=parcel.correlation,
                     parcelId=parcel.id, milestone="CUSTOMER_NOTIFIED", channel=rng.choice(("mail", "text")))])


def fan_out(rng, parcel):
    """When a function takes the message."""
    return parcel.ordered.ended_at + rng.randint(60, 900)


def spans(rng, parcels):
    spans = Spans(rng)
    for parcel in parcels:
        if parcel.number not in WITH_SPANS:
            continue
        accepting = spans.internal(API, parcel.ordered, "accept order", (0.1, 0.95))
        spans.client(API, parcel.ordered, "DynamoDB", "PutItem", (0.15, 0.45), accepting)
        spans.client(API, parcel.ordered, "SQS", "SendMessage", (0.5, 0.9), accepting)
        if parcel.number == STORAGE_503:
            spans.client(LABELS, parcel.labelled, "S3", "PutObject", (0.1, 0.2), http_status=503)
        spans.client(LABELS, parcel.labelled, "S3", "PutObject", (0.25, 0.8))
    return spans


def main():
    rng = random.Random("parcels")
    all_parcels = list(parcels(rng))
    sources = []
    for function, calls in ((API, api_calls), (LABELS, label_calls), (ROUTES, route_calls), (STOCK, stock_calls),
                            (NOTIFIER, notifier_calls)):
        sources += run(rng, function, list(calls(rng, all_parcels)))
    documents = forms.deliveries(rng, [*sources, spans(rng, all_parcels)])
    forms.repeat_one(documents)
    forms.write_logs(Path(__file__).parent / "parcels" / "logs", {"deliveries.jsonl": forms.deliveries_file(documents)})


if __name__ == "__main__":
    main()
