"""The commands that work on an account and its stack, from outside: what they say, and what stands there afterwards.

The stack must be deployed and subscribe nothing itself (`Subscribe=none`), and Slack must answer. Each function takes
the report, the environment of programs, the stack's name and the boto3 clients that it looks with, and takes away what
it has made.
"""

import io
import json
import os
import subprocess
import time
import urllib.request
import uuid
import zipfile
from decimal import Decimal
from pathlib import Path

import boto3
import machine
from boto3.dynamodb.conditions import Key
from report import Report, eventually

ACCOUNT = "000000000000"
VENDOR = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:vendor-forwarder"
PATTERN = '-"START RequestId: " -"END RequestId: "'
HOUR = 3600


def subscribe(report: Report, env: dict, stack: str, logs):
    """Subscriptions are made once, beside those of others, and only ours are removed."""
    ours = _outputs(env, stack).get("SubscriptionDestinationArn") or _outputs(env, stack)["ParserArn"]
    plain, vendors, namesake, cheap = (f"/subscribe/{name}" for name in ("plain", "vendors", "namesake", "cheap"))
    with _Groups(logs, plain, vendors, namesake, cheap=cheap):
        logs.tag_resource(resourceArn=_group_arn(plain), tags={"team": "checkout"})
        _vendor(logs, vendors, "vendor")
        _vendor(logs, namesake, "lamplight")
        own = _outputs(env, stack)["OwnLogGroups"].split(",")[0]
        chosen = ["--prefix", "/subscribe/"]

        status, dry = _lamplight(env, stack, "subscribe", *chosen, "--dry-run")
        expected = {plain: "subscribe", vendors: "subscribe", namesake: "skip", cheap: "skip"}
        report.equal("the plan of subscribe", (status, _actions(dry)), (0, expected))
        report.equal("filters after a dry run", _filters(logs, plain), {})
        status, tagged = _lamplight(env, stack, "subscribe", *chosen, "--tag", "team=checkout", "--dry-run")
        report.equal("what a tag selects", (status, list(_actions(tagged))), (0, [plain]))

        status, done = _lamplight(env, stack, "subscribe", *chosen)
        report.equal("what subscribe does", (status, _actions(done)), (0, expected))
        report.equal("the filter of a plain group", _filters(logs, plain), {"lamplight": ours})
        report.equal("the filters beside a vendor's", _filters(logs, vendors), {"lamplight": ours, "vendor": VENDOR})
        report.equal("a vendor's filter of our name", _filters(logs, namesake), {"lamplight": VENDOR})
        (made,) = logs.describe_subscription_filters(logGroupName=plain)["subscriptionFilters"]
        report.equal("the pattern", made["filterPattern"], PATTERN)
        _, again = _lamplight(env, stack, "subscribe", *chosen)
        report.equal("what subscribe does again", _actions(again)[plain], "already")
        (still,) = logs.describe_subscription_filters(logGroupName=plain)["subscriptionFilters"]
        report.equal("the filter after that", still, made)
        status, refused = _lamplight(env, stack, "subscribe", "--log-group", own)
        report.equal("subscribing our own group", (status, _actions(refused)), (0, {own: "skip"}))
        report.equal("its filters", _filters(logs, own), {})
        status, missing = _lamplight(env, stack, "subscribe", "--log-group", "/subscribe/nowhere")
        report.equal("subscribing no group", (status, _actions(missing)), (1, {"/subscribe/nowhere": "fail"}))

        _, dry = _lamplight(env, stack, "unsubscribe", *chosen, "--dry-run")
        report.equal("the plan of unsubscribe", _actions(dry)[plain], "unsubscribe")
        report.equal("filters after a dry run", _filters(logs, plain), {"lamplight": ours})
        status, done = _lamplight(env, stack, "unsubscribe", *chosen)
        expected = {plain: "unsubscribe", vendors: "unsubscribe", namesake: "already", cheap: "already"}
        report.equal("what unsubscribe does", (status, _actions(done)), (0, expected))
        left = [_filters(logs, group) for group in (plain, vendors, namesake)]
        report.equal("filters that are left", left, [{}, {"vendor": VENDOR}, {"lamplight": VENDOR}])


def backfill(report: Report, env: dict, stack: str, logs, table, sink: str, keep):
    """The past is counted exactly once beside live deliveries, whatever is interrupted, and nobody is told.

    `keep` runs the keeper, which may run by its clock at any time besides.
    """
    function = f"backfilled-{uuid.uuid4().hex[:8]}"
    group = f"/aws/lambda/{function}"
    # Minutes outlive the day after which their hour has of them what it needs without them.
    first = int(time.time()) // HOUR * HOUR - 36 * HOUR
    choice = ["--log-group", group, "--since", _moment(first)]
    with _Groups(logs, group):
        report.equal("a group without a subscription is left", _backfill(env, stack, *choice)["events"], 0)
        # Two streams, three hours, and one hour left free between them.
        for hour in (0, 1, 3):
            for stream in ("a", "b"):
                _put(logs, group, stream, first + hour * HOUR, healthy=5, timed_out=1)
        time.sleep(0.1)
        _lamplight(env, stack, "subscribe", "--log-group", group)
        # Into the same minute and stream, but delivered.
        _put(logs, group, "a", first + HOUR, healthy=2, timed_out=0)
        live = eventually(lambda: _invocations(table, function, "min#") == 2, seconds=20)
        report.check("what comes after the subscription is delivered", live)
        posts = len(_posts(sink))

        # Nobody would say that so old an event was delivered: its hour is left until somebody does.
        left = _backfill(env, stack, *choice, "--until", _moment(first + 2 * HOUR))
        report.equal("hours that have figures already", (left["hours"], left["hours_left"]), (1, 1))
        (made,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        made_at = made["creationTime"]
        choice += ["--subscribed-at", f"{_moment(made_at // 1000)[:-1]}.{made_at % 1000:03}Z"]

        dry = _backfill(env, stack, *choice, "--until", _moment(first + 4 * HOUR), "--dry-run")
        report.equal("hours that would be read", (dry["hours"], dry["events"]), (3, 0))
        done = _backfill(env, stack, *choice, "--until", _moment(first + 2 * HOUR))
        report.equal("the second hour", (done["hours"], done["hours_before"], done["events"]), (1, 1, 38))
        done = _backfill(env, stack, *choice, "--until", _moment(first + 4 * HOUR))
        report.equal("the others", (done["hours"], done["hours_before"], done["events"]), (2, 2, 38))
        _exact(report, table, function, "backfilled")
        again = _backfill(env, stack, *choice, "--until", _moment(first + 4 * HOUR))
        report.equal("a second run", (again["hours"], again["hours_before"], again["events"]), (0, 4, 0))

        # As if the first run had died before it marked its hours, and as if the minutes had expired after it had.
        marks = _items(table, f"past#{ACCOUNT}/{machine.REGION}/{group}", "hour#")
        report.equal("marks of hours", len(marks), 4)
        _delete(table, marks)
        redone = _backfill(env, stack, *choice, "--until", _moment(first + 4 * HOUR))
        report.equal("a run without marks reads again", redone["hours"], 4)
        _exact(report, table, function, "read again")
        _delete(table, _items(table, f"fn#{ACCOUNT}/{machine.REGION}/{function}", "min#"))
        _backfill(env, stack, *choice, "--until", _moment(first + 4 * HOUR))
        keep()
        report.equal("minutes that come back after they expired", _invocations(table, function, "min#"), 0)
        _exact(report, table, function, "read after its minutes expired", spans=("hour#", "day#"))

        report.equal("messages to Slack about the past", len(_posts(sink)) - posts, 0)
        # What was done with issues by hand is told by the keeper's next run.
        alerts = [item for item in _items(table, "unsent", "") if not item.get("change")]
        report.equal("alerts that are left to be sent", alerts, [])
        issues = [item for item in _issues(table) if item.get("function") == function]
        report.equal("issues of the past", [(item["kind"], item["state"]) for item in issues], [("timeout", "new")])
        report.check("no alert of them was claimed", all("claim" not in item for item in issues), issues)


def interrupted_backfill(report: Report, env: dict, stack: str, logs, table):
    """A run that is killed again and again comes to the same as one that is not."""
    prefix = f"/aws/lambda/killed-{uuid.uuid4().hex[:8]}-"
    groups = [f"{prefix}{i}" for i in range(6)]
    first = int(time.time()) // HOUR * HOUR - 30 * HOUR
    choice = ["--prefix", prefix, "--since", _moment(first), "--until", _moment(first + 24 * HOUR)]
    with _Groups(logs, *groups):
        for group in groups:
            for hour in range(24):
                _put(logs, group, "a", first + hour * HOUR, healthy=3, timed_out=0)
        time.sleep(0.1)
        _lamplight(env, stack, "subscribe", "--prefix", prefix)
        killed = 0
        for seconds in (0.8, 1.3, 2.1):
            killed += _killed(env, stack, seconds, "backfill", *choice)
        report.check("runs were killed while they worked", killed > 0, "all ended in time")
        status, done = _lamplight(env, stack, "backfill", *choice)
        read = sum(group["hours"] + group["hours_before"] for group in done["log_groups"])
        report.equal("hours that were read in the end", (status, read), (0, 24 * len(groups)))
        for group in groups:
            function = group.removeprefix("/aws/lambda/")
            report.equal(f"invocations of {function}", _invocations(table, function, "min#"), 72)


def send_test(report: Report, env: dict, stack: str, sink: str, sqs):
    """A test message arrives; where Slack refuses it, that is said and nothing is left behind."""
    status, sent = _lamplight(env, stack, "send-test")
    report.equal("sending a test message", (status, sent.get("outcome")), (0, "posted"))
    posts = [post for post in _posts(sink) if "Test message from Lamplight" in json.dumps(post)]
    report.check("Slack has it", bool(posts))
    letters = _outputs(env, stack)["DeadLetterQueueUrl"]
    before = _waiting(sqs, letters)
    _answer(sink, 404)
    try:
        status, refused = _lamplight(env, stack, "send-test")
    finally:
        _answer(sink, 200)
    report.equal("a refused test message", (status, refused.get("outcome")), (1, "refused"))
    report.check("why it was refused", "404" in refused.get("reason", ""), refused)
    report.equal("dead letters that it leaves", _waiting(sqs, letters) - before, 0)


def doctor(report: Report, env: dict, stack: str, logs, lambdas, ssm, iam=None):
    """What is wrong is found and named, and is an error or a warning as it deserves."""
    own = _outputs(env, stack)["OwnLogGroups"].split(",")[0]
    ours = _outputs(env, stack)["ParserArn"]
    bare, cheap, quiet, shared, absent = "doctor-bare", "doctor-cheap", "doctor-quiet", "/doctor/shared", "doctor-absent"
    parameter = _outputs(env, stack).get("SlackWebhookParameter", "/lamplight/slack-webhook")
    webhook = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    functions = {
        quiet: {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO", "LogGroup": shared},
        absent: {},
    }
    with _Groups(logs, f"/aws/lambda/{bare}", shared, cheap=f"/aws/lambda/{cheap}"), _Functions(lambdas, ours, functions):
        status, found = _findings(env, stack)
        report.check("a log group that is not subscribed", _is_found(found, "warning", "subscriptions", bare), found)
        report.check("one that cannot be", _is_found(found, "warning", "log_class", cheap), found)
        report.check("reports that are hidden", _is_found(found, "warning", "system_log_level", quiet), found)
        report.check("a log group elsewhere", _is_found(found, "warning", "subscriptions", shared), found)
        report.check("a function that never ran", _is_found(found, "warning", "log_group_missing", absent), found)
        report.check("the webhook", _is_found(found, "ok", "webhook"), found)
        unmended = [one for one in found if one["severity"] != "ok" and not one.get("mend")]
        report.equal("findings without a command", unmended, [])

        _lamplight(env, stack, "subscribe", "--log-group", f"/aws/lambda/{bare}", "--log-group", shared)
        status, found = _findings(env, stack)
        report.equal("what doctor ends with where nothing is broken", status, 0)
        report.check("what was subscribed is no finding", not _is_found(found, "warning", "subscriptions", bare), found)
        logs.put_subscription_filter(
            logGroupName=f"/aws/lambda/{bare}", filterName="second", filterPattern="", destinationArn=ours
        )
        status, found = _findings(env, stack)
        doubled = _is_found(found, "error", "subscribed_twice", bare)
        report.equal("a log group that is subscribed twice", (status, doubled), (1, True))
    with _Groups(logs):
        logs.put_subscription_filter(logGroupName=own, filterName="loop", filterPattern="nothing", destinationArn=ours)
        try:
            status, found = _findings(env, stack)
        finally:
            logs.delete_subscription_filter(logGroupName=own, filterName="loop")
        report.equal("a loop", (status, _is_found(found, "error", "own_log_groups", own)), (1, True))
    ssm.delete_parameter(Name=parameter)
    try:
        status, found = _findings(env, stack)
    finally:
        ssm.put_parameter(Name=parameter, Value=webhook, Type="SecureString")
    report.equal("a webhook that is missing", (status, _is_found(found, "error", "webhook")), (1, True))
    status, found = _findings(env, stack, "--send-test")
    report.check("a test message", _is_found(found, "ok", "test_message"), found)
    report.check("the webhook is never told", webhook not in json.dumps(found))
    if iam:
        _doctor_without_permissions(report, env, stack, iam)


def _doctor_without_permissions(report: Report, env: dict, stack: str, iam):
    """Who may do little is told what could not be looked at."""
    allowed = {"Effect": "Allow", "Action": ["cloudformation:DescribeStacks"], "Resource": "*"}
    iam.create_user(UserName="doctor")
    iam.put_user_policy(
        UserName="doctor",
        PolicyName="little",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    key = iam.create_access_key(UserName="doctor")["AccessKey"]
    try:
        poor = env | {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        status, found = _findings(poor, stack)
    finally:
        iam.delete_access_key(UserName="doctor", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="doctor", PolicyName="little")
        iam.delete_user(UserName="doctor")
    report.equal("a doctor who may look at little", status, 0)
    checks = ("functions", "log_groups", "account_subscription", "webhook", "dead_letters", "last_delivery")
    unseen = [check for check in checks if not _is_found(found, "warning", check)]
    report.equal("checks that do not say that they could not look", unseen, [])


# What is done.


def _lamplight(env: dict, stack: str, *arguments: str) -> tuple:
    """Runs a command; its exit status, and its result."""
    command = [_binary(env), arguments[0], "--stack", stack, *arguments[1:], "--output", "json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError as error:
        raise machine.Failed(f"{' '.join(command)}: {done.stdout}{done.stderr}") from error


def _killed(env: dict, stack: str, seconds: float, *arguments: str) -> bool:
    """Kills a command after some seconds; whether it was still at work."""
    command = [_binary(env), arguments[0], "--stack", stack, *arguments[1:], "--output", "json"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def _binary(env: dict) -> str:
    target = machine.ROOT / env.get("CARGO_TARGET_DIR", "target")
    built = str(target / "debug" / "lamplight")
    given = os.environ.get("LAMPLIGHT")
    if not given and not Path(built).exists():
        machine.command("cargo-build", ["cargo", "build", "--bin", "lamplight"], env, seconds=2400)
    return given or built


def _backfill(env: dict, stack: str, *arguments: str) -> dict:
    """What came of the one log group."""
    _, done = _lamplight(env, stack, "backfill", *arguments)
    return done["log_groups"][0]


def _findings(env: dict, stack: str, *arguments: str) -> tuple:
    status, found = _lamplight(env, stack, "doctor", *arguments)
    return status, found["findings"]


def _put(logs, group: str, stream: str, second: int, healthy: int, timed_out: int):
    """Invocations of one minute: three events each, and one more of each that timed out."""
    lines = [line for _ in range(healthy) for line in _invocation("")]
    lines += [line for _ in range(timed_out) for line in _invocation(_moment(second))]
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=f"2026/11/20/[$LATEST]{stream}")
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    events = [{"timestamp": second * 1000 + offset, "message": line} for offset, line in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName=f"2026/11/20/[$LATEST]{stream}", logEvents=events)


def _invocation(timed_out_at: str) -> list:
    request, milliseconds = str(uuid.uuid4()), 3000 if timed_out_at else 20
    figures = f"Duration: {milliseconds}.00 ms\tBilled Duration: {milliseconds} ms\tMemory Size: 512 MB\tMax Memory Used: 95 MB"
    told = [f"{timed_out_at} {request} Task timed out after 3.00 seconds\n\n"] if timed_out_at else []
    start, end = f"START RequestId: {request} Version: $LATEST\n", f"END RequestId: {request}\n"
    return [start, *told, end, f"REPORT RequestId: {request}\t{figures}\t\n"]


def _vendor(logs, group: str, name: str):
    logs.put_subscription_filter(logGroupName=group, filterName=name, filterPattern="", destinationArn=VENDOR)


class _Groups:
    """Log groups that are there until the end of a `with` block; `cheap` is of a class that cannot be subscribed."""

    def __init__(self, logs, *names: str, cheap: str = ""):
        self.logs, self.names, self.cheap = logs, names, cheap

    def __enter__(self):
        for name in self.names:
            self.logs.create_log_group(logGroupName=name)
        if self.cheap:
            self.logs.create_log_group(logGroupName=self.cheap, logGroupClass="INFREQUENT_ACCESS")

    def __exit__(self, *_):
        for name in filter(None, [*self.names, self.cheap]):
            self.logs.delete_log_group(logGroupName=name)


class _Functions:
    """Functions that never run, with another's role, there until the end of a `with` block."""

    def __init__(self, lambdas, like: str, logging: dict):
        self.lambdas, self.like, self.logging = lambdas, like, logging

    def __enter__(self):
        role, code = self.lambdas.get_function_configuration(FunctionName=self.like)["Role"], io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "def handler(event, context):\n    return None\n")
        for name, logging in self.logging.items():
            self.lambdas.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Handler="app.handler",
                Role=role,
                Code={"ZipFile": code.getvalue()},
                **({"LoggingConfig": logging} if logging else {}),
            )

    def __exit__(self, *_):
        for name in self.logging:
            self.lambdas.delete_function(FunctionName=name)


def _answer(sink: str, status: int):
    request = urllib.request.Request(f"{sink}/answer", data=str(status).encode(), method="PUT")
    urllib.request.urlopen(request).close()


def _delete(table, items: list):
    for item in items:
        table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})


# What is seen.


def _exact(report: Report, table, function: str, how: str, spans=("min#", "hour#", "day#")):
    """Six past invocations in each of two streams and three hours, and two that were delivered."""
    for span in spans:
        report.equal(f"invocations in {span} of what was {how}", _invocations(table, function, span), 38)
    items = _items(table, f"fn#{ACCOUNT}/{machine.REGION}/{function}", spans[-1])
    report.equal(f"timeouts of what was {how}", sum(item.get("timeouts", 0) for item in items), Decimal(6))


def _invocations(table, function: str, span: str) -> int:
    items = _items(table, f"fn#{ACCOUNT}/{machine.REGION}/{function}", span)
    return int(sum(item.get("invocations", 0) for item in items))


def _items(table, pk: str, prefix: str) -> list:
    condition = Key("pk").eq(pk) & Key("sk").begins_with(prefix) if prefix else Key("pk").eq(pk)
    return table.query(KeyConditionExpression=condition, ConsistentRead=True)["Items"]


def _issues(table) -> list:
    names = [item["sk"] for item in _items(table, "issues", "")]
    return [table.get_item(Key={"pk": f"issue#{name}", "sk": "issue"})["Item"] for name in names]


def _outputs(env: dict, stack: str) -> dict:
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=machine.REGION)
    stacks = session.client("cloudformation", endpoint_url=env["AWS_ENDPOINT_URL"])
    outputs = stacks.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _actions(plan: dict) -> dict:
    return {step["log_group"]: step["action"] for step in plan["log_groups"]}


def _filters(logs, group: str) -> dict:
    filters = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    return {each["filterName"]: each["destinationArn"] for each in filters}


def _is_found(findings: list, severity: str, check: str, about: str = "") -> bool:
    alike = [one for one in findings if (one["severity"], one["check"]) == (severity, check)]
    return any(not about or any(about in thing for thing in one.get("about", [])) for one in alike)


def _posts(sink: str) -> list:
    with urllib.request.urlopen(f"{sink}/posts") as answer:
        return json.load(answer)


def _waiting(sqs, queue_url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))


def _group_arn(group: str) -> str:
    return f"arn:aws:logs:{machine.REGION}:{ACCOUNT}:log-group:{group}"


def _moment(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
