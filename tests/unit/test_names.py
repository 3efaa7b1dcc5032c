"""A partner, an organization and a client have names of 1 to 64 printable characters."""

from collections.abc import Callable

import pytest

from motorpool.access.clients import Client
from motorpool.errors import InvalidParameters
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner

PARTNER = "ptr_" + "1" * 32

type Create = Callable[[str], Partner | Organization | Client]

each = pytest.mark.parametrize(
    "create",
    [
        Partner.create,
        lambda name: Organization.create(PARTNER, name, "Fleet"),
        lambda name: Client.create(PARTNER, name, frozenset(), secret="one", pepper=b"pepper"),
    ],
    ids=["partner", "organization", "client"],
)


@each
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must not be empty"),
        (" \t\n\u3000", "must not be empty"),
        ("x" * 65, "must have at most 64 characters"),
        ("x" * 100_000, "must have at most 64 characters"),
        ("a\nb", "must not have control characters, line breaks or direction marks"),
        ("\x1b[2J", "must not have control characters, line breaks or direction marks"),
        ("a\u202eb", "must not have control characters, line breaks or direction marks"),
        ("a\u2028b", "must not have control characters, line breaks or direction marks"),
        ("caf\udce9", "must be valid UTF-8"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_another_name_is_refused_with_the_reason(create: Create, name: str, problem: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        create(name)
    assert refused.value.problems == (("name", problem),)


@each
@pytest.mark.parametrize("name", ["x", "李" * 64, "[bold]Ünï & Söhne[/]", "\U0001f697"])
def test_a_name_is_kept_as_it_was_given(create: Create, name: str) -> None:
    assert create(name).name == name


@each
def test_the_spaces_around_a_name_are_dropped(create: Create) -> None:
    assert create("  Tested Motors\n").name == "Tested Motors"
