"""What the run prints: steps with their times, checks with their outcome, and a closing line."""

import time
from contextlib import contextmanager


class Report:
    """Counts the checks."""

    def __init__(self):
        self.passed, self.failed = 0, 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, name: str):
        """Says how long a part of the run took."""
        began = time.monotonic()
        print(f"[{began - self.started:6.1f} s] {name}", flush=True)
        yield
        print(f"             took {time.monotonic() - began:.1f} s", flush=True)

    def check(self, what: str, holds: bool, otherwise: object = ""):
        """Counts one check; `otherwise` is shown when it does not hold."""
        if holds:
            self.passed += 1
            print(f"      ok     {what}", flush=True)
        else:
            self.failed += 1
            print(f"      FAILED {what}\n             {otherwise}", flush=True)

    def equal(self, what: str, got: object, expected: object):
        self.check(f"{what} = {expected!r}", got == expected, f"is {got!r}")

    def close(self) -> int:
        """Prints the closing line and returns the exit status."""
        print(f"[{time.monotonic() - self.started:6.1f} s] end", flush=True)
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def eventually(probe, seconds: float):
    """Asks until the answer is true or the time is up, and returns the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(0.05)
