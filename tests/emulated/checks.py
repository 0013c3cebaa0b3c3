"""What must be seen from outside when the sample has gone through the stack."""

import json
import os
import time
import urllib.request
from decimal import Decimal

import machine
import sample
from report import Report, eventually

SLACK_SECONDS = 5


def slack(report: Report, sink: str, put_at: float):
    """The timeout is told in Slack, in time."""

    def told():
        with urllib.request.urlopen(f"{sink}/posts") as answer:
            return [post for post in json.load(answer) if _tells_of_timeout(post["body"])]

    # Longer than it may take, so that a late message is reported as late.
    posts = eventually(told, seconds=30)
    report.check("Slack is told of the timeout", bool(posts), "no such message within 30 s")
    if posts:
        seconds = posts[0]["at"] - put_at
        report.check(f"within {SLACK_SECONDS} s of put-log-events: {seconds:.2f} s", seconds < SLACK_SECONDS)
        report.check("the message has a text for notifications", bool(posts[0]["body"].get("text")), posts[0]["body"])


def _tells_of_timeout(body: object) -> bool:
    words = json.dumps(body).lower()
    return sample.FUNCTION in words and ("timed out" in words or "timeout" in words)


def table(report: Report, table_resource, minute: str, put_at: float):
    """The rollup has the exact figures, and its issues can be read."""
    key = {"pk": f"fn#{sample.PLACE}", "sk": minute}
    rollup = eventually(lambda: _item(table_resource, key), seconds=10)
    report.check(f"the table has {key['pk']} {key['sk']}", rollup is not None)
    if rollup is None:
        return
    for name, value in sample.COUNTERS.items():
        report.equal(f"{name} in the table", rollup.get(name), Decimal(value))
    for name in sample.ABSENT:
        report.equal(f"{name} in the table", rollup.get(name, Decimal(0)), Decimal(0))
    days = (int(rollup.get("expires_at", 0)) - put_at) / 86400
    report.check("the minute is kept for three days", 2.99 < days < 3.1, f"expires in {days:.2f} days")
    seen = _item(table_resource, {"pk": "functions", "sk": sample.PLACE})
    report.check("the function is among the functions seen", seen is not None)
    _issues(report, table_resource, rollup)


def _issues(report: Report, table_resource, rollup: dict):
    counters = {name: count for name, count in rollup.items() if name.startswith("issue#")}
    report.equal("issues in the minute", len(counters), len(sample.ISSUES))
    report.equal("occurrences of issues in the minute", sum(counters.values()), Decimal(sample.COUNTERS["failed"]))
    issues = [_item(table_resource, {"pk": name, "sk": "issue"}) or {} for name in counters]
    report.equal("kinds of the issues", sorted(str(issue.get("kind")) for issue in issues), sample.ISSUES)
    report.equal("functions of the issues", sorted({str(issue.get("function")) for issue in issues}), [sample.FUNCTION])


def _item(table_resource, key: dict):
    return table_resource.get_item(Key=key, ConsistentRead=True).get("Item")


def cli(report: Report, table_name: str, env: dict):
    """`lamplight functions` reads the same figures."""
    binary = os.environ.get("LAMPLIGHT") or _built(env)
    arguments = [binary, "functions", "--table", table_name, "--since", "1h", "--output", "json"]
    functions = json.loads(machine.command("lamplight", arguments, env, seconds=60))["functions"]
    report.equal("functions that the CLI lists", [row.get("function") for row in functions], [sample.FUNCTION])
    row = functions[0] if functions else {}
    expected = sample.COUNTERS
    for name in ("invocations", "failed", "timeouts", "out_of_memory", "exceptions", "cold_starts", "billed_ms"):
        report.equal(f"{name} in the CLI", row.get(name), expected[name])
    for name in sample.ABSENT:
        report.equal(f"{name} in the CLI", row.get(name, 0), 0)
    _close(report, "duration_ms.sum", row.get("duration_ms", {}).get("sum"), expected["duration_us"] / 1000)
    _close(report, "init_ms.sum", row.get("init_ms", {}).get("sum"), expected["init_us"] / 1000)
    _close(report, "gb_seconds", row.get("gb_seconds"), expected["mb_ms"] / 1024 / 1000)


def _close(report: Report, name: str, got: object, expected: float):
    near = isinstance(got, (int, float)) and abs(got - expected) < 1e-6
    report.check(f"{name} in the CLI = {expected}", near, f"is {got!r}")


def _built(env: dict) -> str:
    machine.command("cargo-build", ["cargo", "build", "--bin", "lamplight"], env, seconds=2400)
    target = machine.ROOT / env.get("CARGO_TARGET_DIR", "target")
    return str(target / "debug" / "lamplight")


def keeper(report: Report, lambdas, function: str):
    """The function of the clock runs through."""
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = lambdas.invoke(FunctionName=function, Payload=json.dumps(event))
    report.check("the keeper runs without an error", "FunctionError" not in answer, answer["Payload"].read())


def failed_delivery(report: Report, lambdas, s3, outputs: dict):
    """A delivery that cannot be read is tried again, and then kept."""
    broken = {"awslogs": {"data": "this is not base64"}}
    lambdas.invoke(FunctionName=outputs["ParserArn"], InvocationType="Event", Payload=json.dumps(broken))
    bucket = outputs["FailedDeliveriesBucket"]
    kept = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), seconds=20)
    report.equal("objects in the bucket of failed deliveries", len(kept or []), 1)
    if kept:
        record = json.load(s3.get_object(Bucket=bucket, Key=kept[0]["Key"])["Body"])
        report.equal("what is kept", record["requestPayload"], broken)
        report.equal("attempts before it was", record["requestContext"]["approximateInvokeCount"], 3)
