"""The whole stack on an emulated AWS, as its users have it: deployed, under faults, changed, and taken away again."""

import signal
import sys

import buttons
import changes
import commands
import faults
import first_alert
import intake
import machine
import native
import redrive
import removal
import transactions
from report import Report
from world import World


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
            run(World(report, env, sink))
    except machine.Failed as failure:
        report.check("the run gets to its end", False, failure)
    return report.close()


def run(world: World):
    first_alert.run(world)
    native.run(world)
    faults.run(world)
    redrive.run(world)
    transactions.run(world)
    changes.run(world)
    buttons.run(world)
    run_commands(world)
    intake.run(world)
    faults.told_in_the_end(world)
    removal.run(world)


def run_commands(world: World):
    """The commands that look after an account, on a stack that subscribes nothing itself."""
    report, shared = world.report, (world.report, world.env, world.stack.name)
    logs, client = world.logs, world.client
    with report.step("lamplight subscribe and unsubscribe"):
        commands.subscribe(*shared, logs)
    with report.step("lamplight backfill"):
        commands.backfill(*shared, logs, world.table, world.sink, world.keep)
    with report.step("lamplight backfill, interrupted"):
        commands.interrupted_backfill(*shared, logs, world.table)
    with report.step("lamplight send-test"):
        commands.send_test(*shared, world.sink, client("sqs"))
    with report.step("lamplight doctor"):
        # The delivery that can never be read would be found.
        world.throw_away_kept()
        commands.doctor(*shared, logs, world.lambdas, client("ssm"), client("iam"))


if __name__ == "__main__":
    sys.exit(main())
