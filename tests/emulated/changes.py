"""Changing a stack that runs: parameters that do not go together, an update under load, other subscriptions."""

import threading
import time

import machine
import sample
from report import eventually
from world import World

UNDER_LOAD = "orders"
TRACED = "lobby"
SLOW_MS = 1000


def run(world: World):
    with world.report.step("parameters that do not go together"):
        _refusals(world)
    with world.report.step("an update under load"):
        _update(world)
    with world.report.step("only interesting transactions"):
        _interesting(world)
    with world.report.step("single groups"):
        _groups(world)
    with world.report.step("no subscription"):
        _none(world)


def _refusals(world: World):
    """The deployment is refused before it changes anything, with a sentence that says what to do."""
    refusals = [
        ({"Subscribe": "groups"}, "Subscribe=groups needs LogGroups"),
        ({"SendingAccounts": "111111111111"}, "SendingAccounts needs Intake=kinesis"),
        ({"SlackWebhookParameter": "https://hooks.slack.com/services/T/B/X"}, "never the webhook itself"),
    ]
    for parameters, sentence in refusals:
        try:
            world.stack.deploy(**parameters)
            said = "deployed"
        except machine.Failed as failure:
            said = str(failure)
        world.report.check(f"refused: {sentence}", sentence in said, said)


def _update(world: World):
    """While the parser gets other settings, every event is counted, and none twice."""
    written, ends = 0, threading.Event()

    def write():
        nonlocal written
        while not ends.is_set():
            world.put(UNDER_LOAD, sample.stamped(sample.healthy() * 2))
            written += 2
            time.sleep(0.1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        kept = {"Transactions": "interesting", "SlowTransactionMs": SLOW_MS}
        world.deploy(LogRetentionDays=30, ErrorLogs="off", **kept)
    finally:
        ends.set()
        writer.join()
    report = world.report
    report.equal("status of the stack", world.stack.status(), "UPDATE_COMPLETE")
    report.check(f"invocations were written meanwhile: {written}", written >= 20)
    eventually(lambda: world.invocations(UNDER_LOAD) >= written, seconds=30)
    time.sleep(1)
    report.equal("invocations in the table", world.invocations(UNDER_LOAD), written)


def _interesting(world: World):
    """Of a quiet invocation, nothing is kept beside the figures; one that fails or is slow is shown with its trace."""
    report, (quiet, failing, slow) = world.report, (sample.trace() for _ in range(3))
    lines = [*sample.traced(quiet), *sample.traced(failing, status="timeout")]
    world.put(TRACED, sample.stamped([*lines, *sample.traced(slow, milliseconds=SLOW_MS)]))
    for what, trace in [("fails", failing), ("is slow", slow)]:
        kept = eventually(lambda trace=trace: world.items(f"trace#{trace}"), seconds=20)
        report.check(f"what {what} is kept", bool(kept))
    report.equal("invocations in the table", world.invocations(TRACED), 3)
    report.equal("what is kept of the quiet one", world.items(f"trace#{quiet}"), [])


def _groups(world: World):
    """Single groups instead of the account."""
    report = world.report
    world.deploy(Subscribe="groups", LogGroups=sample.group(sample.FUNCTION))
    report.equal("status of the stack", world.stack.status(), "UPDATE_COMPLETE")
    report.equal("account-level subscriptions", world.account_policies(), [])
    report.equal("subscriptions of the group", len(world.filters(sample.FUNCTION)), 1)
    report.equal("subscriptions of another group", len(world.filters(UNDER_LOAD)), 0)
    before = world.invocations(sample.FUNCTION)
    others = world.invocations(UNDER_LOAD)
    world.put(UNDER_LOAD, sample.stamped(sample.healthy()))
    world.put(sample.FUNCTION, sample.stamped(sample.healthy()))
    eventually(lambda: world.invocations(sample.FUNCTION) > before, seconds=20)
    report.equal("invocations that were added", world.invocations(sample.FUNCTION) - before, 1)
    report.equal("invocations of another group that were added", world.invocations(UNDER_LOAD) - others, 0)


def _none(world: World):
    """What the stack has subscribed is given back; what others subscribe to it is left to them."""
    report = world.report
    # Quotes make an empty value, which SAM CLI does not take otherwise.
    world.deploy(Subscribe="none", LogGroups='""')
    report.equal("account-level subscriptions", world.account_policies(), [])
    report.equal("subscriptions of the group", world.filters(sample.FUNCTION), [])
