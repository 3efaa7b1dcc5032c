"""Items that older versions wrote (tests/upgrade) load, whatever they have no attribute for."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest

from motorpool.access.clients import Client
from motorpool.access.devices import Device
from motorpool.checkins.model import CheckIn
from motorpool.dynamodb.items import Item, camel, from_attributes
from motorpool.dynamodb.values import from_values
from motorpool.history.model import Entry
from motorpool.photos.model import Photo
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from motorpool.tenants.users import User
from motorpool.transfers.model import Transfer
from motorpool.vehicles.custody import Custody
from motorpool.vehicles.model import Vehicle
from tests.upgrade import FORMER, KINDS, VERSIONS, kind_of, written_by

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    type Entity = type[DataclassInstance]

ENTITIES: dict[str, "Entity"] = {
    "partner": Partner,
    "client": Client,
    "organization": Organization,
    "user": User,
    "vehicle": Vehicle,
    "check_in": CheckIn,
    "photo": Photo,
    "transfer": Transfer,
    "custody": Custody,
    "device": Device,
    "history": Entry,
}
# Read attribute by attribute, where they are used: tests/functions/test_upgrade.py.
READ_BY_ATTRIBUTE = {
    "phone_claim", "vin_claim", "plate_claim", "external_id_claim", "rate", "request",
    "review_entry", "origin", "in_feed", "segment", "feed_head",
}  # fmt: skip


def stored() -> Iterator[Any]:
    """Each item that is loaded as an entity, with its class."""
    for version in VERSIONS:
        for item in written_by(version):
            if entity := ENTITIES.get(kind_of(item)):
                label = f"{version} {item['pk']['S']} {item['sk']['S']}"
                # An entry of a history has the id of what it is about in its key.
                attributes = {"subjectId": item["pk"]["S"]} | from_values(item)
                yield pytest.param(entity, attributes, id=label)


every_item = pytest.mark.parametrize(("entity", "item"), list(stored()))


def may_be_none(entity: "Entity", field: Field[Any]) -> bool:
    return NoneType in get_args(get_type_hints(entity)[field.name])


def test_each_kind_of_item_was_kept_from_some_version() -> None:
    assert {kind_of(item) for version in VERSIONS for item in written_by(version)} == {
        *KINDS,
        *FORMER,
    }


def test_each_kind_of_item_is_loaded_as_an_entity_or_read_by_attribute() -> None:
    assert ENTITIES.keys() | READ_BY_ATTRIBUTE == set(KINDS)


@every_item
def test_an_item_loads_with_a_value_in_every_field_that_must_have_one(
    entity: "Entity", item: Item
) -> None:
    loaded = from_attributes(entity, item)
    required = [field.name for field in fields(entity) if not may_be_none(entity, field)]
    assert [name for name in required if getattr(loaded, name) is None] == []


@every_item
def test_an_item_without_a_field_that_may_be_absent_loads_with_its_default(
    entity: "Entity", item: Item
) -> None:
    for field in fields(entity):
        if field.default is MISSING and not may_be_none(entity, field):
            continue
        default = None if field.default is MISSING else field.default
        rest = {name: value for name, value in item.items() if name != camel(field.name)}
        assert getattr(from_attributes(entity, rest), field.name) == default
