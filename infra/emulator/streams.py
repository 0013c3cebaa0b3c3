"""From a Kinesis stream to a function, one batch of a shard after the other.

ministack hands a failed batch over without end. Here a batch comes again from the first record on that the function
reports, a batch that fails as a whole is halved, and what has used up its retries or its time goes to the OnFailure
bucket, after which the shard moves on.
"""

import json
import time
from dataclasses import dataclass

import failures
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import kinesis, lambda_svc


@dataclass
class Position:
    """How far a mapping has come in a shard."""

    # Sequence numbers compare as text. The last record that is done with; the end of the batch that is tried again.
    done: str = ""
    retried_to: str = ""
    failed: int = 0
    rests_until: float = 0.0


def install() -> None:
    lambda_svc._poll_kinesis = poll


def poll() -> bool:
    """One look at every mapping; true if anything went on."""
    moved = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        if ":kinesis:" not in mapping.get("EventSourceArn", "") or not mapping.get("Enabled", True):
            continue
        with request_scope(account, region):
            stream = kinesis._resolve_stream_by_arn(mapping["EventSourceArn"])
            function = lambda_svc._functions.get(mapping["FunctionName"])
            if stream and function:
                moved = any([_advance(mapping, function, *shard) for shard in stream["shards"].items()]) or moved
    return moved


def _advance(mapping: dict, function: dict, shard_id: str, shard: dict) -> bool:
    positions = lambda_svc._kinesis_positions.setdefault(mapping["UUID"], {})
    position = positions.setdefault(shard_id, Position())
    batch = _next_batch(mapping, shard["records"], position)
    if not batch or time.time() < position.rests_until:
        return False
    result = lambda_svc._execute_function(function, {"Records": [_event(mapping, shard_id, item) for item in batch]})
    first = _first_failure(mapping, batch, result)
    if first is None:
        _done(position, batch)
        return True
    if first:
        _done(position, batch[:first])
    _fail(mapping, function, shard_id, position, batch[first:], result)
    return first > 0


def _next_batch(mapping: dict, records: list, position: Position) -> list:
    waiting = [record for record in list(records) if record["SequenceNumber"] > position.done]
    if position.retried_to:
        waiting = [record for record in waiting if record["SequenceNumber"] <= position.retried_to]
    return waiting[: int(mapping.get("BatchSize", 100))]


def _first_failure(mapping: dict, batch: list, result: dict):
    """Where in the batch to go on, None when all of it is done."""
    if result.get("error"):
        return 0
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return None
    body = result.get("body") or {}
    answer = json.loads(body) if isinstance(body, (str, bytes)) else body
    failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or []}
    return next((index for index, record in enumerate(batch) if record["SequenceNumber"] in failed), None)


def _done(position: Position, batch: list) -> None:
    position.done = batch[-1]["SequenceNumber"]
    if position.done >= position.retried_to:
        position.retried_to = ""
    position.failed, position.rests_until = 0, 0.0


def _fail(mapping: dict, function: dict, shard_id: str, position: Position, batch: list, result: dict) -> None:
    halves = str(mapping.get("BisectBatchOnFunctionError")).lower() == "true"
    if halves and len(batch) > 1 and result.get("error"):
        # Halving uses up no retry.
        position.retried_to = batch[len(batch) // 2 - 1]["SequenceNumber"]
        return
    position.retried_to = batch[-1]["SequenceNumber"]
    position.failed += 1
    condition = _given_up(mapping, position, batch)
    if condition:
        _keep(mapping, function, shard_id, batch, condition, position.failed, result)
        _done(position, batch)
    else:
        position.rests_until = time.time() + lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS


def _given_up(mapping: dict, position: Position, batch: list) -> str:
    retries = int(mapping.get("MaximumRetryAttempts", -1))
    if 0 <= retries < position.failed:
        return "RetryAttemptsExhausted"
    age = int(mapping.get("MaximumRecordAgeInSeconds", -1))
    if 0 < age < time.time() - batch[0]["ApproximateArrivalTimestamp"]:
        return "MaxRecordAgeExceeded"
    return ""


def _keep(mapping: dict, function: dict, shard_id: str, batch: list, condition: str, attempts: int, result: dict):
    target = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or ""
    if not target.startswith("arn:aws:s3:::"):
        return
    record = failures.invocation_record(function, condition, attempts, result)
    record["KinesisBatchInfo"] = {
        "shardId": shard_id,
        "startSequenceNumber": batch[0]["SequenceNumber"],
        "endSequenceNumber": batch[-1]["SequenceNumber"],
        "approximateArrivalOfFirstRecord": _moment(batch[0]),
        "approximateArrivalOfLastRecord": _moment(batch[-1]),
        "batchSize": len(batch),
        "streamArn": mapping["EventSourceArn"],
    }
    # Text within the JSON, as Lambda writes it.
    record["payload"] = json.dumps({"Records": [_event(mapping, shard_id, item) for item in batch]})
    failures.store(target, f"{mapping['UUID']}/{shard_id}", record)


def _moment(record: dict) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record["ApproximateArrivalTimestamp"]))


def _event(mapping: dict, shard_id: str, record: dict) -> dict:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": record["Data"],
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{get_account_id()}:role/parser",
        "awsRegion": get_region(),
        "eventSourceARN": mapping["EventSourceArn"],
    }
