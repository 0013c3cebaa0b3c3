"""What the pipeline could not take is put through again, and counted exactly once."""

import sample
from faults import REFUSED
from report import eventually
from world import World

FUNCTION = "ledger"
INVOCATIONS = 7


def run(world: World):
    with world.report.step("the table is gone for a while, then lamplight redrive"):
        _lose_table(world)
        _redrive(world)


def _lose_table(world: World):
    """What the parser cannot write is kept after its retries."""
    report, parser = world.report, world.outputs["ParserArn"]
    variables = world.lambdas.get_function_configuration(FunctionName=parser)["Environment"]["Variables"]
    kept_before = len(world.kept())
    astray = {"Variables": variables | {"TABLE_NAME": "lost"}}
    world.lambdas.update_function_configuration(FunctionName=parser, Environment=astray)
    world.put(FUNCTION, sample.stamped(sample.healthy() * INVOCATIONS))
    eventually(lambda: len(world.kept()) > kept_before, seconds=30)
    world.lambdas.update_function_configuration(FunctionName=parser, Environment={"Variables": variables})
    report.equal("deliveries that are kept", len(world.kept()) - kept_before, 1)
    report.equal("invocations in the table", world.invocations(FUNCTION), 0)


def _redrive(world: World):
    """One delivery that was not written, one that can never be read, and an alert that Slack had refused."""
    report = world.report
    command = ("redrive", "--stack", world.stack.name)
    kept = len(world.kept())
    would = world.lamplight(*command, "--dry-run")
    report.equal("deliveries and alerts that would be put through", (would["deliveries"], would["alerts"]), (kept, 1))
    report.equal("what is kept after a dry run", len(world.kept()), kept)
    for deliveries, alerts in [(kept - 1, 1), (0, 0)]:
        # It ends with 1, as one is left.
        did = world.lamplight(*command, status=1)
        report.equal("deliveries and alerts put through", (did["deliveries"], did["alerts"]), (deliveries, alerts))
        reasons = [left["reason"] for left in did["left"]]
        report.check("the unreadable one is left", len(reasons) == 1 and "UnreadableDelivery" in reasons[0], reasons)
        report.equal("invocations in the table", world.invocations(FUNCTION), INVOCATIONS)
    report.check("Slack is told what it had refused", bool(eventually(lambda: world.posts(REFUSED), seconds=90)))
    report.equal("messages of it", len(world.posts(REFUSED)), 1)
    report.equal("dead letters", world.waiting("DeadLetterQueueUrl"), 0)
