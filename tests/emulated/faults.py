"""What goes wrong in ordinary life: Lamplight subscribed to itself, an alarm on it, Slack refusing or away."""

import time

import native
import sample
from report import eventually
from world import World

AWAY = "payment"
REFUSED = "refund"


def run(world: World):
    report = world.report
    with report.step("a subscription to Lamplight's own log"):
        _loop(world)
    with report.step("an alarm on Lamplight itself"):
        _alarm(world)
    with report.step("Slack refuses"):
        _refused(world)
    with report.step("Slack is away"):
        _away(world)


def _loop(world: World):
    """The notifier's log leads to the parser by hand: what the parser gets from there it drops, so that it ends."""
    report, group = world.report, world.own_groups()[1]
    runs = world.parser_runs()
    world.logs.put_subscription_filter(
        logGroupName=group, filterName="loop", filterPattern="", destinationArn=world.outputs["ParserArn"]
    )
    world.put("invoice", sample.stamped(sample.timed_out()))
    report.check("Slack is told all the same", bool(eventually(lambda: world.posts("invoice"), seconds=30)))
    # Once for the control message, once for the timeout, and for what the notifier wrote when it told of it.
    more = eventually(lambda: world.parser_runs() >= runs + 3, seconds=10)
    report.check("the parser gets the notifier's log", more, f"{world.parser_runs() - runs} runs")
    time.sleep(2)
    settled = world.parser_runs()
    time.sleep(2)
    report.equal("further runs of the parser in the end", world.parser_runs() - settled, 0)
    seen = sorted(sample.place(name) for name in (sample.FUNCTION, native.FUNCTION, "invoice"))
    report.equal("functions seen", world.functions(), seen)
    world.logs.delete_subscription_filter(logGroupName=group, filterName="loop")


def _alarm(world: World):
    """An alarm of the stack arrives in Slack, with what to do."""
    alarm = f"{world.stack.name}-parser-errors"
    reason = "Threshold crossed: 1 datapoint was greater than or equal to the threshold (1.0)."
    world.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason=reason)
    told = eventually(lambda: world.posts(alarm, about="lamplight redrive"), seconds=20)
    world.report.check("Slack is told, and how to go on", bool(told))


def _refused(world: World):
    """An alert that no further attempt can bring to Slack is put where it is seen, at once."""
    report = world.report
    world.slack_answers(404)
    world.put(REFUSED, sample.stamped(sample.timed_out()))
    dead = eventually(lambda: world.waiting("DeadLetterQueueUrl"), seconds=20)
    report.check("it is put among the dead letters", bool(dead))
    world.slack_answers(200)
    report.equal("dead letters", world.waiting("DeadLetterQueueUrl"), 1)
    report.equal("messages that Slack took", len(world.posts(REFUSED)), 0)


def _away(world: World):
    """The queue holds the alert. `told_in_the_end` looks for it again, as its next attempt takes a minute."""
    report = world.report
    # On AWS, three minutes.
    world.client("sqs").set_queue_attributes(
        QueueUrl=world.outputs["QueueUrl"], Attributes={"VisibilityTimeout": "2"}
    )
    world.slack_answers(503)
    world.put(AWAY, sample.stamped(sample.timed_out()))
    report.check("Slack is tried", bool(eventually(lambda: world.posts(AWAY, 503), seconds=30)))
    time.sleep(3)
    report.equal("alerts that wait in the queue", world.waiting("QueueUrl"), 1)
    report.equal("messages that Slack took", len(world.posts(AWAY)), 0)
    world.slack_answers(200)


def told_in_the_end(world: World):
    """What waited while Slack was away was told once."""
    report = world.report
    with report.step("Slack is back"):
        told = eventually(lambda: world.posts(AWAY), seconds=120)
        report.check("Slack is told what waited", bool(told))
        report.check("the queue is empty", eventually(lambda: world.waiting("QueueUrl") == 0, seconds=30))
        report.equal("messages of it", len(world.posts(AWAY)), 1)
