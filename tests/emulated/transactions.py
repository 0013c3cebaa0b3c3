"""Transactions over three functions: the flow that they pass through, metrics, and the map."""

import base64
import gzip
import json
import time
import uuid
import xml.etree.ElementTree as ElementTree

import machine
import sample
from report import eventually
from world import World

API, SAVER, FORWARDER = "sessions-api", "sessions-saver", "sessions-forwarder"
FLOW = "sessions: SESSION_CREATED > SAVED_IN_DATABASE > SESSION_FORWARDED within 5s"
LIMIT_SECONDS = 5
# What begins it names nothing but its request.
STORED = "stored: SAVED_IN_DATABASE > SESSION_FORWARDED within 5s"
# A run of the keeper, and from there to Slack.
TELLING_SECONDS = 65
DUE_PARTITIONS = 8


def run(world: World):
    report = world.report
    with report.step("lamplight flow set"):
        _set(world)
    with report.step("two sessions, one of which stops"):
        sessions = _Sessions(world)
        sessions.put()
    with report.step("lamplight metrics"):
        _metrics(world)
    with report.step("lamplight map"):
        _map(world)
    with report.step("a milestone that does not come"):
        _missing(world, sessions)
    with report.step("it comes late"):
        _late(world, sessions)
    with report.step("a flow that is set later"):
        _look_back(world)
    with report.step("what failed is kept longer"):
        _lasting(world, sessions)
    with report.step("lamplight flow remove"):
        _remove(world)


class _Sessions:
    """One that is complete, and one that stops in the function that was to save it."""

    def __init__(self, world: World):
        self.world, self.complete, self.lost = world, sample.trace(), sample.trace()
        # The one that stops does so when these lines are written, and its limit is not over then.
        self.began = time.time() - 3.5
        self.due = self.began + LIMIT_SECONDS

    def put(self):
        """The last function comes first, so that whoever looks meanwhile sees no session that seems to have stopped."""
        saved = str(uuid.uuid4())
        self._put(FORWARDER, 0.6, self._reached("SESSION_FORWARDED", self.complete))
        # Nothing but REPORT ties this one to its trace.
        told = sample.milestone("SAVED_IN_DATABASE", function_request_id=saved)
        self._put(SAVER, 0.3, [told, *sample.traced(self.complete, saved)])
        self._put(SAVER, 3.4, sample.traced(self.lost, milliseconds=3000, status="timeout"))
        self._arrived(FORWARDER, 1)
        self._arrived(SAVER, 2)
        self._put(API, 0, self._reached("SESSION_CREATED", self.complete))
        self._put(API, 0, self._reached("SESSION_CREATED", self.lost))
        self._arrived(API, 2)

    def late(self):
        self.world.put(FORWARDER, sample.stamped(self._reached("SESSION_FORWARDED", self.lost)))
        self._arrived(FORWARDER, 2)

    def _put(self, function: str, after: float, lines: list):
        self.world.put(function, sample.stamped(lines, self.began + after))

    def _reached(self, milestone: str, trace: str) -> list:
        return [sample.milestone(milestone, traceId=trace), *sample.traced(trace)]

    def _arrived(self, function: str, invocations: int):
        counted = eventually(lambda: self.world.invocations(function) >= invocations, seconds=20)
        self.world.report.check(f"{function} is counted: {invocations}", counted)


def _set(world: World):
    done = world.lamplight("flow", "set", FLOW, "--as", "ada", "--no-wait", *_of(world))
    world.report.equal("what is set, and by whom", (done["flow"], done["by"]), (FLOW, "ada"))
    flows = world.lamplight("flows", *_of(world))["flows"]
    listed = [(flow["flow"], flow["limit_ms"], flow["started"]) for flow in flows]
    world.report.equal("flows", listed, [("sessions", LIMIT_SECONDS * 1000, 0)])
    # A process trusts for a minute what it has read of flows: this one is to read them anew.
    parser = world.outputs["ParserArn"]
    variables = world.lambdas.get_function_configuration(FunctionName=parser)["Environment"]
    world.lambdas.update_function_configuration(FunctionName=parser, Environment={"Variables": variables["Variables"]})


def _missing(world: World, sessions: _Sessions):
    """Nobody but the clock runs the keeper here, and it tells within a minute."""
    report = world.report
    posts = eventually(lambda: _told(world), seconds=TELLING_SECONDS + 10)
    report.check("Slack is told which milestone did not come, and where it stopped", bool(posts))
    if posts:
        seconds = posts[0]["at"] - sessions.due
        report.check(f"within a minute of the limit: {seconds:.1f} s", 0 <= seconds < TELLING_SECONDS)
    report.equal("started, on time, late, missing, open", _figures(world, "sessions"), (2, 1, 0, 1, 0))
    issues = world.lamplight("issues", *_of(world))["issues"]
    found = [issue for issue in issues if issue["kind"] == "missing_milestone"]
    report.equal("its issues", [(issue["function"], issue["count"]) for issue in found], [(SAVER, 1)])
    report.equal("its trace", [issue["sample"].get("trace_id") for issue in found], [sessions.lost])


def _late(world: World, sessions: _Sessions):
    """It is counted in another way, and nobody is told."""
    report, before = world.report, len(_told(world))
    sessions.late()
    _counted(world, "sessions", (2, 1, 1, 0, 0))
    _fence(world, "a fence after the late one")
    report.equal("messages of it", (before, len(_told(world))), (1, 1))
    about = len(world.posts("session_forwarded", about=""))
    report.equal("messages of the milestone that came late", about, 0)


def _look_back(world: World):
    """When every process knows of it, the sessions that were there before are followed, where that is asked for."""
    done = world.lamplight("flow", "set", STORED, "--as", "ada", "--since", "1h", *_of(world), seconds=120)
    world.report.equal("transactions that are looked at", done["transactions"], 1)
    _counted(world, "stored", (1, 1, 0, 0, 0))


def _lasting(world: World, sessions: _Sessions):
    """An hour after something failed, all that is known of its transaction is kept for 30 days."""
    key = f"trace#{sessions.lost}"
    soonest = [_days(world.items(key))]
    due = _bring_forward(world, sessions.lost)
    world.report.check("it is due in an hour", due > 0)
    eventually(lambda: world.keep() and _days(world.items(key)) > 29, seconds=20)
    soonest.append(_days(world.items(key)))
    world.report.check(f"days until the first of it expires: {soonest}", soonest[0] < 15 and 29 < soonest[1] < 31)


def _remove(world: World):
    """It is followed no more, and what was counted of it stays."""
    report = world.report
    figures = world.item({"pk": "flows", "sk": "sessions"})["figures"]
    before = world.items(figures)
    report.check("figures in the table", any(item["sk"].startswith("hour#") for item in before), before)
    for name in ("sessions", "stored"):
        done = world.lamplight("flow", "remove", name, *_of(world))["done"]
        report.equal(f"what is done with {name}", done, "removed")
    report.equal("flows", world.lamplight("flows", *_of(world))["flows"], [])
    stopped = sample.trace()
    created = [sample.milestone("SESSION_CREATED", traceId=stopped), *sample.traced(stopped)]
    world.put(API, sample.stamped(created, time.time() - 2 * LIMIT_SECONDS))
    eventually(lambda: world.items(f"trace#{stopped}"), seconds=20)
    report.equal("milestones that are told to be missing", world.keep()["missing"], 0)
    after = world.items(figures)
    report.check("the figures stay as they were", after == before, after)
    errors = world.logs.filter_log_events(logGroupName=world.own_groups()[2], filterPattern='"ERROR"')["events"]
    report.equal("errors in the keeper's log", [event["message"] for event in errors], [])


def _metrics(world: World):
    """Values are added up once, however often they are delivered."""
    report = world.report
    world.put(API, sample.stamped([_metric(1.25), _metric(2.5), _metric([4, 8])]))
    eventually(lambda: _sums(world) == [(4, 15.75)], seconds=20)
    report.equal("count and sum", _sums(world), [(4, 15.75)])
    again = _delivery(API, sample.stamped([_metric(0.5), _metric(100)]))
    for which in ("once", "twice"):
        world.run_function("ParserArn", again)
        report.equal(f"count and sum after another delivery came {which}", _sums(world), [(6, 116.25)])


def _map(world: World):
    chosen = ["map", "--function", "sessions-*", *_of(world)]
    edges = world.lamplight(*chosen)["edges"]
    found = {(edge["from"], edge["to"]): (edge["calls"], edge["errors"], edge["inferred"]) for edge in edges}
    report = world.report
    report.equal("edges", found, {(API, SAVER): (2, 1, True), (SAVER, FORWARDER): (1, 0, True)})
    dot = _drawn(world, chosen, "dot")
    report.check("a graph for Graphviz", dot.startswith("digraph") and FORWARDER in dot, dot)
    picture = ElementTree.fromstring(_drawn(world, chosen, "svg"))
    report.equal("the root of the picture", picture.tag, "{http://www.w3.org/2000/svg}svg")
    texts = {text.strip() for text in picture.itertext()}
    report.equal("functions that it lacks", {API, SAVER, FORWARDER} - texts, set())


# What is done.


def _fence(world: World, what: str):
    """Has Slack told of a failure; what was to be told before that has come by then."""
    function = f"fence-{uuid.uuid4().hex[:8]}"
    world.put(function, sample.stamped(sample.timed_out()))
    world.report.check(f"Slack is told of {what}", bool(eventually(lambda: world.posts(function), seconds=30)))


def _bring_forward(world: World, trace: str) -> int:
    """Makes due now what is to be kept longer later, as if that time had passed; how often it is marked."""
    found = [item for partition in range(DUE_PARTITIONS) for item in world.items(f"due#keep#{partition}")]
    meant = [item for item in found if item["id"] == trace]
    for item in meant:
        world.table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        _, _, occasion = item["sk"].partition("#")
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        world.table.put_item(Item=item | {"sk": f"{moment}#{occasion}"})
    return len(meant)


def _metric(value: object) -> str:
    """A line in the embedded metric format."""
    metric = {"Namespace": "Sessions", "Dimensions": [["hall"]], "Metrics": [{"Name": "Attendees", "Unit": "Count"}]}
    directive = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    return json.dumps({"_aws": directive, "hall": "north", "Attendees": value})


def _delivery(function: str, events: list) -> dict:
    """A delivery as the parser gets it: what has the same ids is the same events."""
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": sample.ACCOUNT,
        "logGroup": sample.group(function),
        "logStream": sample.stream(),
        "subscriptionFilters": ["lamplight"],
        "logEvents": [{"id": f"{uuid.uuid4().int:056d}", **event} for event in events],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(message).encode())).decode()}}


# What is seen.


def _of(world: World) -> list:
    return ["--stack", world.stack.name]


def _told(world: World) -> list:
    """What Slack was told of the milestone and of the function in which the session stopped."""
    return world.posts(SAVER, about="saved_in_database")


def _days(items: list) -> float:
    """In how many days the first of some items expires."""
    return min((float(item["expires_at"]) - time.time()) / 86400 for item in items)


def _figures(world: World, flow: str) -> tuple:
    """What a flow counts, by its own command; the list of all says the same."""
    names = ("started", "on_time", "late", "missing", "open")
    shown = world.lamplight("flow", "show", flow, *_of(world))
    listed = [each for each in world.lamplight("flows", *_of(world))["flows"] if each["flow"] == flow]
    return tuple(shown[name] for name in names) if listed == [shown] else (shown, listed)


def _counted(world: World, flow: str, expected: tuple):
    """Runs the keeper until it has counted; two of its runs at once may leave something to the next, and one waits where
    a line may be on its way."""
    eventually(lambda: world.keep() and _figures(world, flow) == expected, seconds=50)
    world.report.equal("started, on time, late, missing, open", _figures(world, flow), expected)


def _sums(world: World) -> list:
    found = world.lamplight("metrics", "--namespace", "Sessions", *_of(world))["metrics"]
    return [(metric["count"], metric["sum"]) for metric in found]


def _drawn(world: World, arguments: list, output: str) -> str:
    return machine.command("lamplight", [machine.lamplight(), *arguments, "--output", output], world.env, seconds=60)
