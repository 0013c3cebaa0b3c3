"""What is left of the stack when it is deleted: the bucket of failed deliveries, and nothing else."""

import sample
from report import eventually
from world import World


def run(world: World):
    report = world.report
    with report.step("sam delete"):
        world.stack.delete()
        report.check("the stack is gone", eventually(lambda: not world.stack.exists(), seconds=30))
        report.equal("account-level subscriptions", world.account_policies(), [])
        report.equal("subscriptions of the group", world.filters(sample.FUNCTION), [])
        for what, left in _left(world).items():
            report.equal(f"{what} that are left", left, [])
        report.equal("objects in the bucket, which stays", len(world.kept()), 1)


def _left(world: World) -> dict:
    """What the account holds of each kind of thing that the stack has made."""
    alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
    groups = [group["logGroupName"] for group in world.logs.describe_log_groups()["logGroups"]]
    roles = [role["RoleName"] for role in world.client("iam").list_roles()["Roles"]]
    return {
        "alarms": [alarm["AlarmName"] for alarm in alarms],
        "dashboards": world.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "log groups": [name for name in groups if name in world.own_groups()],
        "functions": [function["FunctionName"] for function in world.lambdas.list_functions()["Functions"]],
        "event source mappings": world.lambdas.list_event_source_mappings()["EventSourceMappings"],
        "roles": [name for name in roles if world.stack.name in name],
        "tables": world.client("dynamodb").list_tables()["TableNames"],
        "streams": world.client("kinesis").list_streams()["StreamNames"],
        "destinations": world.logs.describe_destinations()["destinations"],
        "topics": world.client("sns").list_topics()["Topics"],
        "queues": world.client("sqs").list_queues().get("QueueUrls", []),
    }
