"""Conversion of entities to items and back: camelCase attributes, none for None."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Item = dict[str, Any]


@cache
def camel(name: str) -> str:
    """A name in camelCase: `owner_path` is `ownerPath`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_attributes(entity: "DataclassInstance") -> Item:
    """The fields of a dataclass as attributes, without None: conditions use attribute_exists."""
    values = {camel(field.name): getattr(entity, field.name) for field in fields(entity)}
    return {name: value for name, value in values.items() if value is not None}


def from_attributes[E: "DataclassInstance"](kind: type[E], item: Mapping[str, Any]) -> E:
    """The dataclass in an item. Attributes without a field are ignored.

    A field without an attribute gets its default, or None if it has none: items that an older
    version wrote lack the newer fields.
    """
    made = {
        field.name: item.get(camel(field.name))
        for field in fields(kind)
        if camel(field.name) in item or (field.default is field.default_factory is MISSING)
    }
    return kind(**made)
