"""Where an invocation goes when its retries are used up: the OnFailure destination in S3.

ministack knows queues and topics as destinations; for buckets this writes the object that Lambda would.
"""

import json
import time
import uuid

from ministack.services import lambda_svc, s3

_BUCKET_ARN = "arn:aws:s3:::"
_route = lambda_svc._route_async_failure


def install() -> None:
    lambda_svc._route_async_failure = route_failure


def route_failure(target: str, function_name: str, event: dict, result: dict) -> None:
    """Stores an asynchronous event with the reason of its failure, or leaves the destination to ministack."""
    if not target.startswith(_BUCKET_ARN):
        _route(target, function_name, event, result)
        return
    function = lambda_svc._functions.get(function_name) or {}
    settings = function.get("event_invoke_config") or function.get("event_invoke_configs", {}).get("$LATEST") or {}
    attempts = int(settings.get("MaximumRetryAttempts", 2)) + 1
    record = invocation_record(function, "RetriesExhausted", attempts, result)
    record |= {"requestPayload": event, "responsePayload": result.get("body")}
    store(target, f"async/{function_name}", record)


def store(bucket_arn: str, folder: str, record: dict) -> None:
    """Writes a record under the key that Lambda gives it."""
    now = time.gmtime()
    day, moment = time.strftime("%Y/%m/%d", now), time.strftime("%Y-%m-%dT%H.%M.%S", now)
    key = f"aws/lambda/{folder}/{day}/{moment}-{uuid.uuid4()}"
    s3._put_object(bucket_arn.removeprefix(_BUCKET_ARN), key, json.dumps(record).encode(), {})


def invocation_record(function: dict, condition: str, attempts: int, result: dict) -> dict:
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function.get("config", {}).get("FunctionArn", "") + ":$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": result.get("function_error") or "Unhandled",
        },
    }
