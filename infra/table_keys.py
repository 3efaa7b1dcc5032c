"""The table's keys, indexes and time to live, for the stack, tests and benchmarks."""

from typing import Any

from infra.spec import Index

# DynamoDB deletes an item after the time in this attribute, in seconds since 1970.
EXPIRES_AT = "expiresAt"
INDEXES: tuple[Index, ...] = ("gsi1", "gsi2")


def create_table_request(name: str) -> dict[str, Any]:
    """The parameters of CreateTable for a table like the stack's."""
    prefixes = ("", *INDEXES)
    attributes = [prefix + part for prefix in prefixes for part in ("pk", "sk")]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        "KeySchema": _key_schema(""),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _key_schema(index),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in INDEXES
        ],
    }


def _key_schema(prefix: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": f"{prefix}pk", "KeyType": "HASH"},
        {"AttributeName": f"{prefix}sk", "KeyType": "RANGE"},
    ]
