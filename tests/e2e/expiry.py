"""The end of a photo's time, without waiting for DynamoDB."""

import json
import os

import boto3

from infra.paths import ROOT
from motorpool.dynamodb import keys


def expired(photo_id: str) -> None:
    """Delete the photo's item, and tell its function as the stream tells of expired items."""
    key = keys.photo(photo_id)._asdict()
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).delete_item(Key=key)
    event = json.loads((ROOT / "events" / "forget_photo.json").read_text())
    event["Records"][0]["dynamodb"]["Keys"] = {n: {"S": value} for n, value in key.items()}
    answer = boto3.client("lambda").invoke(
        FunctionName="motorpool-forget_photo", Qualifier="live", Payload=json.dumps(event)
    )
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}
