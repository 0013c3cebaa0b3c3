#!/usr/bin/env python3
"""A stand-in for Slack: takes what is posted to any webhook path, keeps it, and shows it again.

    slack_sink.py [--port PORT]

POST to /services/... answers `ok`, POST to /status/<code>/... answers with that status (429 asks to come back
after a second). PUT /answer with a status as its body makes it the answer to everything from then on, until 200 is
put. GET /posts lists what came as JSON, oldest first: the time it came, path, status and body.
"""

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Slack(BaseHTTPRequestHandler):
    """One connection; what came is kept by the class, for all of them."""

    posts = []
    answer = 200

    def do_POST(self):
        arrived, text = time.time(), self._body()
        parts = self.path.split("/")
        status = int(parts[2]) if parts[1] == "status" and parts[2].isdecimal() else Slack.answer
        self.posts.append({"at": arrived, "path": self.path, "status": status, "body": _parsed(text)})
        self._reply(status, "ok" if status == 200 else "error", {"Retry-After": "1"} if status == 429 else {})

    def do_PUT(self):
        text = self._body()
        if self.path == "/answer" and text.isdecimal():
            Slack.answer = int(text)
            self._reply(200, "ok", {})
        else:
            self._reply(404, "only a status can be put, to /answer", {})

    def do_GET(self):
        if self.path == "/posts":
            self._reply(200, json.dumps(self.posts, indent=1), {"Content-Type": "application/json"})
        else:
            self._reply(404, "only /posts can be read", {})

    def _body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")

    def _reply(self, status, text, headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: what came is read at /posts."""


def _parsed(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return text


def main():
    parser = argparse.ArgumentParser(description="A stand-in for Slack's webhooks.")
    parser.add_argument("--port", type=int, default=9797)
    port = parser.parse_args().port
    with ThreadingHTTPServer(("127.0.0.1", port), Slack) as server:
        print(f"listening on http://127.0.0.1:{port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
