#!/usr/bin/env python3
"""A stand-in for Slack: takes what is posted to any webhook path, keeps it, and shows it again.

    slack_sink.py [--port PORT]

POST to /services/... answers `ok`, POST to /status/<code>/... answers with that status (429 asks to come back
after a second). GET /posts lists what came as JSON, oldest first: the time it came, path, status and body.
"""

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Slack(BaseHTTPRequestHandler):
    """One connection; what came is kept by the class, for all of them."""

    posts = []

    def do_POST(self):
        arrived = time.time()
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        parts = self.path.split("/")
        status = int(parts[2]) if parts[1] == "status" and parts[2].isdecimal() else 200
        self.posts.append({"at": arrived, "path": self.path, "status": status, "body": _parsed(text)})
        self._answer(status, "ok" if status == 200 else "error", {"Retry-After": "1"} if status == 429 else {})

    def do_GET(self):
        if self.path == "/posts":
            self._answer(200, json.dumps(self.posts, indent=1), {"Content-Type": "application/json"})
        else:
            self._answer(404, "only /posts can be read", {})

    def _answer(self, status, text, headers):
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
