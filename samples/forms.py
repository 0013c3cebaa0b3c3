"""The forms in which logs reach a reader: deliveries, a Kinesis batch, what the AWS CLI prints."""

import base64
import json
import struct
import zlib

from lambda_logs import compact, hexes

ACCOUNT = "210987654321"
REGION = "eu-central-1"


def gzip(data):
    """Gzip without a time and without what differs from one Python to another."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + struct.pack("<II", zlib.crc32(data), len(data))


def packed(document):
    return base64.b64encode(gzip(compact(document).encode())).decode()


def deliveries(rng, environments):
    """Splits each stream as CloudWatch Logs might, and returns the documents in the order of arrival."""
    arrivals = []
    for env in environments:
        rest = env.events
        while rest:
            limit = min(len(rest), rng.randint(1, 30))
            size = next((n for n in range(1, limit)
                         if rest[n]["timestamp"] - rest[n - 1]["timestamp"] > 150_000), limit)
            batch, rest = rest[:size], rest[size:]
            arrivals.append((batch[-1]["timestamp"] + rng.randint(300, 9000), env.name, {
                "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": env.group, "logStream": env.stream,
                "subscriptionFilters": ["lamplight"], "logEvents": batch}))
    arrivals.sort(key=lambda arrival: arrival[:2])
    return [document for _, _, document in arrivals]


def control_message(rng, at):
    text = "CWL CONTROL MESSAGE: Checking health of destination Lambda function."
    event = {"id": str((at << 144) | rng.getrandbits(144)), "timestamp": at, "message": text}
    return {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
            "subscriptionFilters": [], "logEvents": [event]}


def repeat_one(documents):
    """Delivers one of them a second time, nine deliveries later."""
    documents.insert(len(documents) // 3 + 9, documents[len(documents) // 3])


def deliveries_file(documents):
    return "".join(compact({"awslogs": {"data": packed(document)}}) + "\n" for document in documents)


def kinesis_batch(rng, documents):
    records = []
    for document in documents:
        sequence = "4966" + str(rng.getrandbits(174)).zfill(52)[-52:]
        records.append({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": hexes(rng, 32),
                "sequenceNumber": sequence,
                "data": packed({**document, "policyLevel": "ACCOUNT_LEVEL_POLICY"}),
                "approximateArrivalTimestamp": document["logEvents"][-1]["timestamp"] / 1000 + 2.5,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000001:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/lantern-books-logs",
            "awsRegion": REGION,
            "eventSourceARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/lantern-books-logs",
        })
    return json.dumps({"Records": records}, indent=2) + "\n"


def filter_log_events(rng, environments):
    """What `aws logs filter-log-events` prints: it names the stream, not the group."""
    events = [{"logStreamName": env.stream, "timestamp": event["timestamp"], "message": event["message"],
               "ingestionTime": event["timestamp"] + rng.randint(200, 5000), "eventId": event["id"]}
              for env in environments for event in env.events]
    events.sort(key=lambda event: (event["timestamp"], event["eventId"]))
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=4, ensure_ascii=False) + "\n"


def events_by_line(environments):
    lines = sorted((event["timestamp"], env.stream, compact({
        "logGroup": env.group, "logStream": env.stream, "timestamp": event["timestamp"],
        "message": event["message"]})) for env in environments for event in env.events)
    return "".join(line + "\n" for _, _, line in lines)


def write_logs(folder, files):
    """Writes files by name; what is a text is written alike on every system."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
