"""Writes `logs/`: an hour of the shop Lantern Books. The same run gives the same bytes.

    python3 samples/generate.py
"""

import random
from datetime import datetime, timezone
from pathlib import Path

import forms
from lambda_logs import Call, Function, compact, run, trace_id
from runtimes import (emf, go_returned_error, java, node, node_exception, python, python_exception,
                      python_json_exception, ruby, structured_go, structured_node, structured_python)

HOUR = int(datetime(2026, 11, 20, 8, tzinfo=timezone.utc).timestamp() * 1000)
MINUTE = 60_000

CHECKOUT = Function("checkout-api", "nodejs:22.v51", 512, (96, 131), 10, (38, 900), (310, 520))
PAYMENT = Function("payment-worker", "python:3.13.v64", 256, (88, 104), 10, (140, 1400), (420, 610), json_format=True)
STOCK = Function("stock-keeper", "java:21.v37", 2048, (214, 260), 15, (25, 700), (380, 640), version="7",
                 snap_start=True)
THUMBNAILER = Function("thumbnailer", "python:3.13.v64", 512, (141, 306), 20, (350, 4200), (280, 390))
MAILER = Function("mailer", "provided:al2023.v112", 128, (31, 44), 10, (22, 480), (62, 95))
INVOICE = Function("invoice-pdf", "ruby:3.4.v22", 1024, (187, 412), 30, (800, 6900), (520, 760),
                   group="/lantern-books/documents")

# Titles that look like failures: readers of books search for them, and nobody must be woken.
TITLES = ["Out of Memory, a novel", "Timed Out", "Panic on Platform Nine", "Error and Trial", "The Exception",
          "A Field Guide to Lighthouses", "Fatal Harbour", "Killed by Signal", "Letters from the Fens"]


def moments(rng, count, first=0.4, last=57.0):
    return sorted(HOUR + int(rng.uniform(first, last) * MINUTE) for _ in range(count))


def orders(rng):
    """Twelve orders which are followed through three functions; the eighth is not paid."""
    for n, at in enumerate(moments(rng, 12, 3, 54)):
        yield {"at": at, "trace": trace_id(rng, at), "correlation": f"order-{70311 + 17 * n}",
               "cents": rng.randint(1190, 9890), "paid": n != 7}


def checkout_calls(rng, orders):
    rush = [HOUR + 30 * MINUTE + rng.randint(0, 14_000) for _ in range(60)]  # after the newsletter
    for n, at in enumerate(moments(rng, 125) + rush):
        lines = [node("INFO", f"GET /search q={compact(rng.choice(TITLES))} hits={rng.randint(0, 9)}")]
        if n % 3 == 0:
            lines = [node("DEBUG", f"basket cache hit age={rng.randint(1, 240)}s"),
                     node("INFO", f"basket priced items={rng.randint(1, 6)} errors=0")]
        if n % 11 == 0:
            lines.append(node("INFO", "stock client ready, retry policy: timeout=30s attempts=3"))
        if n in (21, 64, 103):
            lines.append(node_exception("TypeError", "Cannot read properties of undefined (reading 'postcode')",
                                        "shippingCosts (/var/task/shipping.js:31:44)"))
        if n == 88:
            lines.append(node_exception("BasketChanged", "basket 90417 was priced at 4180 and is now 4230",
                                        "confirmPrice (/var/task/pricing.js:77:11)", code="BASKET_CHANGED"))
        yield Call(at, lines, trace=trace_id(rng, at) if n % 9 == 0 else "")
    for order in orders:
        ids = {"xray_trace_id": order["trace"], "correlation_id": order["correlation"]}
        order["checkout"] = Call(order["at"], [
            structured_node("Basket is complete", **ids, items=rng.randint(1, 5), errors=0),
            structured_node("Order placed", **ids, milestone="ORDER_PLACED", total_cents=order["cents"]),
        ], trace=order["trace"])
        yield order["checkout"]


def payment_calls(rng, orders):
    for n, at in enumerate(moments(rng, 58)):
        lines = [structured_python("INFO", "settle:24", "Settlement polled",
                                   result={"open": rng.randint(0, 7), "errors": 0, "lastError": None})]
        if n % 4 == 0:
            lines.insert(0, structured_python("DEBUG", "gateway:61", "retry policy: timeout=30s, 3 attempts"))
        yield Call(at, lines, "timeout" if n == 40 else "ok")
    for order in orders:
        ids = {"xray_trace_id": order["trace"], "correlation_id": order["correlation"]}
        lines = [structured_python("INFO", "capture:40", "Capturing payment", **ids, amount_cents=order["cents"])]
        if order["paid"]:
            lines.append(structured_python("INFO", "capture:57", "Payment captured", **ids,
                                           milestone="PAYMENT_CAPTURED", errors=0))
        else:
            reason = "gateway refused the capture: card 4417 has expired"
            lines.append(structured_python("ERROR", "capture:63", "Payment could not be captured", **ids,
                                           exception_name="CaptureRefused", exception=f"CaptureRefused: {reason}"))
            lines.append(python_json_exception("CaptureRefused", reason, [
                ("worker.py", 33, "handler", "capture(order)"),
                ("capture.py", 64, "capture", "raise CaptureRefused(answer)")]))
        at = order["checkout"].ended_at + rng.randint(250, 1800)
        order["payment"] = Call(at, lines, "ok" if order["paid"] else "exception", trace=order["trace"])
        yield order["payment"]


def stock_calls(rng):
    for n, at in enumerate(moments(rng, 64)):
        title = rng.choice(TITLES)
        lines = [java("INFO", "StockLedger:57", f"booked {rng.randint(1, 4)} x \"{title}\" out of shelf {n % 14 + 1}")]
        if n % 5 == 0:
            lines.append(java("DEBUG", "LedgerClient:112", "retry policy: timeout=30s, backoff=200ms"))
        if n % 13 == 4:
            lines.append(java("WARN", "StockLedger:81", f"only {rng.randint(1, 3)} left of \"{title}\""))
        if n == 37:
            lines = [java("INFO", "Inventory:29", "counting all shelves")]
        yield Call(at, lines, "old timeout" if n == 37 else "ok")


def thumbnailer_calls(rng):
    for n, at in enumerate(moments(rng, 56)):
        cover = f"cover-{rng.randint(10_000, 99_999)}"
        lines = [python("INFO", f"fetched {cover}.jpg, {rng.randint(90, 4800)} KB")]
        if n == 45:
            lines.append(python("INFO", f"{cover}.jpg unpacks to 19200 x 14400 pixels"))
            yield Call(at, lines, "out of memory", full=True)
            continue
        if n % 8 == 3:
            lines.append(python_exception("KeyError", f"'{cover}'", [
                ("app.py", 41, "handler", 'size = sizes_of(event["object"])'),
                ("catalogue.py", 18, "sizes_of", "return SIZES[name]")]))
        elif n == 18:
            lines.append(python("ERROR", f"{cover}.jpg has no colour profile, taking sRGB"))
        else:
            lines.append(python("INFO", 'written: {"sizes":4,"errors":0}'))
        yield Call(at, lines)


def mailer_calls(rng, orders):
    panic = ["panic: send on closed channel\n", "goroutine 23 [running]:\n", "main.(*outbox).flush(0xc00011e5a0)\n",
             "\t/src/mailer/outbox.go:118 +0x9c\n", "created by main.newOutbox in goroutine 1\n",
             "\t/src/mailer/outbox.go:52 +0x110\n"]
    for n, at in enumerate(moments(rng, 52)):
        kind = rng.choice(["parcel-sent", "password-link", "book-is-back"])
        lines = [structured_go("INFO", "mail sent", template=kind, recipients=1, errors=0)]
        if n % 6 == 0:
            lines.insert(0, structured_go("DEBUG", "relay connected", retry="retry policy: timeout=30s"))
        if n in (15, 34):
            lines[-1] = go_returned_error("RelayError", f"relay refused message {4170 + n}: mailbox full")
        if n == 27:
            lines += panic
        yield Call(at, lines, "crash" if n == 27 else "ok")
    for order in orders:
        if order["paid"]:
            ids = {"traceId": order["trace"][2:].replace("-", ""), "correlation_id": order["correlation"]}
            yield Call(order["payment"].ended_at + rng.randint(300, 2500), [
                structured_go("INFO", "confirmation sent", **ids, milestone="ORDER_CONFIRMED", errors=0),
            ], trace=order["trace"])


def invoice_calls(rng):
    for n, at in enumerate(moments(rng, 34)):
        number = 26_400 + n
        lines = [ruby("INFO", f"invoice {number}: {rng.randint(1, 4)} pages")]
        if n == 20:
            yield Call(at, [ruby("INFO", f"invoice {number}: 731 pages, a library's order")], "timeout", full=True)
            continue
        if n in (11, 25):
            lines.append(ruby("ERROR", f"invoice {number}: no VAT id, printed without"))
        if n % 3 == 0:
            lines.append(emf("LanternBooks", {"Pages": "Count", "Errors": "Count"},
                             service="invoices", Pages=rng.randint(1, 4), Errors=0))
        yield Call(at, lines)


def main():
    rng = random.Random("lantern-books")
    followed = list(orders(rng))
    subscribed = run(rng, CHECKOUT, list(checkout_calls(rng, followed)))
    subscribed += run(rng, PAYMENT, list(payment_calls(rng, followed)))
    subscribed += run(rng, STOCK, list(stock_calls(rng)))
    subscribed += run(rng, MAILER, list(mailer_calls(rng, followed)))
    thumbnailer = run(rng, THUMBNAILER, list(thumbnailer_calls(rng)))
    invoices = run(rng, INVOICE, list(invoice_calls(rng)))

    documents = forms.deliveries(rng, subscribed)
    batch = []
    for function in (CHECKOUT, PAYMENT, MAILER):
        of_function = [d for d in documents if d["logGroup"].endswith(function.name) and len(d["logEvents"]) > 7]
        batch.append(of_function[len(of_function) // 2])
    documents = [document for document in documents if document not in batch]
    forms.repeat_one(documents)
    documents.insert(0, forms.control_message(rng, HOUR + 2000))

    forms.write_logs(Path(__file__).parent / "logs", {
        "deliveries.jsonl": forms.deliveries_file(documents),
        "kinesis-batch.json": forms.kinesis_batch(rng, batch),
        "filter-log-events.json": forms.filter_log_events(rng, invoices),
        "events.jsonl.gz": forms.gzip(forms.events_by_line(thumbnailer).encode()),
    })


if __name__ == "__main__":
    main()
