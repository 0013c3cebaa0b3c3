"""A stand-in for Lambda's Runtime API: hands a function one delivery and checks its answer.

    runtime_api.py COMMAND...   the command that starts the function
"""

import base64
import gzip
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread

SECONDS = 60

# It needs no table: it says that a subscription was made.
DOCUMENT = {
    "messageType": "CONTROL_MESSAGE",
    "owner": "CloudwatchLogs",
    "logGroup": "",
    "logStream": "",
    "subscriptionFilters": [],
    "logEvents": [{"id": "", "timestamp": 1795164420000, "message": "CWL CONTROL MESSAGE: Checking health"}],
}

answers = Queue()


class RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    has_given = False

    def do_GET(self):
        if RuntimeApi.has_given:
            # Nothing more comes; the function waits until it is stopped.
            answers.join()
            Queue().get()
        RuntimeApi.has_given = True
        data = base64.b64encode(gzip.compress(json.dumps(DOCUMENT).encode())).decode()
        self._reply(200, json.dumps({"awslogs": {"data": data}}).encode())

    def do_POST(self):
        answers.put((self.path, self._body()))
        self._reply(202, b"{}")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _reply(self, status: int, body: bytes):
        self.send_response(status)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8b9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:000000000000:function:parser")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main() -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "parser",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": "lamplight",
        "TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:alerts",
    }
    function = subprocess.Popen(sys.argv[1:], env=environment)
    try:
        path, body = answers.get(timeout=SECONDS)
    except Empty:
        print(f"nothing came within {SECONDS} s; status of the function: {function.poll()}")
        return 1
    finally:
        function.kill()
    print(path, body.decode(errors="replace"))
    is_right = path.endswith("/response") and json.loads(body).get("events") == 1
    print("the arm64 parser works" if is_right else "this is not what was expected")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
