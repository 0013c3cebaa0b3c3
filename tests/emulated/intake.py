"""Deliveries through a Kinesis stream, and from another account."""

import json
import time

import machine
import sample
from report import eventually
from world import World

STREAMED = "shipping"
ELSEWHERE = "billing"
OTHER_ACCOUNT = "111111111111"
SENDING_STACK = "lamplight-sending"


def run(world: World):
    report = world.report
    with report.step("sam deploy, with a stream"):
        around = {"Subscribe": "account", "Dashboard": "on", "AlarmEmail": "a@example.com"}
        world.deploy(Intake="kinesis", SendingAccounts=OTHER_ACCOUNT, **around)
        report.equal("status of the stack", world.stack.status(), "UPDATE_COMPLETE")
        policy = json.loads(world.account_policies()[0]["policyDocument"])
        stream = world.outputs["SubscriptionDestinationArn"]
        report.equal("where the account's logs go", policy["DestinationArn"], stream)
        alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
        report.equal("alarms", len(alarms), 10)
        unmailed = [alarm["AlarmName"] for alarm in alarms if world.outputs["AlarmTopicArn"] not in alarm["AlarmActions"]]
        report.equal("alarms that are not mailed", unmailed, [])
        (dashboard,) = world.client("cloudwatch").list_dashboards()["DashboardEntries"]
        body = world.client("cloudwatch").get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"]
        report.equal("widgets of the dashboard", len(json.loads(body)["widgets"]), 6)
    with report.step("through the stream"):
        _stream(world)
    with report.step("from another account"):
        _other_account(world)


def _stream(world: World):
    """Everything is counted once; a record that cannot be read is kept, and its neighbours are counted."""
    report, kept_before = world.report, len(world.kept())
    for _ in range(10):
        world.put(STREAMED, sample.stamped(sample.healthy() * 3))
    stream = world.outputs["SubscriptionDestinationArn"]
    world.client("kinesis").put_record(StreamARN=stream, PartitionKey="bad", Data=b"this is not gzip")
    for _ in range(10):
        world.put(STREAMED, sample.stamped(sample.healthy() * 3))
    eventually(lambda: world.invocations(STREAMED) >= 60, seconds=20)
    eventually(lambda: len(world.kept()) > kept_before, seconds=30)
    time.sleep(1)
    report.equal("invocations in the table", world.invocations(STREAMED), 60)
    records = [record for record in world.kept() if "KinesisBatchInfo" in record]
    report.equal("records of the stream in the bucket", len(records), 1)
    if records:
        payload = json.loads(records[0]["payload"])
        data = [record["kinesis"]["data"] for record in payload["Records"]]
        report.check("among them the bad one", "dGhpcyBpcyBub3QgZ3ppcA==" in data, data)
        report.equal("why it was given up", records[0]["requestContext"]["condition"], "RetryAttemptsExhausted")


def _other_account(world: World):
    """Another account sends its logs to the destination."""
    report = world.report
    stacks = world.client("cloudformation", OTHER_ACCOUNT)
    template = (machine.ROOT / "infra/sending-account/template.yaml").read_text()
    parameters = [{"ParameterKey": "DestinationArn", "ParameterValue": world.outputs["DestinationArn"]}]
    stacks.create_stack(StackName=SENDING_STACK, TemplateBody=template, Parameters=parameters)
    stacks.get_waiter("stack_create_complete").wait(StackName=SENDING_STACK, WaiterConfig={"Delay": 1})
    logs = world.client("logs", OTHER_ACCOUNT)
    world.put(ELSEWHERE, sample.stamped(sample.healthy() * 5), logs)
    eventually(lambda: world.invocations(ELSEWHERE, OTHER_ACCOUNT) >= 5, seconds=20)
    report.equal("its invocations, in its name", world.invocations(ELSEWHERE, OTHER_ACCOUNT), 5)
    stacks.delete_stack(StackName=SENDING_STACK)
    stacks.get_waiter("stack_delete_complete").wait(StackName=SENDING_STACK, WaiterConfig={"Delay": 1})
    policies = logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"]
    report.equal("its subscription afterwards", policies, [])
