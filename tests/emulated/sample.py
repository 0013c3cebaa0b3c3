"""The log of a function `checkout` that fails in three ways, the figures that follow from it, and plainer logs."""

import json
import time
import uuid
from datetime import datetime, timezone

FUNCTION = "checkout"
ACCOUNT = "000000000000"
MEMORY_MB = 512

# What the lines below add up to. Absent counters are zero.
COUNTERS = {
    "invocations": 4,
    "failed": 3,
    "timeouts": 1,
    "out_of_memory": 1,
    "exceptions": 1,
    "cold_starts": 1,
    "duration_us": 45_120 + 3_000_000 + 812_500 + 12_340,
    "init_us": 300_250,
    "billed_ms": 346 + 3_000 + 813 + 13,
    "mb_ms": (346 + 3_000 + 813 + 13) * MEMORY_MB,
}
ABSENT = ("crashes", "init_failures")
ISSUES = ["exception", "out_of_memory", "timeout"]


def group(function: str) -> str:
    return f"/aws/lambda/{function}"


def place(function: str, account: str = ACCOUNT) -> str:
    return f"{account}/us-east-1/{function}"


class Sample:
    """The events, all within the current second, so that they belong to one minute."""

    def __init__(self):
        self.second = int(time.time())
        self.minute = _moment(self.second).strftime("min#%Y-%m-%dT%H:%MZ")

    def events(self) -> list:
        lines = [*self._cold_start(), *timed_out(self.second), *self._out_of_memory(), *self._exception()]
        return stamped(lines, self.second)

    def _cold_start(self):
        return _invocation("Duration: 45.12 ms\tBilled Duration: 346 ms", 96, rest="Init Duration: 300.25 ms\t")

    def _out_of_memory(self):
        status = "Status: error\tError Type: Runtime.OutOfMemory"
        return _invocation("Duration: 812.50 ms\tBilled Duration: 813 ms", MEMORY_MB, rest=status)

    def _exception(self):
        text = (
            "[ERROR] KeyError: 'sku'\n"
            "Traceback (most recent call last):\n"
            '  File "/var/task/checkout.py", line 41, in handler\n'
            "    total = price(event['sku'])\n"
        )
        return _invocation("Duration: 12.34 ms\tBilled Duration: 13 ms", 98, text=text)


def timed_out(second: int | None = None) -> list:
    """The lines of an invocation as Lambda wrote them before REPORT had a Status: the text is the line that counts."""
    moment = _moment(second or time.time()).strftime("%Y-%m-%dT%H:%M:%S.500Z")
    request = str(uuid.uuid4())
    text = f"{moment} {request} Task timed out after 3.00 seconds\n\n"
    return _invocation("Duration: 3000.00 ms\tBilled Duration: 3000 ms", 97, request, text)


def healthy() -> list:
    """The lines of an invocation that does its work."""
    return _invocation("Duration: 20.00 ms\tBilled Duration: 20 ms", 95)


def trace() -> str:
    """A trace's id, as X-Ray makes them."""
    return f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"


def traced(trace_id: str, request: str = "", milliseconds: int = 20, status: str = "") -> list:
    """The lines of an invocation that X-Ray traces; it fails with a status other than none."""
    durations = f"Duration: {milliseconds}.00 ms\tBilled Duration: {milliseconds} ms"
    told = f"Status: {status}\t" if status else ""
    rest = f"{told}\nXRAY TraceId: {trace_id}\tSegmentId: {uuid.uuid4().hex[:16]}\tSampled: true\t"
    return _invocation(durations, 96, request, rest=rest)


def milestone(name: str, **ids: str) -> str:
    """A structured event that says that a transaction has reached a point."""
    return json.dumps({"level": "INFO", "message": "so far", "milestone": name, **ids})


def stamped(lines: list, second: float | None = None) -> list:
    """Events for put-log-events, a millisecond apart."""
    first = int((second or time.time()) * 1000)
    return [{"timestamp": first + offset, "message": line} for offset, line in enumerate(lines)]


def stream() -> str:
    """The name of a log stream, as Lambda makes them."""
    return f"{_moment(time.time()):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc)


def _invocation(durations: str, used_mb: int, request: str = "", text: str = "", rest: str = "") -> list:
    request = request or str(uuid.uuid4())
    memory = f"Memory Size: {MEMORY_MB} MB\tMax Memory Used: {used_mb} MB"
    return [
        f"START RequestId: {request} Version: $LATEST\n",
        *([text] if text else []),
        f"END RequestId: {request}\n",
        f"REPORT RequestId: {request}\t{durations}\t{memory}\t{rest}\n",
    ]
