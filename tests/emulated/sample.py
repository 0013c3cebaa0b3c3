"""The log of a function `checkout` that fails in three ways, and the figures that follow from it."""

import time
import uuid
from datetime import datetime, timezone

FUNCTION = "checkout"
GROUP = f"/aws/lambda/{FUNCTION}"
ACCOUNT = "000000000000"
PLACE = f"{ACCOUNT}/us-east-1/{FUNCTION}"
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


class Sample:
    """The events, all within the current second, so that they belong to one minute."""

    def __init__(self):
        self.second = int(time.time())
        at = datetime.fromtimestamp(self.second, timezone.utc)
        self.minute = at.strftime("min#%Y-%m-%dT%H:%MZ")
        self.stream = f"{at:%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        self.moment = at.strftime("%Y-%m-%dT%H:%M:%S.500Z")

    def events(self) -> list:
        lines = [*self._cold_start(), *self._timeout(), *self._out_of_memory(), *self._exception()]
        return [{"timestamp": self.second * 1000 + offset, "message": line} for offset, line in enumerate(lines)]

    def _cold_start(self):
        return _invocation("Duration: 45.12 ms\tBilled Duration: 346 ms", 96, rest="Init Duration: 300.25 ms\t")

    def _timeout(self):
        # As Lambda wrote it before REPORT had a Status: the text is the line that counts.
        request = str(uuid.uuid4())
        text = f"{self.moment} {request} Task timed out after 3.00 seconds\n\n"
        return _invocation("Duration: 3000.00 ms\tBilled Duration: 3000 ms", 97, request, text)

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


def _invocation(durations: str, used_mb: int, request: str = "", text: str = "", rest: str = "") -> list:
    request = request or str(uuid.uuid4())
    memory = f"Memory Size: {MEMORY_MB} MB\tMax Memory Used: {used_mb} MB"
    return [
        f"START RequestId: {request} Version: $LATEST\n",
        *([text] if text else []),
        f"END RequestId: {request}\n",
        f"REPORT RequestId: {request}\t{durations}\t{memory}\t{rest}\n",
    ]
