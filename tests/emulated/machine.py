"""The machine the run happens on: free ports, programs in the background, commands in the foreground."""

import functools
import os
import platform
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".emulated"
REGION = "us-east-1"


def architecture() -> str:
    """This machine's, as Lambda calls it."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(port: int) -> dict:
    """The environment of every program of the run. It leads to the emulator, and never to an account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        # The roles of the functions are enforced.
        "AUTH": "true",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "SAM_CLI_TELEMETRY": "0",
        "PATH": f"{ROOT / '.venv-sam/bin'}{os.pathsep}{os.environ['PATH']}",
    }


class Failed(Exception):
    """A command or a program did not do its work; the message says which and shows its last lines."""


@functools.cache
def lamplight() -> str:
    """The command line to check with: the one that the environment names, else it is built."""
    named = os.environ.get("LAMPLIGHT")
    if named:
        return named
    command("cargo-build", ["cargo", "build", "--bin", "lamplight"], dict(os.environ), seconds=2400)
    return str(ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "lamplight")


def command(name: str, arguments: list, env: dict, seconds: float, status: int = 0) -> str:
    """Runs a command to its end and returns its standard output; standard error goes to a file in WORK."""
    log = WORK / f"{name}.log"
    with log.open("w") as errors:
        try:
            done = subprocess.run(
                arguments, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=seconds
            )
        except subprocess.TimeoutExpired as expired:
            raise Failed(f"{name} did not end within {seconds:.0f} s:\n{tail(log)}") from expired
    if done.returncode != status:
        raise Failed(f"{name} ended with status {done.returncode}:\n{done.stdout[-3000:]}{tail(log)}")
    return done.stdout


def tail(log: Path) -> str:
    return "".join(log.read_text(errors="replace").splitlines(keepends=True)[-30:])


class Background:
    """A program that runs until the end of a `with` block, and answers at a URL as soon as it is ready."""

    def __init__(self, name: str, arguments: list, env: dict, url: str):
        self.name, self.arguments, self.env, self.url = name, arguments, env, url
        self.log = WORK / f"{name}.log"

    def __enter__(self):
        with self.log.open("w") as output:
            # A session of its own, so that what it starts ends with it.
            self.process = subprocess.Popen(
                self.arguments, cwd=ROOT, env=self.env, stdout=output, stderr=output, start_new_session=True
            )
        try:
            self._wait_until_ready(time.monotonic() + 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def _wait_until_ready(self, deadline: float):
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{self.name} did not start:\n{tail(self.log)}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=1):
                return True
        except OSError:
            return False
