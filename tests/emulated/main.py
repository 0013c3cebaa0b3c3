"""From put-log-events to Slack, the table and the CLI, on an emulated AWS; then everything is taken away again."""

import signal
import sys
import time

import boto3
import checks
import machine
import sample
from report import Report, eventually
from stack import WEBHOOK_PARAMETER, Stack


def main() -> int:
    # Ends as an interruption does, so that the programs in the background are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    machine.WORK.mkdir(exist_ok=True)
    report = Report()
    port, sink_port = machine.free_port(), machine.free_port()
    env, sink = machine.environment(port), f"http://127.0.0.1:{sink_port}"
    emulator = [sys.executable, "-B", "infra/emulator/emulator.py"]
    slack = [sys.executable, "-B", "infra/emulator/slack_sink.py", "--port", str(sink_port)]
    try:
        with (
            machine.Background("emulator", emulator, env, f"{env['AWS_ENDPOINT_URL']}/_ministack/health"),
            machine.Background("slack-sink", slack, env, f"{sink}/posts"),
        ):
            run(report, env, sink)
    except machine.Failed as failure:
        report.check("the run gets to its end", False, failure)
    return report.close()


def run(report: Report, env: dict, sink: str):
    aws = boto3.Session("test", "test", region_name=machine.REGION)
    client = lambda service: aws.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])
    logs, lambdas = client("logs"), client("lambda")
    stack = Stack(client("cloudformation"), env)

    with report.step("sam build"):
        stack.build()
    with report.step("sam deploy, with the defaults"):
        client("ssm").put_parameter(Name=WEBHOOK_PARAMETER, Value=f"{sink}/services/T/B/X", Type="SecureString")
        stack.deploy([])
        report.equal("status of the stack", stack.status(), "CREATE_COMPLETE")
    with report.step("sam deploy, with a log group"):
        # A subscription needs the group to be there.
        logs.create_log_group(logGroupName=sample.GROUP)
        stack.deploy([sample.GROUP])
        outputs = stack.outputs()
        report.equal("status of the stack", stack.status(), "UPDATE_COMPLETE")
        report.equal("subscriptions of the group", len(_subscriptions(logs)), 1)

    lines = sample.Sample()
    with report.step("put-log-events, then Slack"):
        logs.create_log_stream(logGroupName=sample.GROUP, logStreamName=lines.stream)
        events, put_at = lines.events(), time.time()
        logs.put_log_events(logGroupName=sample.GROUP, logStreamName=lines.stream, logEvents=events)
        checks.slack(report, sink, put_at)
    with report.step("the table, by boto3"):
        dynamodb = aws.resource("dynamodb", endpoint_url=env["AWS_ENDPOINT_URL"])
        checks.table(report, dynamodb.Table(outputs["TableName"]), lines.minute, put_at)
    with report.step("the table, by the CLI"):
        checks.cli(report, outputs["TableName"], env)
    with report.step("the keeper"):
        checks.keeper(report, lambdas, outputs["KeeperArn"])
    with report.step("a delivery that cannot be read"):
        checks.failed_delivery(report, lambdas, client("s3"), outputs)

    with report.step("sam delete"):
        stack.delete()
        report.check("the stack is gone", eventually(lambda: not stack.exists(), seconds=30))
        report.equal("subscriptions of the group", _subscriptions(logs), [])
        tables = client("dynamodb").list_tables()["TableNames"]
        report.check("the table is gone", outputs["TableName"] not in tables, tables)


def _subscriptions(logs) -> list:
    return logs.describe_subscription_filters(logGroupName=sample.GROUP)["subscriptionFilters"]


if __name__ == "__main__":
    sys.exit(main())
