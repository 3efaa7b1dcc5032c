"""The operator's command line, against the same stack that serves HTTP."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from motorpool.access import client_store as clients
from motorpool.access.secret_keys import pepper
from motorpool.ids import fingerprint
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants.partners import Cadence
from tests.e2e.api import Api, a_person, becomes, refusal, until
from tests.e2e.operators import Run

ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}")
NOT_THERE = "ptr_" + "0" * 32


@pytest.fixture
def partner_id(motorpool: Run) -> str:
    partner_id = motorpool("partner", "create", "Tested Motors").strip()
    until(lambda: partner_id in [each.id for each in partners.every()])
    return partner_id


def credentials_in(printed: str) -> dict[str, str]:
    found = dict(line.split() for line in printed.splitlines() if len(line.split()) == 2)
    assert set(found) == {"partnerId", "clientId", "clientSecret"}
    return found


def valid(partner_id: str, *credentials: dict[str, str]) -> list[bool]:
    """Whether the table has each of these secrets as a valid one of its client."""
    client = clients.get(partner_id, credentials[0]["clientId"])
    return [client.accepts(each["clientSecret"], pepper()) for each in credentials]


def served(stack: dict[str, Any], credentials: dict[str, str]) -> bool:
    answer = Api(stack["partner_api"], credentials).get("/users/usr_1")
    assert refusal(answer) in {(401, "ERROR_UNAUTHORIZED"), (404, "ERROR_USER_NOT_FOUND")}
    return answer.status_code == 404


def test_a_newcomer_gets_from_nothing_to_a_user_by_three_commands(
    motorpool: Run, stack: dict[str, Any]
) -> None:
    partner_id = motorpool("partner", "create", "New Motors").strip()
    fleet = motorpool(
        "organization", "create", "Fleet", "--partner", partner_id, "--type", "Fleet"
    ).strip()
    printed = motorpool("client", "create", "Backend", "--partner", partner_id, "--home", fleet)
    credentials = credentials_in(printed)
    assert "cannot be shown again" in printed
    answer = Api(stack["partner_api"], credentials).post("/users", a_person())
    assert (answer.status_code, answer.json()["organizationId"]) == (200, fleet)


def test_partners_are_listed_with_whole_ids_in_a_narrow_window_too(
    motorpool: Run, partner_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    printed = motorpool("partner", "list")
    assert partner_id in printed
    assert "Tested Motors" in printed


def test_a_partners_check_ins_have_the_cadence_that_was_set_last(
    motorpool: Run, partner_id: str
) -> None:
    def is_listed_with(cadence: str) -> bool:
        [row] = [row for row in motorpool("partner", "list").splitlines() if partner_id in row]
        return cadence in row and "Tested Motors" in row

    until(lambda: is_listed_with("at any time"))
    every = ("--cadence-days", "30", "--opens-days-before", "5")
    printed = motorpool("partner", "settings", partner_id, *every)
    assert printed == "check-ins: every 30 days, from 5 days before\n"
    until(lambda: is_listed_with("every 30 days, from 5 days before"))
    motorpool("partner", "settings", partner_id, "--cadence-days", "7")
    assert partners.get(partner_id).cadence == Cadence(7, 0)
    motorpool("partner", "settings", partner_id, "--no-cadence")
    assert partners.get(partner_id).cadence == Cadence()
    until(lambda: is_listed_with("at any time"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "Give one of --cadence-days and --no-cadence."),
        (("--no-cadence", "--cadence-days", "7"), "Give one of --cadence-days and --no-cadence."),
        (("--opens-days-before", "7"), "Give one of --cadence-days and --no-cadence."),
        (("--cadence-days", "0"), "checkInCadenceDays: must be between 1 and 3650"),
        (("--cadence-days", "3651"), "checkInCadenceDays: must be between 1 and 3650"),
        (("--cadence-days", "-1"), "checkInCadenceDays: must be between 1 and 3650"),
        (("--cadence-days", "7", "--opens-days-before", "8"), "checkInOpensDaysBefore: must be"),
        (("--cadence-days", "7", "--opens-days-before", "-1"), "checkInOpensDaysBefore: must be"),
        (("--no-cadence", "--opens-days-before", "1"), "checkInOpensDaysBefore: must be"),
        (("--cadence-days", "weekly"), "--cadence-days"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_settings_that_cannot_be_meant_are_explained_and_change_nothing(
    motorpool: Run, partner_id: str, arguments: tuple[str, ...], error: str
) -> None:
    before = partners.get(partner_id)
    assert error in motorpool("partner", "settings", partner_id, *arguments, fails=True)
    assert partners.get(partner_id) == before


def test_of_two_operators_at_once_the_second_is_told(
    motorpool: Run, partner_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = partners.get(partner_id)
    motorpool("partner", "settings", partner_id, "--cadence-days", "30")
    monkeypatch.setattr(partners, "get", lambda _: read)
    printed = motorpool("partner", "settings", partner_id, "--cadence-days", "7", fails=True)
    assert printed == "motorpool: It changed in the meantime\n"
    monkeypatch.undo()
    assert partners.get(partner_id).cadence == Cadence(30, 0)


def test_organizations_are_nested_and_listed_below_their_parents(
    motorpool: Run, partner_id: str
) -> None:
    create = ("organization", "create")
    of = ("--partner", partner_id)
    root = motorpool(*create, "Root", *of, "--type", "Fleet").strip()
    rental = motorpool(*create, "Lender", *of, "--type", "Rental").strip()
    branch = motorpool(*create, "Twig", *of, "--type", "Fleet", "--parent", root).strip()
    leaf = motorpool(*create, "Leaf", *of, "--type", "Fleet", "--parent", branch).strip()
    paths = {
        root: root,
        rental: rental,
        branch: f"{root}/{branch}",
        leaf: f"{root}/{branch}/{leaf}",
    }

    def stored() -> dict[str, str]:
        return {each.id: each.path for each in organizations.of_partner(partner_id)}

    assert becomes(stored, paths)
    listed = motorpool("organization", "list", *of)
    places = [listed.index(f"{indent}{name}") for indent, name in
              (("", "Root"), ("  ", "Twig"), ("    ", "Leaf"))]  # fmt: skip
    assert places == sorted(places)
    assert all(id in listed for id in paths)


def test_a_client_of_an_organization_sees_that_organization_only(
    motorpool: Run, partner_id: str, stack: dict[str, Any]
) -> None:
    of = ("--partner", partner_id)
    one = motorpool("organization", "create", "One", *of, "--type", "Fleet").strip()
    two = motorpool("organization", "create", "Two", *of, "--type", "Fleet").strip()
    linked = motorpool("client", "create", "Linked", *of, "--organization", one)
    api = Api(stack["partner_api"], credentials_in(linked))
    assert api.post("/users", a_person()).json()["organizationId"] == one
    outside = api.post("/users", a_person(organizationId=two))
    assert refusal(outside) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_a_rotation_has_no_gap_and_ends_when_the_old_secret_is_revoked(
    motorpool: Run, partner_id: str, stack: dict[str, Any]
) -> None:
    of = ("--partner", partner_id)
    first = credentials_in(motorpool("client", "create", "Backend", *of))
    client_id = first["clientId"]
    second = credentials_in(motorpool("client", "rotate", client_id, *of))
    assert second["clientId"] == client_id
    assert second["clientSecret"] != first["clientSecret"]
    assert served(stack, first)
    assert served(stack, second)
    assert "valid secrets: 1" in motorpool("client", "revoke", client_id, *of, "--old")
    # The authorizer's answer to the first is still cached; the table says which are valid.
    assert valid(partner_id, first, second) == [False, True]
    assert served(stack, second)


def test_a_second_rotation_is_refused_while_two_secrets_are_valid_unless_it_is_forced(
    motorpool: Run, partner_id: str
) -> None:
    of = ("--partner", partner_id)
    first = credentials_in(motorpool("client", "create", "Backend", *of))
    rotate = ("client", "rotate", first["clientId"], *of)
    second = credentials_in(motorpool(*rotate))
    refused = motorpool(*rotate, fails=True)
    assert refused.startswith("motorpool: Two secrets of this client are valid")
    assert refused.count("\n") == 1
    assert valid(partner_id, first, second) == [True, True]
    third = credentials_in(motorpool(*rotate, "--force"))
    assert valid(partner_id, first, second, third) == [False, True, True]


def test_a_rotation_says_by_which_command_the_older_secret_becomes_invalid(
    motorpool: Run, partner_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    of = ("--partner", partner_id)
    first = credentials_in(motorpool("client", "create", "Backend", *of))
    printed = motorpool("client", "rotate", first["clientId"], *of)
    assert "stays valid until" in printed
    program, *arguments = shlex.split(printed.splitlines()[-1])
    assert program == "motorpool"
    assert arguments[-6:] == ["client", "revoke", first["clientId"], *of, "--old"]
    assert motorpool(*arguments) == "valid secrets: 1\n"
    assert valid(partner_id, first, credentials_in(printed)) == [False, True]


def test_a_rotation_after_everything_was_revoked_has_no_older_secret_to_speak_of(
    motorpool: Run, partner_id: str
) -> None:
    of = ("--partner", partner_id)
    client_id = credentials_in(motorpool("client", "create", "Backend", *of))["clientId"]
    motorpool("client", "revoke", client_id, *of, "--all")
    assert "stays valid until" not in motorpool("client", "rotate", client_id, *of)


def test_a_revoked_client_is_refused(
    motorpool: Run, partner_id: str, stack: dict[str, Any]
) -> None:
    of = ("--partner", partner_id)
    credentials = credentials_in(motorpool("client", "create", "Backend", *of))
    rotated = credentials_in(motorpool("client", "rotate", credentials["clientId"], *of))
    printed = motorpool("client", "revoke", credentials["clientId"], *of, "--all")
    assert "valid secrets: 0" in printed
    assert not served(stack, credentials)
    assert not served(stack, rotated)


def test_revoking_must_say_which_secret(motorpool: Run, partner_id: str) -> None:
    of = ("--partner", partner_id)
    client_id = credentials_in(motorpool("client", "create", "Backend", *of))["clientId"]
    assert "--old" in motorpool("client", "revoke", client_id, *of, fails=True)
    assert len(clients.get(partner_id, client_id).secret_hashes) == 1


def test_listed_clients_have_their_fingerprints_and_no_secret(
    motorpool: Run, partner_id: str
) -> None:
    of = ("--partner", partner_id)
    scope = ("--scope", "checkins.review")
    credentials = credentials_in(motorpool("client", "create", "Backend", *of, *scope))
    client_id = credentials["clientId"]
    printed = until(lambda: p if client_id in (p := motorpool("client", "list", *of)) else None)
    client = clients.get(partner_id, client_id)
    for shown in (client.id, fingerprint(client.id), "Backend", "checkins.review"):
        assert shown in printed
    for hidden in (credentials["clientSecret"], "motorpool_secret_", *client.secret_hashes):
        assert hidden not in printed


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("client", "list", "--partner", NOT_THERE), "There is no such partner"),
        (("client", "list", "--partner", "nonsense#"), "There is no such partner"),
        (("organization", "list", "--partner", NOT_THERE), "There is no such partner"),
        (("partner", "settings", NOT_THERE, "--no-cadence"), "There is no such partner"),
        (("client", "create", "X", "--partner", NOT_THERE), "There is no such partner"),
        (("client", "rotate", "cli_1", "--partner", NOT_THERE), "There is no such client"),
        (("client", "revoke", "cli_1", "--partner", "x", "--all"), "There is no such client"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
def test_a_wrong_id_is_said_in_one_line(
    motorpool: Run, arguments: tuple[str, ...], error: str
) -> None:
    assert motorpool(*arguments, fails=True) == f"motorpool: {error}\n"


NEW_FLEET = ("organization", "create", "X", "--type", "Fleet")
NOBODYS = ["", "a\nb", "\x1b[2J", "ptr_\udce9", "x" * 100_000]


@pytest.mark.parametrize("wrong", NOBODYS, ids=lambda text: ascii(text)[:20])
@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("partner", "settings", "WRONG", "--no-cadence"), "partner"),
        (("organization", "list", "--partner", "WRONG"), "partner"),
        (("client", "create", "X", "--partner", "WRONG"), "partner"),
        (("transfers", "list", "--partner", "WRONG"), "partner"),
        (("client", "rotate", "WRONG", "--partner", "OURS"), "client"),
        (("client", "create", "X", "--partner", "OURS", "--home", "WRONG"), "organization"),
        (("client", "create", "X", "--partner", "OURS", "--organization", "WRONG"), "organization"),
        (
            (*NEW_FLEET, "--partner", "OURS", "--parent", "WRONG"),
            "organization",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
def test_what_has_not_an_ids_form_is_nobodys_id(
    motorpool: Run, partner_id: str, arguments: tuple[str, ...], kind: str, wrong: str
) -> None:
    given = [{"WRONG": wrong, "OURS": partner_id}.get(each, each) for each in arguments]
    assert motorpool(*given, fails=True) == f"motorpool: There is no such {kind}\n"
    assert clients.of_partner(partner_id) == []
    assert organizations.of_partner(partner_id) == []


@pytest.mark.parametrize("scope", NOBODYS, ids=lambda text: ascii(text)[:20])
def test_a_wrong_scope_is_explained_in_few_words(
    motorpool: Run, partner_id: str, scope: str
) -> None:
    create = ("client", "create", "X", "--partner", partner_id, "--scope", scope)
    printed = motorpool(*create, fails=True)
    assert "is not one of checkins.review" in " ".join(printed.replace("│", " ").split())
    assert len(printed) < 2000
    assert clients.of_partner(partner_id) == []


@pytest.mark.parametrize("profile", ["", "a\nb", "caf\udce9", "x" * 100_000], ids=len)
def test_a_wrong_profile_is_said_in_one_line(motorpool: Run, profile: str) -> None:
    printed = motorpool("--profile", profile, "partner", "list", fails=True)
    assert printed.startswith("motorpool: no credentials for AWS: ")
    assert printed.count("\n") == 1
    assert len(printed) < 1000


def test_a_backup_that_cannot_be_written_is_said_in_one_line(
    motorpool: Run, stack: dict[str, Any], tmp_path: Path
) -> None:
    if "endpoint" not in stack:
        pytest.skip("drills are for the local stack")
    file = tmp_path / "missing" / "backup"
    printed = motorpool("drill", "restore", "--file", str(file), fails=True)
    assert printed.startswith("motorpool: the backup could not be written: ")
    assert printed.count("\n") == 1


def test_a_wrong_parent_is_said_in_one_line(motorpool: Run, partner_id: str) -> None:
    create = ("organization", "create", "X", "--partner", partner_id, "--type", "Fleet")
    missing = motorpool(*create, "--parent", "org_" + "0" * 32, fails=True)
    assert missing == "motorpool: There is no such organization\n"
    rental = motorpool(
        "organization", "create", "R", "--partner", partner_id, "--type", "Rental"
    ).strip()
    wrong = motorpool(*create, "--parent", rental, fails=True)
    assert wrong == "motorpool: parent: is a Rental organization, not a Fleet one\n"


def test_another_partners_organization_cannot_be_linked(
    motorpool: Run, partner_id: str, stack: dict[str, Any]
) -> None:
    theirs = stack["organizations"][0]["id"]
    create = ("client", "create", "X", "--partner", partner_id, "--organization", theirs)
    assert "no such organization" in motorpool(*create, fails=True)


@pytest.mark.parametrize("wrong", [("--type", "Taxi"), ("--type", "fleet"), ()])
def test_a_wrong_option_is_explained(motorpool: Run, partner_id: str, wrong: Any) -> None:
    create = ("organization", "create", "X", "--partner", partner_id)
    printed = motorpool(*create, *wrong, fails=True)
    assert "--type" in printed
    assert "Traceback" not in printed


def test_without_a_local_stack_the_operator_is_told_what_to_do(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("MOTORPOOL_STACK", str(tmp_path / "nothing.json"))
    printed = motorpool("partner", "list", fails=True)
    assert printed == (
        "motorpool: there is no local stack: start it with `make run`, or use --aws\n"
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must not be empty"),
        ("  ", "must not be empty"),
        ("a\nb", "must not have control characters, line breaks or direction marks"),
        ("\x1b[2J", "must not have control characters, line breaks or direction marks"),
        ("x" * 100_000, "must have at most 64 characters"),
        # What Python makes of an argument that is not UTF-8.
        ("caf\udce9", "must be valid UTF-8"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_a_wrong_name_is_said_in_one_line_and_nothing_is_created(
    motorpool: Run, partner_id: str, name: str, problem: str
) -> None:
    of = ("--partner", partner_id)
    before = partners.every()
    for create in (
        ("partner", "create", name),
        ("organization", "create", name, *of, "--type", "Fleet"),
        ("client", "create", name, *of),
    ):
        assert motorpool(*create, fails=True) == f"motorpool: name: {problem}\n"
    assert partners.every() == before
    assert organizations.of_partner(partner_id) == []
    assert clients.of_partner(partner_id) == []


def test_a_partners_name_may_be_anything_printable(motorpool: Run) -> None:
    partner_id = motorpool("partner", "create", "[bold]Ünï & Söhne[/] 李").strip()
    assert ID.fullmatch(partner_id)
    until(lambda: "[bold]Ünï & Söhne[/] 李" in motorpool("partner", "list"))
