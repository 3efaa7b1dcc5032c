"""The end of a photo's time, without waiting for DynamoDB."""

import json
import os

import boto3

from infra.paths import ROOT
from motorpool.dynamodb import keys


def expired(photo_id: str) -> None:
    """Delete the photo's item, and tell the dispatcher as the stream tells of expired items."""
    key = keys.photo(photo_id)._asdict()
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).delete_item(Key=key)
    _, record = json.loads((ROOT / "events" / "dispatch.json").read_text())["Records"]
    record["dynamodb"]["Keys"] = {name: {"S": value} for name, value in key.items()}
    answer = boto3.client("lambda").invoke(
        FunctionName="motorpool-dispatch",
        Qualifier="live",
        Payload=json.dumps({"Records": [record]}),
    )
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}
