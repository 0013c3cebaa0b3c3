"""What the steps share: the clients, the stack, and what they do and see again and again."""

import json
import time
import urllib.request

import boto3
import machine
import sample
from boto3.dynamodb.conditions import Key
from report import Report
from stack import Stack


class World:
    def __init__(self, report: Report, env: dict, sink: str):
        self.report, self.env, self.sink = report, env, sink
        self.session = boto3.Session("test", "test", region_name=machine.REGION)
        self.stack = Stack(self.client("cloudformation"), env)
        self.logs = self.client("logs")
        self.lambdas = self.client("lambda")
        self.outputs = {}

    def client(self, service: str, account: str = ""):
        """A client of the emulator, by default in its own account."""
        session = boto3.Session(account, "test", region_name=machine.REGION) if account else self.session
        return session.client(service, endpoint_url=self.env["AWS_ENDPOINT_URL"])

    def deploy(self, **parameters):
        self.stack.deploy(**parameters)
        self.outputs = self.stack.outputs()

    # What happens.

    def put(self, function: str, events: list, logs=None):
        """Writes events into a new stream of a function's log group, which is made if need be."""
        logs, group, stream = logs or self.logs, sample.group(function), sample.stream()
        try:
            logs.create_log_group(logGroupName=group)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def slack_answers(self, status: int):
        """Makes Slack answer everything with a status, 200 to have it work again."""
        request = urllib.request.Request(f"{self.sink}/answer", data=str(status).encode(), method="PUT")
        urllib.request.urlopen(request).close()

    def keep(self) -> dict:
        """Runs the keeper, as its clock does each minute, and returns its answer."""
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return self.run_function("KeeperArn", event)

    def run_function(self, output: str, event: dict) -> dict:
        """Runs the function that an output of the stack names, which is to succeed, and returns its answer."""
        answer = self.lambdas.invoke(FunctionName=self.outputs[output], Payload=json.dumps(event))
        said = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise machine.Failed(f"{output}: {said}")
        return said

    def throw_away_kept(self):
        """Empties the bucket of failed deliveries."""
        bucket = self.session.resource("s3", endpoint_url=self.env["AWS_ENDPOINT_URL"]).Bucket(
            self.outputs["FailedDeliveriesBucket"]
        )
        bucket.objects.delete()

    def lamplight(self, *arguments: str, status: int = 0, seconds: float = 60):
        """Runs the command line, which is to end with a status, and returns what it says."""
        command = [machine.lamplight(), *arguments, "--output", "json"]
        return json.loads(machine.command("lamplight", command, self.env, seconds=seconds, status=status))

    # What is seen.

    def posts(self, name: str, status: int = 200, about: str = "timed out") -> list:
        """What Slack was told about something with a name, and answered with a status."""
        with urllib.request.urlopen(f"{self.sink}/posts") as answer:
            posts = [post for post in json.load(answer) if post["status"] == status]
        return [post for post in posts if name in _words(post) and about in _words(post)]

    @property
    def table(self):
        resource = self.session.resource("dynamodb", endpoint_url=self.env["AWS_ENDPOINT_URL"])
        return resource.Table(self.outputs["TableName"])

    def items(self, pk: str) -> list:
        return self.table.query(KeyConditionExpression=Key("pk").eq(pk), ConsistentRead=True)["Items"]

    def item(self, key: dict):
        return self.table.get_item(Key=key, ConsistentRead=True).get("Item")

    def invocations(self, function: str, account: str = sample.ACCOUNT) -> int:
        """How many invocations of a function all its minutes have."""
        minutes = Key("pk").eq(f"fn#{sample.place(function, account)}") & Key("sk").begins_with("min#")
        items = self.table.query(KeyConditionExpression=minutes, ConsistentRead=True)["Items"]
        return int(sum(item.get("invocations", 0) for item in items))

    def functions(self) -> list:
        """The functions that the table has heard of."""
        return [item["sk"] for item in self.items("functions")]

    def own_groups(self) -> list:
        return self.outputs["OwnLogGroups"].split(",")

    def parser_runs(self) -> int:
        """How often the parser was started."""
        events = self.logs.filter_log_events(logGroupName=self.own_groups()[0], filterPattern='"START RequestId"')
        return len(events["events"])

    def kept(self) -> list:
        """The records in the bucket of failed deliveries."""
        s3, bucket = self.client("s3"), self.outputs["FailedDeliveriesBucket"]
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys]

    def waiting(self, queue: str) -> int:
        """How many messages a queue holds, those that somebody works on included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.client("sqs")
        counts = sqs.get_queue_attributes(QueueUrl=self.outputs[queue], AttributeNames=names)["Attributes"]
        return sum(map(int, counts.values()))

    def account_policies(self) -> list:
        return self.logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"]

    def filters(self, function: str) -> list:
        return self.logs.describe_subscription_filters(logGroupName=sample.group(function))["subscriptionFilters"]


def _words(post: dict) -> str:
    return json.dumps(post["body"]).lower()
