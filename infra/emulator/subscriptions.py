"""Subscription filters: which log events go to which function, and in what form.

Compared with ministack's own: filter patterns mean what they mean on AWS, the function is invoked
asynchronously (so that retries and the failure destination apply), event ids have 56 digits, and a new
subscription is greeted with a control message.
"""

import base64
import gzip
import json
import time
import uuid

import filter_patterns
from ministack.core.responses import error_response_json, get_account_id
from ministack.services import cloudwatch_logs, lambda_svc

_put_filter = cloudwatch_logs._put_subscription_filter


def install() -> None:
    cloudwatch_logs._fanout_to_subscription_filters = deliver_events
    cloudwatch_logs._put_subscription_filter = put_filter


def put_filter(request: dict):
    """PutSubscriptionFilter: refuses what cannot be emulated and sends the control message."""
    try:
        filter_patterns.compile_pattern(request.get("filterPattern") or "")
    except filter_patterns.Unsupported as reason:
        return error_response_json("InvalidParameterException", str(reason), 400)
    response = _put_filter(request)
    if response[0] == 200:
        _invoke(request["destinationArn"], _control_message())
    return response


def deliver_events(group: str, stream: str, events: list) -> None:
    """Hands new events of a stream to each subscription of its group."""
    filters = cloudwatch_logs._log_groups.get(group, {}).get("subscriptionFilters") or {}
    if not filters:
        return
    entries = [_entry(event) for event in events]
    for subscription in list(filters.values()):
        destination = subscription["destinationArn"]
        # Every invocation here writes START, END and REPORT, whatever the function's log level: a function
        # subscribed to its own log would never come to rest.
        if group == _own_group(destination):
            continue
        passes = filter_patterns.compile_pattern(subscription["filterPattern"])
        wanted = [entry for entry in entries if passes(entry["message"])]
        if wanted:
            _invoke(destination, _data_message(group, stream, subscription["filterName"], wanted))


def _entry(event: dict) -> dict:
    # One id for an event, in whichever deliveries it takes part.
    return {"id": f"{uuid.uuid4().int:056d}", "timestamp": event["timestamp"], "message": event["message"]}


def _data_message(group: str, stream: str, filter_name: str, entries: list) -> dict:
    return {
        "messageType": "DATA_MESSAGE",
        "owner": get_account_id(),
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter_name],
        "logEvents": entries,
    }


def _control_message() -> dict:
    text = "CWL CONTROL MESSAGE: Checking health of destination Lambda."
    return {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": int(time.time() * 1000), "message": text}],
    }


def _invoke(destination: str, message: dict) -> None:
    function = lambda_svc._functions.get(_function_name(destination))
    if function:
        packed = gzip.compress(json.dumps(message).encode())
        lambda_svc.invoke_async_with_retry(function, {"awslogs": {"data": base64.b64encode(packed).decode()}})


def _function_name(arn: str) -> str:
    return arn.partition(":function:")[2].partition(":")[0]


def _own_group(destination: str) -> str:
    function = lambda_svc._functions.get(_function_name(destination)) or {}
    logging = function.get("config", {}).get("LoggingConfig") or {}
    return logging.get("LogGroup") or f"/aws/lambda/{_function_name(destination)}"
