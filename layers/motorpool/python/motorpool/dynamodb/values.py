"""Conversion of Python values to DynamoDB's typed values and back."""

from collections.abc import Mapping
from typing import Any

# DynamoDB's smallest positive number; smaller ones are stored as 0.
SMALLEST = 1e-130

Value = dict[str, Any]


def to_values(values: Mapping[str, Any]) -> dict[str, Value]:
    """Each value as a DynamoDB value. Raises TypeError on a value that DynamoDB has no type for."""
    return {name: _to_value(value) for name, value in values.items()}


def from_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Each DynamoDB value as a Python value: numbers as int or float, lists as tuples."""
    return {name: _from_value(value) for name, value in values.items()}


def _to_value(value: Any) -> Value:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case float():
            return {"N": repr(value) if abs(value) >= SMALLEST else "0"}
        case list() | tuple():
            return {"L": [_to_value(element) for element in value]}
        case dict():
            return {"M": to_values(value)}
    raise TypeError(f"DynamoDB has no {type(value).__name__}")


def _from_value(value: Value) -> Any:
    [(kind, content)] = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return _number(content)
        case "NULL":
            return None
        case "L":
            return tuple(_from_value(element) for element in content)
        case "M":
            return from_values(content)
    raise TypeError(f"attributes of the type {kind} are not supported")


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return int(number) if number.is_integer() else number
