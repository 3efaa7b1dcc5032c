"""The table's keys and indexes: for the stack, and for tests and benchmarks that make a table."""

from typing import Any

from infra.spec import Index

INDEXES: tuple[Index, ...] = ("gsi1", "gsi2")


def create_table_request(name: str) -> dict[str, Any]:
    """The parameters of DynamoDB's CreateTable for an empty table as the stack has it."""
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
