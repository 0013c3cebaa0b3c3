"""Buttons: a stack with the responder, which takes what Slack signs and nothing else."""

import hashlib
import hmac
import json
import time
import urllib.parse

from boto3.dynamodb.conditions import Key
from world import World

PARAMETER = "/lamplight/slack-signing-secret"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def run(world: World):
    report = world.report
    with report.step("buttons"):
        world.client("ssm").put_parameter(Name=PARAMETER, Value=SECRET, Type="SecureString")
        world.deploy(SlackSigningSecretParameter=PARAMETER)
        report.equal("Lamplight's own log groups", len(world.own_groups()), 4)
        report.check("the stack has a URL for Slack", "SlackRequestUrl" in world.outputs, world.outputs)
        _press(world)
        # Quotes make an empty value, which SAM CLI does not take otherwise.
        world.deploy(SlackSigningSecretParameter='""')
        report.equal("Lamplight's own log groups without buttons", len(world.own_groups()), 3)


def _press(world: World):
    """Mutes an issue and takes that back; what another has signed does nothing."""
    issues = world.table.query(KeyConditionExpression=Key("pk").eq("issues"), ConsistentRead=True)["Items"]
    fingerprint = issues[0]["sk"]
    for button, secret, status, state in [
        ("mute_1d", "another", 401, None),
        ("mute_1d", SECRET, 200, "muted"),
        ("unmute", SECRET, 200, "ongoing"),
    ]:
        before = world.item({"pk": f"issue#{fingerprint}", "sk": "issue"})["state"]
        answer = world.lambdas.invoke(
            FunctionName=world.outputs["ResponderArn"], Payload=json.dumps(_signed(button, fingerprint, secret))
        )
        said = json.load(answer["Payload"])
        world.report.equal(f"the answer to {button}", said.get("statusCode"), status)
        after = world.item({"pk": f"issue#{fingerprint}", "sk": "issue"})["state"]
        world.report.equal(f"the state after {button}", after, state or before)


def _signed(button: str, fingerprint: str, secret: str) -> dict:
    """What Lambda hands over of a request to the function's URL."""
    payload = {"user": {"id": "U1", "name": "ada"}, "actions": [{"action_id": button, "value": fingerprint}]}
    body = urllib.parse.urlencode({"payload": json.dumps(payload)})
    timestamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={signature}"}
    return {"version": "2.0", "headers": headers, "body": body, "isBase64Encoded": False}
