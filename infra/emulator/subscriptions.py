"""Subscriptions: which log events go where, and in what form.

Compared with ministack's own: filter patterns mean what they mean on AWS, there are account-level subscriptions,
a function is invoked asynchronously (so that retries and the failure destination apply), streams and the
destinations of other accounts take deliveries as well, event ids have 56 digits, and a new subscription is greeted
with a control message.
"""

import base64
import gzip
import json
import time
import uuid

import account_policies
import filter_patterns
from ministack.core.responses import error_response_json, get_account_id, request_scope
from ministack.services import cloudwatch_logs, kinesis, lambda_svc

_put_filter = cloudwatch_logs._put_subscription_filter


def install() -> None:
    cloudwatch_logs._fanout_to_subscription_filters = deliver_events
    cloudwatch_logs._put_subscription_filter = put_filter
    account_policies.install(refusal=_refusal, greet=_greet)


def put_filter(request: dict):
    """PutSubscriptionFilter: refuses what cannot be emulated or delivered, and sends the control message."""
    reason = _refusal(request.get("filterPattern") or "", request["destinationArn"])
    if reason:
        return error_response_json("InvalidParameterException", reason, 400)
    response = _put_filter(request)
    if response[0] == 200:
        _greet(request["destinationArn"])
    return response


def _refusal(pattern: str, destination: str) -> str:
    """Why a subscription cannot be made, empty if it can."""
    try:
        filter_patterns.compile_pattern(pattern)
    except filter_patterns.Unsupported as reason:
        return str(reason)
    function = lambda_svc._functions.get(_function_name(destination))
    if function and not _admits_logs(function):
        return "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to do so."
    if ":kinesis:" in destination and not kinesis._resolve_stream_by_arn(destination):
        return "Could not deliver test message to specified Kinesis stream. Check if it is in ACTIVE state."
    return ""


def _admits_logs(function: dict) -> bool:
    principals = [statement["Principal"] for statement in function["policy"]["Statement"]]
    return {"Service": "logs.amazonaws.com"} in principals


def deliver_events(group: str, stream: str, events: list) -> None:
    """Hands new events of a stream to each subscription of its group and of its account."""
    filters = cloudwatch_logs._log_groups.get(group, {}).get("subscriptionFilters") or {}
    subscriptions = [*filters.values(), *account_policies.subscriptions_of(group)]
    if not subscriptions:
        return
    entries = [_entry(event) for event in events]
    for subscription in subscriptions:
        # Every invocation here writes START, END and REPORT, whatever the function's log level: a function
        # subscribed to its own log would never come to rest.
        if group == _own_group(subscription["destinationArn"]):
            continue
        passes = filter_patterns.compile_pattern(subscription["filterPattern"])
        wanted = [entry for entry in entries if passes(entry["message"])]
        if wanted:
            _send(subscription["destinationArn"], _data_message(group, stream, subscription, wanted))


def _entry(event: dict) -> dict:
    # One id for an event, in whichever deliveries it takes part.
    return {"id": f"{uuid.uuid4().int:056d}", "timestamp": event["timestamp"], "message": event["message"]}


def _data_message(group: str, stream: str, subscription: dict, entries: list) -> dict:
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": get_account_id(),
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [subscription["filterName"]],
        "logEvents": entries,
    }
    if "policyLevel" in subscription:
        message["policyLevel"] = subscription["policyLevel"]
    return message


def _greet(destination: str) -> None:
    kind = "Lambda" if _function_name(destination) else "Kinesis"
    text = f"CWL CONTROL MESSAGE: Checking health of destination {kind}."
    event = {"id": "", "timestamp": int(time.time() * 1000), "message": text}
    message = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [event],
    }
    _send(destination, message)


def _send(destination: str, message: dict) -> None:
    """To a function wrapped in `awslogs`, to a stream as it is."""
    packed = gzip.compress(json.dumps(message).encode())
    if ":destination:" in destination:
        _send_to_account(destination, packed)
    elif ":kinesis:" in destination:
        kinesis.put_record_internal(destination, str(uuid.uuid4()), packed)
    elif function := lambda_svc._functions.get(_function_name(destination)):
        lambda_svc.invoke_async_with_retry(function, {"awslogs": {"data": base64.b64encode(packed).decode()}})


def _send_to_account(arn: str, packed: bytes) -> None:
    """To the stream behind a destination, if the account of the sender is among those it admits."""
    region, account, name = arn.split(":")[3], arn.split(":")[4], arn.rpartition(":")[2]
    sender = get_account_id()
    with request_scope(account, region):
        destination = cloudwatch_logs._destinations.get(name) or {}
        if sender in _admitted(destination.get("accessPolicy")):
            kinesis.put_record_internal(destination["targetArn"], str(uuid.uuid4()), packed)


def _admitted(policy) -> list:
    statements = json.loads(policy or "{}").get("Statement", [])
    return [account for statement in statements for account in statement["Principal"]["AWS"]]


def _function_name(arn: str) -> str:
    return arn.partition(":function:")[2].partition(":")[0]


def _own_group(destination: str) -> str:
    name = _function_name(destination)
    function = lambda_svc._functions.get(name) or {}
    logging = function.get("config", {}).get("LoggingConfig") or {}
    return logging.get("LogGroup") or f"/aws/lambda/{name}"
