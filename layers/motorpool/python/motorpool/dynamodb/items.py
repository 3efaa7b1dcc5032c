"""Entities as items and back: fields in camelCase, absent where None."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Item = dict[str, Any]


@cache
def camel(name: str) -> str:
    """`owner_path` as `ownerPath`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_attributes(entity: "DataclassInstance") -> Item:
    """The fields of a dataclass as attributes; None is left out, so that conditions can ask."""
    values = {camel(field.name): getattr(entity, field.name) for field in fields(entity)}
    return {name: value for name, value in values.items() if value is not None}


def from_attributes[E: "DataclassInstance"](kind: type[E], item: Mapping[str, Any]) -> E:
    """The dataclass that `to_attributes` made the item from; attributes of no field are ignored.

    An item that an older version wrote has no attribute for a newer field: the field's default
    counts. A field without a default is None.
    """
    made = {
        field.name: item.get(camel(field.name))
        for field in fields(kind)
        if camel(field.name) in item or (field.default is field.default_factory is MISSING)
    }
    return kind(**made)
