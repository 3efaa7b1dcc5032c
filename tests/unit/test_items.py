"""Entities become items and the same entities again."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.access.clients import Client
from motorpool.access.scopes import ALL_SCOPES
from motorpool.dynamodb.items import camel, from_attributes, to_attributes
from motorpool.dynamodb.values import from_values, to_values
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle

# The table cannot hold a lone surrogate; no model lets one through.
TEXT = st.text(st.characters(codec="utf-8"))
TIME = st.integers(0, 2**47)

CLIENTS = st.builds(
    Client,
    id=TEXT,
    partner_id=TEXT,
    name=TEXT,
    org_id=st.none() | TEXT,
    org_path=TEXT,
    scopes=st.lists(st.sampled_from(sorted(ALL_SCOPES)), unique=True).map(tuple),
    secret_hashes=st.lists(TEXT, max_size=2).map(tuple),
    created=TIME,
    updated=TIME,
)


def in_the_table(item: dict[str, Any]) -> dict[str, Any]:
    """What comes back from DynamoDB of an item that was put there."""
    return from_values(to_values(item))


@given(
    CLIENTS
    | st.builds(Partner, id=TEXT, name=TEXT, created=TIME)
    | st.builds(
        Organization,
        id=TEXT,
        partner_id=TEXT,
        name=TEXT,
        supplier_type=st.sampled_from(["Fleet", "Rental"]),
        path=TEXT,
        created=TIME,
    )
    | st.from_type(User).filter(lambda user: _storable(user))
    | st.from_type(Vehicle).filter(lambda vehicle: _storable(vehicle))
)
def test_an_entity_comes_back_as_it_was_stored(entity: Any) -> None:
    assert from_attributes(type(entity), in_the_table(to_attributes(entity))) == entity


def _storable(entity: Any) -> bool:
    values = [getattr(entity, field.name) for field in fields(entity)]
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return all(text.isprintable() for text in texts) and all(abs(n) < 10**38 for n in numbers)


def test_none_is_left_out_so_that_conditions_can_ask(caller: Any) -> None:
    @dataclass
    class Thing:
        owner_id: str | None
        pending_transfer_id: str | None

    assert to_attributes(Thing("o", None)) == {"ownerId": "o"}
    assert from_attributes(Thing, {"ownerId": "o"}) == Thing("o", None)


def test_attributes_of_no_field_are_ignored() -> None:
    partner = Partner(id="p", name="n", created=1)
    item = to_attributes(partner) | {"pk": "PARTNER#p", "gsi1pk": "PARTNERS", "expiresAt": 5}
    assert from_attributes(Partner, item) == partner


def test_false_zero_and_empty_text_are_values(fleet: Organization) -> None:
    item = to_attributes(replace(fleet, name="", created=0))
    assert item["name"] == ""
    assert item["created"] == 0


@pytest.mark.parametrize(
    ("name", "attribute"), [("id", "id"), ("owner_path", "ownerPath"), ("a_b_c", "aBC")]
)
def test_fields_are_attributes_in_camel_case(name: str, attribute: str) -> None:
    assert camel(name) == attribute


def test_an_item_of_an_older_version_has_the_defaults_of_newer_fields() -> None:
    @dataclass
    class Thing:
        owner_id: str
        color: str | None
        custody_number: int = 1
        tags: tuple[str, ...] = field(default_factory=tuple)

    assert from_attributes(Thing, {"ownerId": "o"}) == Thing("o", None, 1, ())
