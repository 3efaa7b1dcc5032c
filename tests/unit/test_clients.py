"""Client secrets: shown once, two valid at a time, compared without telling how much was right."""

import hmac
from dataclasses import replace

import pytest

from motorpool.access.clients import Client, new_secret, secret_hash
from motorpool.access.scopes import ALL_SCOPES
from motorpool.errors import InvalidParameters, RotationNotFinished
from motorpool.ids import fingerprint
from motorpool.tenants.organizations import Organization

PARTNER = "ptr_" + "1" * 32
PEPPER = b"pepper"


def admitted(
    secret: str, linked_to: Organization | None = None, home: Organization | None = None
) -> Client:
    return Client.create(
        PARTNER,
        "A client",
        ALL_SCOPES,
        secret=secret,
        pepper=PEPPER,
        linked_to=linked_to,
        home=home,
    )


def test_a_secret_is_256_random_bits_behind_a_prefix_that_scanners_know() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("motorpool_secret_") and len(secret) == 60 for secret in made)


def test_a_client_accepts_its_secret_and_no_other() -> None:
    client = admitted("right")
    assert client.accepts("right", PEPPER)
    for wrong in ("", "righ", "right ", "Right", "\ud800", client.secret_hashes[0]):
        assert not client.accepts(wrong, PEPPER)


def test_nothing_of_the_secret_is_kept_and_the_hash_depends_on_the_pepper() -> None:
    secret = new_secret()
    client = admitted(secret)
    assert secret not in repr(client)
    assert not client.accepts(secret, b"another pepper")
    assert secret_hash(secret, PEPPER) != secret_hash(secret, b"another pepper")


def test_a_rotated_client_accepts_the_new_secret_and_the_one_before() -> None:
    client = admitted("first").with_new_secret("second", PEPPER)
    assert client.accepts("first", PEPPER)
    assert client.accepts("second", PEPPER)


def test_while_two_secrets_are_valid_a_third_is_refused() -> None:
    rotated = admitted("first").with_new_secret("second", PEPPER)
    with pytest.raises(RotationNotFinished, match="revoke the older one first"):
        rotated.with_new_secret("third", PEPPER)
    assert rotated.without_old_secret().with_new_secret("third", PEPPER).accepts("third", PEPPER)


def test_a_forced_third_secret_makes_the_first_invalid() -> None:
    rotated = admitted("first").with_new_secret("second", PEPPER)
    client = rotated.with_new_secret("third", PEPPER, force=True)
    assert [client.accepts(s, PEPPER) for s in ("first", "second", "third")] == [False, True, True]
    assert len(client.secret_hashes) == 2


def test_the_end_of_a_rotation_leaves_only_the_newest_secret() -> None:
    client = admitted("first").with_new_secret("second", PEPPER).without_old_secret()
    assert not client.accepts("first", PEPPER)
    assert client.accepts("second", PEPPER)
    assert client.without_old_secret().accepts("second", PEPPER)


def test_a_revoked_client_accepts_nothing_until_it_gets_a_new_secret() -> None:
    client = admitted("first").with_new_secret("second", PEPPER).revoked()
    assert not client.accepts("first", PEPPER)
    assert not client.accepts("second", PEPPER)
    again = client.with_new_secret("third", PEPPER)
    assert again.accepts("third", PEPPER)
    assert not again.accepts("second", PEPPER)


@pytest.mark.parametrize("offered", ["newest", "older", "wrong"])
def test_every_known_hash_is_compared_whichever_of_them_matches(
    monkeypatch: pytest.MonkeyPatch, offered: str
) -> None:
    client = admitted("older").with_new_secret("newest", PEPPER)
    compared = []
    in_constant_time = hmac.compare_digest

    def counted(left: str, right: str) -> bool:
        compared.append((left, right))
        return in_constant_time(left, right)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    client.accepts(offered, PEPPER)
    assert len(compared) == 2


def test_a_linked_client_sees_its_organization_and_puts_users_there(fleet: Organization) -> None:
    branch = Organization.create(PARTNER, "Branch", "Fleet", fleet)
    client = admitted("secret", linked_to=branch)
    assert (client.org_id, client.org_path) == (branch.id, f"{fleet.id}/{branch.id}")


def test_a_client_of_the_whole_partner_may_have_a_home_for_its_users(fleet: Organization) -> None:
    client = admitted("secret", home=fleet)
    assert (client.org_id, client.org_path) == (fleet.id, "")
    assert admitted("secret").org_id is None


def test_a_client_cannot_be_linked_to_another_partners_organization(fleet: Organization) -> None:
    theirs = replace(fleet, partner_id="ptr_" + "9" * 32)
    with pytest.raises(InvalidParameters, match="organization: belongs to another partner"):
        admitted("secret", linked_to=theirs)
    with pytest.raises(InvalidParameters, match="home: belongs to another partner"):
        admitted("secret", home=theirs)


def test_log_lines_name_a_client_without_its_id() -> None:
    assert len(fingerprint("cli_" + "2" * 32)) == 12
    assert fingerprint("cli_" + "2" * 32) not in "cli_" + "2" * 32
    assert fingerprint("cli_" + "2" * 32) != fingerprint("cli_" + "3" * 32)
