"""How Lambda writes: execution environments, and the lines of one invocation.

Durations are whole hundredths of a millisecond, as the platform prints them, so that
the billing arithmetic is exact.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone

CAUGHT_EXCEPTION_STATUS = "success"  # of a JSON report after an exception that the runtime caught


@dataclass
class Function:
    name: str
    runtime: str  # as in the runtime's version, e.g. "nodejs:22.v51"
    memory_mb: int
    used_mb: tuple  # from, to: the memory an ordinary invocation uses
    limit_s: int
    usual_ms: tuple  # from, to: how long an ordinary invocation takes
    start_ms: tuple  # from, to: how long a cold start takes
    version: str = "$LATEST"
    json_format: bool = False
    snap_start: bool = False
    group: str = ""  # a group that several functions share; its streams carry the function's name


@dataclass
class Call:
    """What one invocation is to show."""

    at: int  # epoch milliseconds
    lines: list = field(default_factory=list)  # each makes an application line of a `Moment`
    outcome: str = "ok"  # or exception, timeout, old timeout, out of memory, crash
    full: bool = False  # whether all of the memory was used
    trace: str = ""
    request_id: str = ""  # that of an earlier try, if this one repeats it; known when the call has run
    segment: str = ""  # these three are known when the call has run
    began_at: int = 0
    ended_at: int = 0


@dataclass
class Moment:
    at: int
    request_id: str

    @property
    def iso(self):
        return iso(self.at)


class Environment:
    """One execution environment: one log stream, one invocation at a time."""

    def __init__(self, rng, function):
        self.rng, self.function = rng, function
        self.name = function.name
        self.group = function.group or f"/aws/lambda/{function.name}"
        prefix = function.name if function.group else ""
        self.stream = f"2026/11/20/{prefix}[{function.version}]{hexes(rng, 32)}"
        self.events = []
        self.free_at = 0
        self.calls_left = rng.randint(14, 30)
        self.peak_mb = rng.randint(*function.used_mb)
        self.runtime_arn = f"arn:aws:lambda:eu-central-1::runtime:{hexes(rng, 64)}"

    def say(self, at, request_id, line):
        """Adds an event; the times of a stream strictly increase."""
        at = max(int(at), self.events[-1]["timestamp"] + 1) if self.events else int(at)
        message = line(Moment(at, request_id)) if callable(line) else line
        event_id = str((at << 144) | self.rng.getrandbits(144))
        self.events.append({"id": event_id, "timestamp": at, "message": message})
        return at

    def invoke(self, call):
        function, rng = self.function, self.rng
        request_id = call.request_id = call.request_id or uuid(rng)
        start = between(rng, function.start_ms) if not self.events else 0
        segment = call.segment = hexes(rng, 16)
        platform = JsonPlatform(self, request_id, call, segment) if function.json_format else \
            TextPlatform(self, request_id, call, segment)
        if start:
            self.say(call.at, request_id, platform.starting)
            if function.snap_start:
                self.say(call.at + start // 100, request_id, f"RESTORE_REPORT Restore Duration: {ms(start)} ms\n")
        began = call.began_at = self.say(call.at + start // 100, request_id, platform.start)

        limit = function.limit_s * 100_000
        duration = {
            "timeout": limit,
            "old timeout": limit + rng.randint(90, 1900),
            "out of memory": between(rng, (4000, 6000)),
        }.get(call.outcome, usual(rng, function.usual_ms))
        init, restore = (0, start) if function.snap_start else (start, 0)
        billed_restore = ceil_ms(restore * rng.randint(40, 70) // 100)
        billed = ceil_ms(duration + init) + billed_restore
        if call.outcome == "old timeout":
            billed = function.limit_s * 1000 + billed_restore
        self.peak_mb = min(self.peak_mb + rng.randint(0, 2), function.used_mb[1])
        used = function.memory_mb if call.full else self.peak_mb

        work = duration // 100
        for n, line in enumerate(call.lines, start=1):
            self.say(began + work * n // (len(call.lines) + 1), request_id, line)
        platform.finish(began + work, duration, billed, used, init, restore, billed_restore)
        self.free_at = self.events[-1]["timestamp"] + 1
        self.calls_left = self.calls_left - 1 if call.outcome in ("ok", "exception") else 0
        call.ended_at = self.free_at


class TextPlatform:
    def __init__(self, environment, request_id, call, segment):
        self.env, self.id, self.call, self.segment = environment, request_id, call, segment
        function = environment.function
        word = "RESTORE_START" if function.snap_start else "INIT_START"
        self.starting = f"{word} Runtime Version: {function.runtime}\tRuntime Version ARN: {environment.runtime_arn}\n"
        self.start = f"START RequestId: {request_id} Version: {function.version}\n"

    def finish(self, at, duration, billed, used, init, restore, billed_restore):
        parts = [f"REPORT RequestId: {self.id}", f"Duration: {ms(duration)} ms", f"Billed Duration: {billed} ms",
                 f"Memory Size: {self.env.function.memory_mb} MB", f"Max Memory Used: {used} MB"]
        if init:
            parts.append(f"Init Duration: {ms(init)} ms")
        if restore:
            parts += [f"Restore Duration: {ms(restore)} ms", f"Billed Restore Duration: {billed_restore} ms"]
        parts += {"timeout": ["Status: timeout"],
                  "out of memory": ["Status: error", "Error Type: Runtime.OutOfMemory"]}.get(self.call.outcome, [""])
        report = "\t".join(parts) + "\n"
        if self.call.trace:
            report += f"XRAY TraceId: {self.call.trace}\tSegmentId: {self.segment}\tSampled: true\t\n"
        self.env.say(at, self.id, f"END RequestId: {self.id}\n")
        self.env.say(at + 1, self.id, report)
        if self.call.outcome == "old timeout":
            seconds = f"{duration / 100_000:.2f}"
            self.env.say(at + 2, self.id,
                         lambda m: f"{m.iso} {m.request_id} Task timed out after {seconds} seconds\n\n")
        if self.call.outcome == "crash":
            self.env.say(at + 2, self.id, f"RequestId: {self.id} Error: Runtime exited with error: exit status 2\n"
                                          "Runtime.ExitError\n")


class JsonPlatform:
    def __init__(self, environment, request_id, call, segment):
        self.env, self.id, self.call = environment, request_id, call
        function = environment.function
        self.tracing = {"tracing": {"spanId": segment, "type": "X-Amzn-Trace-Id",
                                    "value": f"Root={call.trace};Parent={hexes(environment.rng, 16)};Sampled=1"}} \
            if call.trace else {}
        self.starting = self.record("initStart", initializationType="on-demand", phase="init",
                                    runtimeVersion=function.runtime, runtimeVersionArn=environment.runtime_arn,
                                    functionName=function.name, functionVersion=function.version)
        self.start = self.record("start", requestId=request_id, version=function.version, **self.tracing)

    @staticmethod
    def record(kind, **record):
        return lambda m: compact({"time": m.iso, "type": f"platform.{kind}", "record": record})

    def finish(self, at, duration, billed, used, init, restore, billed_restore):
        status = {"ok": "success", "exception": CAUGHT_EXCEPTION_STATUS}.get(self.call.outcome, self.call.outcome)
        metrics = {"durationMs": duration / 100, "billedDurationMs": billed,
                   "memorySizeMB": self.env.function.memory_mb, "maxMemoryUsedMB": used}
        if init:
            metrics["initDurationMs"] = init / 100
        done = {"durationMs": duration / 100, "producedBytes": 0 if status == "timeout" else 4}
        self.env.say(at, self.id, self.record("runtimeDone", requestId=self.id, status=status, metrics=done,
                                              **self.tracing))
        self.env.say(at + 1, self.id, self.record("report", requestId=self.id, metrics=metrics, status=status,
                                                  **self.tracing))


def run(rng, function, calls):
    """Runs the calls in as many environments as they need, and returns these."""
    environments = []
    for call in sorted(calls, key=lambda call: call.at):
        free = [e for e in environments if e.calls_left > 0 and e.free_at < call.at]
        if not free:
            free = [Environment(rng, function)]
            environments += free
        free[0].invoke(call)
    return environments


def between(rng, bounds):
    """A duration in hundredths of a millisecond between two bounds in milliseconds."""
    return rng.randint(bounds[0] * 100, bounds[1] * 100)


def usual(rng, bounds):
    """The same, but mostly near the lower bound: few invocations are slow."""
    low, high = bounds
    share = rng.random()
    return int((low + (high - low) * share ** 4) * 100) + rng.randint(1, 99)


def ceil_ms(hundredths):
    return -(-hundredths // 100)


def ms(hundredths):
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def iso(at):
    seconds, milliseconds = divmod(at, 1000)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds:03d}Z"


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def hexes(rng, digits):
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def trace_id(rng, at):
    return f"1-{at // 1000:08x}-{hexes(rng, 24)}"


def uuid(rng):
    h = hexes(rng, 32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[rng.randrange(4)]}{h[17:20]}-{h[20:]}"
