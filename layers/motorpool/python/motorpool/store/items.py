"""Entities as items and back: fields in camelCase, absent where None."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Item = dict[str, Any]

# DynamoDB's smallest positive number is 1E-130; boto3 refuses those below this one.
SMALLEST = 1e-128


def camel(name: str) -> str:
    """`owner_path` as `ownerPath`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_attributes(entity: "DataclassInstance") -> Item:
    """The fields of a dataclass as attributes; None is left out, so that conditions can ask."""
    values = {camel(field.name): getattr(entity, field.name) for field in fields(entity)}
    return {name: _storable(value) for name, value in values.items() if value is not None}


def from_attributes[E: "DataclassInstance"](kind: type[E], item: Mapping[str, Any]) -> E:
    """The dataclass that `to_attributes` made the item from; attributes of no field are ignored."""
    made = {
        field.name: _plain(item[camel(field.name)]) if camel(field.name) in item else None
        for field in fields(kind)
    }
    return kind(**made)


def _storable(value: Any) -> Any:
    """DynamoDB has no binary fractions, so a float is stored as the decimal it is written as.

    What is nearer to zero than its numbers can be is zero.
    """
    if not isinstance(value, float):
        return value
    return Decimal(repr(value)) if abs(value) >= SMALLEST else Decimal(0)


def _plain(value: Any) -> Any:
    """DynamoDB's numbers as int or float, its lists as tuples."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return tuple(_plain(element) for element in value)
        case _:
            return value
