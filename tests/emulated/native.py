"""A real function of the account: it reaches its time limit, is killed for its memory, and throws."""

import io
import json
import zipfile

from report import eventually
from world import World

FUNCTION = "crane"

# Lambda's Runtime API as a custom runtime speaks it. What the function is to do stands in the event.
BOOTSTRAP = """#!/usr/bin/env python3
import json, os, signal, sys, time
from urllib.request import Request, urlopen

api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urlopen(f"{api}/next") as invocation:
        request, event = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.load(invocation)
    answer, path = {}, "response"
    if event["do"] == "sleep":
        time.sleep(60)
    elif event["do"] == "allocate":
        os.kill(os.getpid(), signal.SIGKILL)
    elif event["do"] == "throw":
        answer, path = {"errorType": "Overload", "errorMessage": "too heavy by 3 t", "stack": []}, "error"
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        print(moment, request, "ERROR", "Invoke Error ", json.dumps(answer), sep="\\t", file=sys.stderr, flush=True)
    urlopen(Request(f"{api}/{request}/{path}", json.dumps(answer).encode())).close()
"""


def run(world: World):
    with world.report.step("a real function that fails in three ways"):
        _create(world)
        for what in ["lift", "sleep", "lift", "allocate", "lift", "throw", "lift"]:
            answer = world.lambdas.invoke(FunctionName=FUNCTION, Payload=json.dumps({"do": what}))
            world.report.equal(f"does it fail to {what}?", "FunctionError" in answer, what != "lift")
        for about in ["timed out", "out of memory", "overload"]:
            told = eventually(lambda about=about: world.posts(FUNCTION, about=about), seconds=20)
            world.report.check(f"Slack is told: {about}", bool(told))
        _counted(world)
        world.lambdas.delete_function(FunctionName=FUNCTION)
        world.client("iam").delete_role(RoleName=FUNCTION)


def _create(world: World):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = 0o755 << 16
        archive.writestr(bootstrap, BOOTSTRAP)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = world.client("iam").create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=document)
    world.lambdas.create_function(
        FunctionName=FUNCTION,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": package.getvalue()},
        Timeout=1,
        MemorySize=128,
    )


def _counted(world: World):
    rows = world.lamplight("functions", "--table", world.outputs["TableName"], "--since", "1h")["functions"]
    row = next((row for row in rows if row["function"] == FUNCTION), {})
    counted = [row.get(name) for name in ("invocations", "failed", "timeouts", "out_of_memory", "exceptions")]
    world.report.equal("what is counted", counted, [7, 3, 1, 1, 1])
