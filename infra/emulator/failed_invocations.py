"""What Lambda writes into a function's log when an invocation fails; ministack's REPORT says nothing of it."""

import signal
import time

from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import lambda_svc

_execute = lambda_svc._execute_function_provided_warm
_teardown = ProvidedWorker._teardown

# How the process of a function ended, by the function's name.
_ends = {}


def install() -> None:
    lambda_svc._execute_function_provided_warm = execute
    ProvidedWorker._teardown = teardown


def teardown(worker) -> None:
    if worker._proc is not None:
        _ends[worker.func_name] = worker._proc.poll()
    _teardown(worker)


def execute(function: dict, event: dict, request_id: str) -> dict:
    """Runs an invocation; the log of one that fails is written as Lambda writes it."""
    began = time.time()
    config = function.get("config") or function
    _ends.pop(config.get("FunctionName"), None)
    result = _execute(function, event, request_id)
    if result.get("error"):
        lines = [result.get("log", ""), *_failure(config, result, request_id, (time.time() - began) * 1000)]
        # What `rie` means to ministack: the platform's lines are there.
        result |= {"log": "\n".join(line for line in lines if line), "log_source": "rie"}
    return result


def _failure(config: dict, result: dict, request_id: str, duration_ms: float) -> list:
    body = result.get("body") if isinstance(result.get("body"), dict) else {}
    error, used_mb, end = body.get("errorType"), 64, ""
    if error == "Sandbox.Timedout":
        end = "Status: timeout"
    elif error == "Runtime.ExitError" and _ends.get(config.get("FunctionName")) == -signal.SIGKILL:
        # Nobody kills a function here but who stands in for the kernel.
        used_mb, end = config["MemorySize"], "Status: error\tError Type: Runtime.OutOfMemory"
    elif error == "Runtime.ExitError":
        end = "Status: error\tError Type: Runtime.ExitError"
    # What a runtime has caught it has written itself, and REPORT has no Status.
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {int(duration_ms) + 1} ms\t"
        f"Memory Size: {config['MemorySize']} MB\tMax Memory Used: {used_mb} MB\t{end}"
    )
    return [f"END RequestId: {request_id}", report]
