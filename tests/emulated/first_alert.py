"""From put-log-events to Slack, the table and the CLI, with the stack's defaults."""

import json
import time
from decimal import Decimal

import machine
import sample
from report import Report, eventually
from stack import WEBHOOK_PARAMETER
from world import World

SLACK_SECONDS = 5


def run(world: World):
    report = world.report
    with report.step("sam build"):
        world.stack.build()
    with report.step("sam deploy, with the defaults"):
        webhook = f"{world.sink}/services/T/B/X"
        world.client("ssm").put_parameter(Name=WEBHOOK_PARAMETER, Value=webhook, Type="SecureString")
        world.deploy()
        report.equal("status of the stack", world.stack.status(), "CREATE_COMPLETE")
        report.equal("account-level subscriptions", len(world.account_policies()), 1)
        alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
        report.equal("alarms", len(alarms), 8)

    lines = sample.Sample()
    with report.step("put-log-events into a group that is made after the deployment, then Slack"):
        put_at = time.time()
        world.put(sample.FUNCTION, lines.events())
        _slack(world, put_at)
    with report.step("the table, by boto3"):
        _table(world, lines.minute, put_at)
    with report.step("the table, by the CLI"):
        _cli(report, world)
    with report.step("the keeper"):
        _keeper(world)
    with report.step("a delivery that cannot be read"):
        _failed_delivery(world)


def _slack(world: World, put_at: float):
    """The timeout is told in Slack, in time."""
    report = world.report
    # Longer than it may take, so that a late message is reported as late.
    posts = eventually(lambda: world.posts(sample.FUNCTION), seconds=30)
    report.check("Slack is told of the timeout", bool(posts), "no such message within 30 s")
    if posts:
        seconds = posts[0]["at"] - put_at
        report.check(f"within {SLACK_SECONDS} s of put-log-events: {seconds:.2f} s", seconds < SLACK_SECONDS)
        report.check("the message has a text for notifications", bool(posts[0]["body"].get("text")), posts[0]["body"])


def _table(world: World, minute: str, put_at: float):
    """The rollup has the exact figures, and its issues can be read."""
    report, place = world.report, sample.place(sample.FUNCTION)
    key = {"pk": f"fn#{place}", "sk": minute}
    rollup = eventually(lambda: world.item(key), seconds=10)
    report.check(f"the table has {key['pk']} {key['sk']}", rollup is not None)
    if rollup is None:
        return
    for name, value in sample.COUNTERS.items():
        report.equal(f"{name} in the table", rollup.get(name), Decimal(value))
    for name in sample.ABSENT:
        report.equal(f"{name} in the table", rollup.get(name, Decimal(0)), Decimal(0))
    days = (int(rollup.get("expires_at", 0)) - put_at) / 86400
    report.check("the minute is kept for three days", 2.99 < days < 3.1, f"expires in {days:.2f} days")
    # What Lamplight's own functions wrote meanwhile was not delivered.
    report.equal("functions seen", world.functions(), [place])
    _issues(world, rollup)


def _issues(world: World, rollup: dict):
    report = world.report
    counters = {name: count for name, count in rollup.items() if name.startswith("issue#")}
    report.equal("issues in the minute", len(counters), len(sample.ISSUES))
    report.equal("occurrences of issues in the minute", sum(counters.values()), Decimal(sample.COUNTERS["failed"]))
    issues = [world.item({"pk": name, "sk": "issue"}) or {} for name in counters]
    report.equal("kinds of the issues", sorted(str(issue.get("kind")) for issue in issues), sample.ISSUES)
    report.equal("functions of the issues", sorted({str(issue.get("function")) for issue in issues}), [sample.FUNCTION])


def _cli(report: Report, world: World):
    """`lamplight functions` reads the same figures."""
    functions = world.lamplight("functions", "--table", world.outputs["TableName"], "--since", "1h")["functions"]
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


def _keeper(world: World):
    """The function of the clock runs through."""
    try:
        failed = ""
        world.keep()
    except machine.Failed as failure:
        failed = str(failure)
    world.report.check("the keeper runs without an error", not failed, failed)


def _failed_delivery(world: World):
    """A delivery that cannot be read is tried again, and then kept."""
    broken = {"awslogs": {"data": "this is not base64"}}
    parser = world.outputs["ParserArn"]
    world.lambdas.invoke(FunctionName=parser, InvocationType="Event", Payload=json.dumps(broken))
    kept = eventually(world.kept, seconds=20)
    world.report.equal("objects in the bucket of failed deliveries", len(kept), 1)
    if kept:
        world.report.equal("what is kept", kept[0]["requestPayload"], broken)
        world.report.equal("attempts before it was", kept[0]["requestContext"]["approximateInvokeCount"], 3)
