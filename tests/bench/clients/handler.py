"""One read and one refused transaction, by the client that the variable CLIENT names."""

import os
from functools import cache
from typing import Any

FREE = "attribute_not_exists(pk)"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The item with the event's key, or how the client tells of a transaction that is refused."""
    get, refused = CLIENTS[os.environ["CLIENT"]]
    if "refused" in event:
        return {"told": refused(event["refused"], event["free"])}
    return {"item": get(event["key"])}


def get_by_motorpool(key: dict[str, str]) -> dict[str, Any]:
    """The item, as the functions read it."""
    from motorpool.store import table

    return table.get(table.Key(**key)) or {}


def get_by_boto3(key: dict[str, str]) -> dict[str, Any]:
    """The item."""
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

    serialized = {name: TypeSerializer().serialize(value) for name, value in key.items()}
    answer = boto3_client().get_item(
        TableName=os.environ["TABLE_NAME"], Key=serialized, ConsistentRead=True
    )
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in answer["Item"].items()}


def get_by_pydynox(key: dict[str, str]) -> dict[str, Any]:
    """The item."""
    item: dict[str, Any] = pydynox_client().sync_get_item(
        os.environ["TABLE_NAME"], key, consistent_read=True
    )
    return item


def refused_by_motorpool(taken: dict[str, str], free: dict[str, str]) -> dict[str, Any]:
    """What is known of a transaction whose second part is refused."""
    from motorpool.aws.service import AwsError
    from motorpool.store import table

    try:
        table.DYNAMODB.call("TransactWriteItems", TransactItems=_puts(free, taken))
    except AwsError as error:
        return _told(error.code, error.answer.get("CancellationReasons", []))
    return {"error": None}


def refused_by_boto3(taken: dict[str, str], free: dict[str, str]) -> dict[str, Any]:
    """The same by boto3."""
    from botocore.exceptions import ClientError

    try:
        boto3_client().transact_write_items(TransactItems=_puts(free, taken))
    except ClientError as error:
        reasons: list[Any] = list(error.response.get("CancellationReasons", []))
        return _told(error.response["Error"].get("Code"), reasons)
    return {"error": None}


def _puts(*items: dict[str, str]) -> list[Any]:
    return [
        {
            "Put": {
                "TableName": os.environ["TABLE_NAME"],
                "Item": {name: {"S": value} for name, value in item.items()},
                "ConditionExpression": FREE,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for item in items
    ]


def _told(code: str | None, reasons: list[Any]) -> dict[str, Any]:
    return {
        "error": code,
        "codes": [reason.get("Code") for reason in reasons],
        "item": any(reason.get("Item") for reason in reasons),
    }


def refused_by_pydynox(taken: dict[str, str], free: dict[str, str]) -> dict[str, Any]:
    """The same of the other client: whatever its exception holds."""
    operations = [
        {
            "type": "put",
            "table": os.environ["TABLE_NAME"],
            "item": item,
            "condition_expression": FREE,
            "return_values_on_condition_check_failure": "ALL_OLD",
        }
        for item in (free, taken)
    ]
    try:
        pydynox_client().sync_transact_write(operations)
    except Exception as error:
        known = {name: repr(getattr(error, name)) for name in dir(error) if name[0] != "_"}
        return {
            "error": type(error).__name__,
            "text": str(error),
            "codes": known.get("cancellation_reasons") or known.get("reasons"),
            "item": any("vehicleId" in value for value in known.values()),
            "attributes": sorted(set(known) - set(dir(Exception))),
        }
    return {"error": None}


@cache
def boto3_client() -> Any:
    """Made on first use."""
    import boto3

    return boto3.client("dynamodb")


@cache
def pydynox_client() -> Any:
    """Made on first use."""
    from pydynox import DynamoDBClient  # type: ignore[import-not-found]  # no layer has it

    return DynamoDBClient(
        region=os.environ["AWS_REGION"], endpoint_url=os.environ["AWS_ENDPOINT_URL"]
    )


CLIENTS = {
    "boto3": (get_by_boto3, refused_by_boto3),
    "pydynox": (get_by_pydynox, refused_by_pydynox),
    "motorpool": (get_by_motorpool, refused_by_motorpool),
}
