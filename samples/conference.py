"""Writes `conference/logs`: how a conference takes in its sessions. The same run gives the same bytes.

    python3 samples/conference.py

    sessions-api -> sessions-saver -> sessions-forwarder
"""

import random
from datetime import datetime, timezone
from pathlib import Path

import forms
from lambda_logs import Call, Function, hexes, run, trace_id
from runtimes import own_words, ruby, structured_node, structured_python

START = int(datetime(2026, 11, 20, 11, tzinfo=timezone.utc).timestamp() * 1000)
SECOND = 1000

API = Function("sessions-api", "nodejs:22.v51", 256, (90, 112), 10, (40, 180), (280, 410))
SAVER = Function("sessions-saver", "python:3.13.v64", 256, (86, 101), 10, (90, 600), (390, 560), json_format=True)
FORWARDER = Function("sessions-forwarder", "ruby:3.4.v22", 256, (77, 96), 10, (70, 500), (310, 430))

SESSIONS = 12
NOT_SAVED = 508
TITLES = ["Lighthouses at Scale", "Timeouts We Have Loved", "Ferries and Failovers", "Queues for Islanders",
          "A Short History of the Error Page", "Maps without Servers"]


class Session:
    def __init__(self, rng, number, at):
        self.number, self.at = number, at
        self.trace = trace_id(rng, at)
        self.title = TITLES[number % len(TITLES)]
        self.ids = {"correlation_id": f"session-{number}", "sessionId": f"S-{number}"}

    def call(self, at, lines, outcome="ok"):
        return Call(at, lines, outcome, trace=self.trace)


def sessions(rng):
    for n in range(SESSIONS):
        yield Session(rng, 501 + n, START + (20 + 95 * n) * SECOND + rng.randint(0, 40 * SECOND))


def api_calls(rng, sessions):
    for session in sessions:
        line = lambda message, more: structured_node(message, service="sessions", function_name=API.name,
                                                     xray_trace_id=session.trace, **more)
        session.created = session.call(session.at, [
            line("Session received", {**session.ids, "title": session.title}),
            line("Session created", {**session.ids, "milestone": "SESSION_CREATED"})])
        yield session.created


def saver_calls(rng, sessions):
    for session in sessions:
        line = lambda location, message, more: structured_python(
            "INFO", location, message, service="sessions", function_name=SAVER.name, xray_trace_id=session.trace,
            **more)
        at = session.created.ended_at + rng.randint(80, 600)
        saving = line("saver:22", "Saving the session", session.ids)
        if session.number == NOT_SAVED:
            session.saved = None
            yield session.call(at, [saving], "timeout")
            continue
        session.saved = session.call(at, [
            saving, line("saver:37", "Session saved", {**session.ids, "milestone": "SAVED_IN_DATABASE"})])
        yield session.saved


def forwarder_calls(rng, sessions):
    for session in sessions:
        if session.saved:
            header = f"Root={session.trace};Parent={hexes(rng, 16)};Sampled=1"
            yield session.call(session.saved.ended_at + rng.randint(80, 600), [
                ruby("INFO", f"forwarding \"{session.title}\""),
                own_words(milestone="SESSION_FORWARDED", trace_id=header)])


def main():
    rng = random.Random("conference")
    all_sessions = list(sessions(rng))
    sources = []
    for function, calls in ((API, api_calls), (SAVER, saver_calls), (FORWARDER, forwarder_calls)):
        sources += run(rng, function, list(calls(rng, all_sessions)))
    documents = forms.deliveries(rng, sources)
    forms.repeat_one(documents)
    forms.write_logs(Path(__file__).parent / "conference" / "logs",
                     {"deliveries.jsonl": forms.deliveries_file(documents)})


if __name__ == "__main__":
    main()
