"""Account-level subscriptions: Put, Describe and DeleteAccountPolicy, and AWS::Logs::AccountPolicy.

There is one for an account and region. It covers every log group, also those that come later, but for the names in
`LogGroupName NOT IN [...]`, the one criterion that AWS takes for it.
"""

import json
import re
import time

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import cloudwatch_logs
from ministack.services.cloudformation import provisioners

_TYPE = "SUBSCRIPTION_FILTER_POLICY"
_CRITERIA = re.compile(r'LogGroupName NOT IN \[\s*("[^"]+"(\s*,\s*"[^"]+")*)\s*\]')

# By account and region, by name.
_policies: dict = {}
_refusal = _greet = None
_handle_request = cloudwatch_logs.handle_request
_reset = cloudwatch_logs.reset


def install(refusal, greet) -> None:
    """`refusal` says why a pattern or a destination will not do, `greet` sends a destination the control message."""
    global _refusal, _greet
    _refusal, _greet = refusal, greet
    cloudwatch_logs.handle_request = handle_request
    cloudwatch_logs.reset = reset
    provisioners._RESOURCE_HANDLERS["AWS::Logs::AccountPolicy"] = {
        "create": create_resource,
        "update": lambda _physical_id, _old, new, stack, *rest, **named: create_resource("", new, stack),
        "delete": lambda physical_id, _properties: _here().pop(physical_id.split("|")[-1], None),
    }


def subscriptions_of(group: str) -> list:
    """The account's subscriptions that cover a log group, in the form of its own."""
    return [_as_filter(policy) for policy in _here().values() if group not in _left_out(policy)]


def put(request: dict):
    """PutAccountPolicy."""
    name = request["policyName"]
    if request.get("policyType") != _TYPE:
        return error_response_json("InvalidParameterException", "only subscriptions are emulated", 400)
    if name not in _here() and _here():
        return error_response_json("LimitExceededException", "Resource limit exceeded.", 400)
    criteria = request.get("selectionCriteria") or ""
    if criteria and not _CRITERIA.fullmatch(criteria):
        return error_response_json("InvalidParameterException", f"Invalid selectionCriteria: {criteria}", 400)
    try:
        document = json.loads(request["policyDocument"])
        reason = _refusal(document["FilterPattern"], document["DestinationArn"])
    except (ValueError, KeyError) as missing:
        reason = f"Invalid policyDocument: {missing}"
    if reason:
        return error_response_json("InvalidParameterException", reason, 400)
    changed = {"accountId": get_account_id(), "scope": "ALL", "lastUpdatedTime": int(time.time() * 1000)}
    policy = {**request, **changed}
    _here()[name] = policy
    _greet(document["DestinationArn"])
    return json_response({"accountPolicy": policy})


def describe(request: dict):
    """DescribeAccountPolicies."""
    policies = [policy for policy in _here().values() if policy["policyType"] == request.get("policyType")]
    return json_response({"accountPolicies": policies})


def delete(request: dict):
    """DeleteAccountPolicy."""
    if _here().pop(request["policyName"], None) is None:
        return error_response_json("ResourceNotFoundException", "The specified policy does not exist.", 400)
    return json_response({})


_ACTIONS = {"PutAccountPolicy": put, "DescribeAccountPolicies": describe, "DeleteAccountPolicy": delete}


async def handle_request(method, path, headers, body, query):
    action = _ACTIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
    if action:
        return action(json.loads(body or b"{}"))
    return await _handle_request(method, path, headers, body, query)


def reset() -> None:
    _reset()
    _policies.clear()


def create_resource(_logical_id: str, properties: dict, _stack: str, *_):
    request = {name[0].lower() + name[1:]: value for name, value in properties.items()}
    status, _, body = put(request)
    if status != 200:
        raise ValueError(json.loads(body).get("message"))
    return f"{get_account_id()}|{_TYPE}|{request['policyName']}", {"AccountId": get_account_id()}


def _here() -> dict:
    return _policies.setdefault((get_account_id(), get_region()), {})


def _left_out(policy: dict) -> list:
    return re.findall(r'"([^"]+)"', policy.get("selectionCriteria") or "")


def _as_filter(policy: dict) -> dict:
    document = json.loads(policy["policyDocument"])
    return {
        "filterName": policy["policyName"],
        "filterPattern": document["FilterPattern"],
        "destinationArn": document["DestinationArn"],
        "policyLevel": "ACCOUNT_LEVEL_POLICY",
    }
