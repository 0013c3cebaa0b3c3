"""What ministack reads past in a template, or does not take at all.

A table's time to live and backups, Fn::Join in conditions, destinations, and alarms on metric math, which are kept
and never go off.
"""

from ministack.services import cloudwatch_logs, dynamodb
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

_evaluate = engine._evaluate_conditions
_alarm = provisioners._cw_metric_alarm_record


def install() -> None:
    for module in (changesets, engine, handlers, provisioners, stacks):
        module._evaluate_conditions = evaluate_conditions
    provisioners._cw_metric_alarm_record = alarm_record
    table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    create, update = table["create"], table["update"]

    def create_table(logical_id, properties, *rest):
        created = create(logical_id, properties, *rest)
        _apply_settings(created[0], properties)
        return created

    def update_table(physical_id, old, new, *rest, **named):
        updated = update(physical_id, old, new, *rest, **named)
        _apply_settings(updated[0], new)
        return updated

    table.update(create=create_table, update=update_table)
    provisioners._RESOURCE_HANDLERS["AWS::Logs::Destination"] = {
        "create": create_destination,
        "update": lambda _physical_id, _old, new, stack, *rest, **named: create_destination("", new, stack),
        "delete": lambda name, _properties: cloudwatch_logs._destinations.pop(name, None),
    }


def alarm_record(name: str, properties: dict) -> dict:
    """An alarm; one on metric math watches a metric that does not exist, and tells by its name what it is of."""
    metrics = properties.get("Metrics")
    if not metrics:
        return _alarm(name, properties)
    (returned,) = [metric for metric in metrics if str(metric.get("ReturnData", "true")).lower() == "true"]
    plain = {key: value for key, value in properties.items() if key != "Metrics"}
    return _alarm(name, {**plain, "Namespace": "metric math", "MetricName": returned["Expression"]})


def create_destination(_logical_id: str, properties: dict, _stack: str, *_):
    """AWS::Logs::Destination: the stream behind which other accounts put their subscriptions."""
    name = properties["DestinationName"]
    request = {"destinationName": name, "targetArn": properties["TargetArn"], "roleArn": properties["RoleArn"]}
    cloudwatch_logs._put_destination({**request, "accessPolicy": properties.get("DestinationPolicy", "")})
    return name, {"Arn": cloudwatch_logs._destinations[name]["arn"]}


def evaluate_conditions(template: dict, parameters: dict) -> dict:
    """Replaces each Fn::Join over a list parameter by its value, which ministack then compares."""
    conditions = _joined(template.get("Conditions", {}), parameters)
    return _evaluate({**template, "Conditions": conditions}, parameters)


def _joined(node, parameters: dict):
    if isinstance(node, list):
        return [_joined(item, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if "Fn::Join" in node:
        delimiter, items = node["Fn::Join"]
        if isinstance(items, dict) and items.get("Ref") in parameters:
            # The value of a list parameter is its text.
            return str(parameters[items["Ref"]]["Value"]).replace(",", delimiter)
    return {name: _joined(value, parameters) for name, value in node.items()}


def _apply_settings(table: str, properties: dict) -> None:
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        specification = {"AttributeName": expiry["AttributeName"], "Enabled": _is_true(expiry["Enabled"])}
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": specification})
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery:
        specification = {"PointInTimeRecoveryEnabled": _is_true(recovery["PointInTimeRecoveryEnabled"])}
        dynamodb._update_continuous_backups({"TableName": table, "PointInTimeRecoverySpecification": specification})


def _is_true(value) -> bool:
    # CloudFormation hands booleans on as text.
    return str(value).lower() == "true"
