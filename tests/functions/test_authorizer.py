"""Who is calling is told by three headers, in one read; everybody else is refused."""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.exceptions import EndpointConnectionError

from infra.local.world import World
from motorpool import telemetry
from motorpool.access import client_store as clients
from motorpool.access import secret_keys
from motorpool.access.callers import Caller, usage_key
from motorpool.access.clients import secret_hash
from motorpool.access.devices import Device
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.secret_keys import pepper, token_key
from motorpool.access.tokens import Token, secret_mark
from motorpool.dynamodb import table
from motorpool.errors import Unavailable
from motorpool.ids import fingerprint
from motorpool.tenants.organizations import Organization
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of
from tests.functions.wire import calls_counted

STAGE = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/api"


@pytest.fixture
def root() -> Organization:
    """A partner with a root fleet and the client that the event has."""
    world.partner()
    root = world.organization()
    world.client(home=root)
    return root


def asked(**headers: Any) -> dict[str, Any]:
    """The recorded event with other headers; None takes one away."""
    recorded = event("authorizer")
    for name, value in headers.items():
        for key in [key for key in recorded["multiValueHeaders"] if key.lower() == name.lower()]:
            del recorded["headers"][key], recorded["multiValueHeaders"][key]
        if value is not None:
            values = value if isinstance(value, list) else [value]
            recorded["headers"][name] = values[-1] if values else ""
            recorded["multiValueHeaders"][name] = values
    return recorded


def answer(given: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = handler_of("authorizer")(given, None)
    return policy


def allowed(given: dict[str, Any]) -> bool:
    [statement] = answer(given)["policyDocument"]["Statement"]
    effect: str = statement["Effect"]
    assert effect in {"Allow", "Deny"}
    return effect == "Allow"


def test_a_clients_policy_covers_the_whole_stage(root: Organization) -> None:
    policy = answer(event("authorizer"))
    assert policy["principalId"] == world.CLIENT
    assert policy["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{STAGE}/*"}
        ],
    }


def test_the_context_says_who_is_calling_in_strings(root: Organization) -> None:
    assert answer(event("authorizer"))["context"] == {
        "partnerId": world.PARTNER,
        "clientId": world.CLIENT,
        "orgId": root.id,
        "orgPath": "",
        "scopes": " ".join(sorted(ALL_SCOPES)),
        "client": fingerprint(world.CLIENT),
    }


def test_a_linked_clients_context_has_its_subtree(root: Organization) -> None:
    branch = world.organization("org_" + "b" * 32, parent=root)
    linked = world.client("cli_" + "b" * 32, linked_to=branch)
    context = answer(asked(clientId=linked.id))["context"]
    assert (context["orgId"], context["orgPath"]) == (branch.id, f"{root.id}/{branch.id}")
    sent = Caller.from_context(context, "a request")
    assert sent == replace(linked.as_caller(), request_id="a request")


def test_one_read_is_enough(root: Organization) -> None:
    with calls_counted() as calls:
        assert allowed(event("authorizer"))
    assert calls == ["BatchGetItem"]


def test_header_names_are_matched_in_any_case(root: Organization) -> None:
    recorded = event("authorizer")
    for change in (str.lower, str.upper, str.title):
        headers = {change(name): value for name, value in recorded["multiValueHeaders"].items()}
        assert allowed(recorded | {"multiValueHeaders": headers})


@pytest.mark.parametrize("header", ["partnerId", "clientId", "clientSecret"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "wrong",
        [],
        "\0",
        "é",
        "\ud800",
        "x" * 10_000,
        "cli_" + "9" * 32,
        "ptr_" + "9" * 32,
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_missing_or_wrong_header_is_refused(root: Organization, header: str, value: Any) -> None:
    policy = answer(asked(**{header: value}))
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert policy["context"].keys() <= {"client"}
    assert policy["principalId"] == "nobody"


def test_an_allowed_client_has_its_own_share_of_the_usage_plan(root: Organization) -> None:
    key = answer(event("authorizer"))["usageIdentifierKey"]
    other = world.client("cli_" + "b" * 32, home=root)

    # What API Gateway accepts as the value of an API key: letters and digits, 20 to 128.
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert key == usage_key(world.CLIENT) != answer(asked(clientId=other.id))["usageIdentifierKey"]
    assert fingerprint(world.CLIENT) not in key
    assert world.CLIENT.removeprefix("cli_") not in key


def test_whoever_is_refused_uses_nobodys_share(root: Organization) -> None:
    assert "usageIdentifierKey" not in answer(asked(clientSecret="wrong"))


def test_of_a_refused_caller_the_access_log_gets_the_client_that_it_claims_to_be(
    root: Organization,
) -> None:
    refused = answer(asked(clientSecret="wrong"))["context"]
    assert refused == {"client": fingerprint(world.CLIENT)}


@pytest.mark.parametrize("claimed", [None, "", "hunter2", "usr_" + "0" * 32, "cli_0"])
def test_the_access_log_gets_no_digest_of_what_may_be_a_password(
    root: Organization, claimed: str | None
) -> None:
    assert answer(asked(clientId=claimed))["context"] == {}


@pytest.mark.parametrize("header", ["partnerId", "clientId", "clientSecret"])
def test_a_header_given_twice_is_nobodys_even_with_the_same_value(
    root: Organization, header: str
) -> None:
    [value] = event("authorizer")["multiValueHeaders"][header]
    assert not allowed(asked(**{header: [value, value]}))
    twice = event("authorizer")
    twice["multiValueHeaders"][header.upper()] = [value]
    assert not allowed(twice)


def test_a_request_without_any_header_is_refused(root: Organization) -> None:
    assert not allowed(event("authorizer") | {"headers": None, "multiValueHeaders": None})


def test_another_partners_id_does_not_go_with_the_clients(root: Organization) -> None:
    world.partner(world.OTHER_PARTNER)
    assert not allowed(asked(partnerId=world.OTHER_PARTNER))


def test_while_a_secret_is_rotated_both_are_accepted_and_then_the_new_one_only(
    root: Organization,
) -> None:
    read = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(read, read.with_new_secret("the-new-one", pepper())))
    assert allowed(event("authorizer"))
    assert allowed(asked(clientSecret="the-new-one"))
    read = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(read, read.without_old_secret()))
    assert not allowed(event("authorizer"))
    assert allowed(asked(clientSecret="the-new-one"))


def test_a_revoked_client_is_refused(root: Organization) -> None:
    read = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(read, read.revoked()))
    assert not allowed(event("authorizer"))


def test_a_hash_from_the_table_is_no_secret(root: Organization) -> None:
    [known] = clients.get(world.PARTNER, world.CLIENT).secret_hashes
    assert not allowed(asked(clientSecret=known))


def test_the_supplier_apis_stage_is_covered_alike(root: Organization) -> None:
    arn = "arn:aws:execute-api:us-east-1:123456789012:z9y8x7/v1/GET/vehicle-suppliers/vehicles/a"
    [statement] = answer(event("authorizer") | {"methodArn": arn})["policyDocument"]["Statement"]
    assert statement["Resource"] == arn.partition("/v1/")[0] + "/v1/*"


def test_nothing_of_the_credentials_is_logged(
    root: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(event("authorizer"))
    answer(asked(clientSecret="wrong-secret"))
    printed = "".join(capsys.readouterr())
    for value in (world.PARTNER, world.CLIENT, world.SECRET, "wrong-secret"):
        assert value not in printed


@pytest.mark.parametrize(
    "header", ["", "Bearer x.y.z", "Basic abc", ["Bearer a", "Bearer b"]], ids=str
)
def test_the_partner_api_ignores_an_authorization_header(root: Organization, header: Any) -> None:
    # A refusal is cached under the three headers: it would lock their owner out for a minute.
    values = header if isinstance(header, list) else [header]
    assert allowed(asked(Authorization=values))


# Bearer tokens, on the supplier API

SUPPLIER = "arn:aws:execute-api:us-east-1:123456789012:z9y8x7/v1/GET/vehicle-suppliers/vehicles/a"


def bearing(token: str | list[str], **headers: Any) -> dict[str, Any]:
    """A request to the supplier API with that token, and without the three headers."""
    values = [token] if isinstance(token, str) else token
    nobody = {"partnerId": None, "clientId": None, "clientSecret": None}
    authorization = [f"Bearer {value}" for value in values]
    return asked(**nobody | headers | {"Authorization": authorization}) | {"methodArn": SUPPLIER}


def token(client_id: str = world.CLIENT, *scopes: str, secret: str = world.SECRET) -> str:
    """A token that was got with a secret of the client's."""
    mark = secret_mark(secret_hash(secret, pepper()))
    return Token(client_id, mark, frozenset(scopes)).signed(token_key())


READ = "vehicle_suppliers.vehicles.read"


def test_a_token_is_its_client_with_its_scopes_in_one_read(root: Organization) -> None:
    with calls_counted() as calls:
        policy = answer(bearing(token(world.CLIENT, READ)))
    assert calls == ["GetItem"]
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert policy["principalId"] == world.CLIENT
    assert policy["context"] == {
        "partnerId": world.PARTNER,
        "clientId": world.CLIENT,
        "orgId": root.id,
        "orgPath": "",
        "scopes": READ,
        "client": fingerprint(world.CLIENT),
    }


def test_a_token_has_no_scope_that_its_client_has_not(root: Organization) -> None:
    context = answer(bearing(token(world.CLIENT, READ, "unheard.of")))["context"]
    assert context["scopes"] == READ


def test_a_token_is_nobodys_beside_other_credentials_twice_or_on_the_partner_api(
    root: Organization,
) -> None:
    good = token(world.CLIENT, READ)
    assert allowed(bearing(good))
    assert not allowed(bearing([good, good]))
    for header in ("partnerId", "clientId", "clientSecret"):
        assert not allowed(bearing(good, **{header: "x"}))
    assert not allowed(asked(Authorization=f"Bearer {good}") | {"methodArn": SUPPLIER})
    partner_arn = event("authorizer")["methodArn"]
    assert not allowed(bearing(good) | {"methodArn": partner_arn})


@pytest.mark.parametrize("bad", ["", "x", "a.b.c", "\ud800", "x" * 10_000, "Basic abc"])
def test_what_is_no_token_is_refused_without_a_read(root: Organization, bad: str) -> None:
    with calls_counted() as calls:
        assert not allowed(bearing(bad))
    assert calls == []


@pytest.mark.parametrize("scheme", ["Basic", "Token", "", "Bearer:"])
def test_a_token_in_another_scheme_is_refused_without_a_read(
    root: Organization, scheme: str
) -> None:
    request = bearing([])
    request["multiValueHeaders"]["Authorization"] = [f"{scheme} {token(world.CLIENT, READ)}"]
    with calls_counted() as calls:
        assert not allowed(request)
    assert calls == []


def test_a_token_falls_with_the_secret_it_was_got_with(root: Organization) -> None:
    assert not allowed(bearing(token("cli_" + "9" * 32, READ)))
    assert not allowed(bearing(token(world.CLIENT, READ, secret="never-valid")))
    read = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(read, read.with_new_secret("the-new-one", pepper())))
    assert allowed(bearing(token(world.CLIENT, READ)))
    read = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(read, read.without_old_secret()))
    assert not allowed(bearing(token(world.CLIENT, READ)))
    assert allowed(bearing(token(world.CLIENT, READ, secret="the-new-one")))


def test_the_three_headers_work_on_the_supplier_api(root: Organization) -> None:
    assert allowed(event("authorizer") | {"methodArn": SUPPLIER})


def test_nothing_of_a_token_is_logged(
    root: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    good = token(world.CLIENT, READ)
    answer(bearing(good))
    answer(bearing(good[:-4] + "AAAA"))
    printed = "".join(capsys.readouterr())
    assert good[:-4] not in printed
    assert world.CLIENT not in printed


@pytest.fixture
def rotated(root: Organization) -> Iterator[bytes]:
    """The token key is rotated; what it was before."""
    secret_keys.forget()
    before = token_key()
    secrets, arn = wire.aws("secretsmanager"), os.environ["TOKEN_KEY_SECRET_ARN"]
    secrets.put_secret_value(SecretId=arn, SecretString="n" * 64)
    yield before
    secrets.put_secret_value(SecretId=arn, SecretString=before.decode())
    secret_keys.forget()


def reads_of_secrets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages of the secrets that are read from now on."""
    read: list[str] = []
    get = SecretsProvider._get

    def counted(self: SecretsProvider, name: str, **options: Any) -> Any:
        read.append(options.get("VersionStage", "AWSCURRENT"))
        return get(self, name, **options)

    monkeypatch.setattr(SecretsProvider, "_get", counted)
    return read


def test_a_token_signed_with_a_key_that_is_not_known_yet_is_accepted_after_a_read(
    rotated: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = secret_mark(secret_hash(world.SECRET, pepper()))
    signed_with_the_new = Token(world.CLIENT, mark, frozenset({READ})).signed(b"n" * 64)
    reads = reads_of_secrets(monkeypatch)
    assert allowed(bearing(signed_with_the_new))
    assert reads == ["AWSCURRENT", "AWSPREVIOUS"]
    assert allowed(bearing(signed_with_the_new))
    assert len(reads) == 2


def test_a_token_signed_with_the_key_before_is_accepted_after_a_rotation(rotated: bytes) -> None:
    mark = secret_mark(secret_hash(world.SECRET, pepper()))
    signed_with_the_old = Token(world.CLIENT, mark, frozenset({READ})).signed(rotated)
    secret_keys.forget()
    assert token_key() != rotated
    assert allowed(bearing(signed_with_the_old))


def test_tokens_of_unknown_keys_cost_no_more_reads_than_one(
    root: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_keys.forget()
    token_key()
    reads = reads_of_secrets(monkeypatch)
    for number in range(5):
        forged = Token(world.CLIENT, "mark", frozenset({READ})).signed(bytes([number]) * 32)
        assert not allowed(bearing(forged))
    assert reads == ["AWSCURRENT", "AWSPREVIOUS"]
    secret_keys.forget()


def test_a_secret_that_cannot_be_read_again_is_used_on(
    root: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_keys.forget()
    assert allowed(event("authorizer"))
    monkeypatch.setattr(secret_keys, "MAX_AGE_SECONDS", 0)
    secret_keys._provider.cache_clear()
    minutes = itertools.count(1_000_000)
    monkeypatch.setattr(secret_keys, "_minute", lambda: next(minutes))
    monkeypatch.setattr(SecretsProvider, "_get", failing)
    assert allowed(event("authorizer"))
    secret_keys.forget()
    with pytest.raises(Unavailable):
        answer(event("authorizer"))
    secret_keys.forget()


def failing(*_: Any, **__: Any) -> None:
    raise EndpointConnectionError(endpoint_url="https://secretsmanager")


def test_a_fault_is_logged_and_counted_without_its_message_and_raised_without_it(
    root: Organization, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("personal")

    monkeypatch.setattr(table, "get_many", broken)
    with pytest.raises(Unavailable) as raised:
        answer(event("authorizer"))
    assert raised.value.__suppress_context__
    assert "UnexpectedErrors" in capsys.readouterr().out


def test_a_fault_is_logged_with_the_id_that_the_caller_gets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(table, "get_many", failing)
    monkeypatch.setattr(telemetry.logger, "error", lambda _, extra: logged.append(extra))
    given = event("authorizer")
    with pytest.raises(Unavailable):
        answer(given)
    assert [line["correlation_id"] for line in logged] == [given["requestContext"]["requestId"]]


def phone(root: Organization, seconds: int = 3600) -> tuple[Device, dict[str, str]]:
    """A device of a user of the root, and its headers."""
    client = clients.get(world.PARTNER, world.CLIENT)
    user = world.driver(at=root)
    return World().device(of=user, by=client, seconds=seconds, id=world.DEVICE)


def test_a_device_is_admitted_by_one_read_as_its_users(root: Organization) -> None:
    device, headers = phone(root)
    with calls_counted() as calls:
        policy = answer(asked(**headers))
    assert calls == ["BatchGetItem"]
    caller = Caller.from_context(policy["context"], "r")
    assert (caller.device_id, caller.user_id) == (device.id, world.USER)
    assert (caller.client_id, caller.scopes) == (world.CLIENT, frozenset())
    assert caller.org_path == root.path
    assert policy["usageIdentifierKey"] == usage_key(world.CLIENT)


def test_a_device_is_refused_on_the_supplier_api(root: Organization) -> None:
    _, headers = phone(root)
    given = asked(**headers)
    given["methodArn"] = given["methodArn"].replace("/api/", "/v1/")
    assert not allowed(given)


def test_a_device_ends_with_its_time_its_client_and_its_partner(
    root: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, headers = phone(root)
    assert allowed(asked(**headers))
    assert not allowed(asked(**headers | {"clientSecret": world.SECRET}))
    assert not allowed(asked(**headers | {"partnerId": world.OTHER_PARTNER}))
    client = clients.get(world.PARTNER, world.CLIENT)
    table.transact(clients.replaced(client, client.revoked()))
    assert not allowed(asked(**headers))
    table.transact(clients.replaced(clients.get(world.PARTNER, world.CLIENT), client))
    with monkeypatch.context() as later:
        later.setattr("motorpool.access.devices.now_ms", lambda: device.expires_at * 1000)
        assert not allowed(asked(**headers))
    assert not allowed(asked(**headers | {"clientId": world.DEVICE[:-1]}))
    wire.aws("dynamodb").delete_item(
        TableName=table.table_name(),
        Key={"pk": {"S": f"PARTNER#{world.PARTNER}"}, "sk": {"S": "PARTNER"}},
    )
    assert not allowed(asked(**headers))
