"""The OWASP API Security Top 10 (2023), item by item, on this system.

The matrix (`test_tenancy.py`) has the callers who may not use a route; here are those who may, and
reach for more.
"""

import base64
import http.server
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest

from infra.local.pictures import picture
from infra.local.stack import LocalStack
from infra.local.vins import bronco
from infra.openapi import described
from infra.paths import BUILD
from infra.spec import STAGES, ApiName, Route, discover
from motorpool.access.rate_limit import WINDOW_MS
from motorpool.access.scopes import ALL_SCOPES
from motorpool.clock import now_ms
from motorpool.dynamodb import keys, table
from tests.e2e.api import (
    ORGANIZATIONS,
    VEHICLES,
    Api,
    new_plate,
    refusal,
    sent_by_phone,
    served,
    until,
)
from tests.e2e.tenant import CHECK_INS, Tenant, photo_id
from tests.templates import whole


@pytest.fixture(scope="module")
def mine(stack: dict[str, Any]) -> Tenant:
    return Tenant.new(stack)


@pytest.fixture(scope="module")
def stranger(stack: dict[str, Any]) -> Tenant:
    return Tenant.new(stack)


def a_vehicle(tenant: Tenant) -> dict[str, Any]:
    """A new vehicle with a plate."""
    return tenant.vehicle(plate=new_plate())


def refused(api: Api, method: str, path: str, body: Any = None) -> int:
    """The status of a refusal."""
    answer = api.call(method, path, json=body)
    assert answer.is_error, answer.text
    return answer.status_code


def test_api1_broken_object_level_authorization(mine: Tenant, stranger: Tenant) -> None:
    """An object that is one's own cannot be tied to another partner's."""
    vehicle, their_vehicle = a_vehicle(mine), a_vehicle(stranger)
    their_user, their_org = their_vehicle["userId"], stranger.root.id
    their_photos = stranger.check_in_body(their_vehicle)
    check_in = mine.check_in_body(vehicle)
    path = f"{VEHICLES}/{vehicle['id']}"
    new_owner = {"new_owner_id": mine.coast.id, "new_user_id": their_user}
    mixed = check_in | {"odometerPhotos": their_photos["odometerPhotos"]}
    attempts: list[tuple[Api, str, str, Any, int]] = [
        (mine.api, "PUT", f"/vehicles/{vehicle['id']}", {"userId": their_user}, 404),
        (mine.api, "POST", "/vehicles/create/by-vin", {"userId": their_user} | bronco(), 404),
        (mine.supplier, "POST", f"{path}/assign", {"driver_id": their_user}, 404),
        (mine.supplier, "POST", f"{path}/transfer", {"new_owner_id": their_org}, 404),
        (mine.supplier, "POST", f"{path}/transfer", new_owner, 404),
        (mine.api, "POST", CHECK_INS, mixed, 500),
    ]
    before = served(mine.api.get(f"/vehicles/{vehicle['id']}"))
    for api, method, at, body, status in attempts:
        assert refused(api, method, at, body) == status, at
    assert served(mine.api.get(f"/vehicles/{vehicle['id']}")) == before
    assert served(stranger.api.get(f"/vehicles/{their_vehicle['id']}")) == their_vehicle


def test_api2_broken_authentication(mine: Tenant) -> None:
    """A token is good as it was given, for what it was given, as long as its secret is."""
    scoped = mine.supplier.with_token(scope="vehicle_suppliers.organizations.read")
    token = scoped.credentials["Authorization"].removeprefix("Bearer ")
    head, claims, signature = token.split(".")
    more = _decoded(claims) | {"scope": " ".join(ALL_SCOPES)}
    others = _decoded(claims) | {"sub": mine.admitted().client.id}
    for forged in (
        f"{head}.{_encoded(more)}.{signature}",
        f"{head}.{_encoded(others)}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        f"{_encoded(_decoded(head) | {'alg': 'none'})}.{claims}.",
        f"{_encoded(_decoded(head) | {'kid': '../../dev/null'})}.{claims}.{signature}",
        f"{token}A",
        "",
    ):
        assert _organizations(mine, forged) == 401, forged
    assert _organizations(mine, token) == 200
    # Who asks for tokens learns whether a secret is right, and nothing of whether a client exists.
    known, unknown = (
        mine.supplier.token(client_id=id, client_secret="guess")
        for id in (mine.client.id, "cli_" + "0" * 32)
    )
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    # Credentials in a query string end in logs: they are not looked at there.
    answer = httpx.get(f"{mine.url}/users/usr_0", params=mine.api.credentials)
    assert answer.status_code == 401


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _organizations(mine: Tenant, token: str) -> int:
    anybody = mine.supplier.of({"Authorization": f"Bearer {token}".strip()})
    return anybody.get(ORGANIZATIONS).status_code


def test_api3_broken_object_property_level_authorization(mine: Tenant, stranger: Tenant) -> None:
    """Properties that are not the caller's to write are ignored; none is shown undocumented."""
    smuggled = {
        "id": "veh_" + "0" * 32,
        "partnerId": stranger.partner.id,
        "ownerId": stranger.root.id,
        "owner_id": stranger.root.id,
        "ownerPath": stranger.root.path,
        "vin": "1FMCU14T6JU400773",
        "active": False,
        "version": 99,
        "highestMileage": 1,
        "pendingTransferId": "trf_" + "0" * 32,
        "pk": "PARTNER#x",
    }
    vehicle = a_vehicle(mine)
    path = f"/vehicles/{vehicle['id']}"
    after = served(mine.api.put(path, smuggled | {"colorHexCode": "C0FFEE"}))
    unchanged = {name: value for name, value in vehicle.items() if name != "updated"}
    assert {name: value for name, value in after.items() if name != "updated"} == unchanged
    assert mine.supplier.vehicle(vehicle["id"])["owner_id"] == mine.root.id
    decided = {"checkInStatus": "Confirmed", "adminNote": "Fine."}
    made = served(mine.api.post(CHECK_INS, mine.check_in_body(vehicle) | decided))
    assert (made["checkInStatus"], made["adminNote"]) == ("Pending", None)
    user = served(mine.api.get(f"/users/{vehicle['userId']}"))
    for shown in (vehicle, after, made, user):
        assert not {"partnerId", "ownerPath", "version", "pk", "sk", "gsi1pk"} & set(shown)


def test_api4_unrestricted_resource_consumption(mine: Tenant) -> None:
    """Pages, bodies, uploads, keys and requests an hour all have an end."""
    user = mine.user()
    for limit in ("101", "0", "-1", "99999999999999999999"):
        assert refused(mine.api, "GET", f"/users/{user}/vehicles?limit={limit}") == 400
    fat = {"userId": user} | bronco(make="x" * 1_000_000)
    assert refused(mine.api, "POST", "/vehicles/create/by-vin", fat) in {400, 413}
    photos = [{"url": "https://motorpool.example/api/photo/pho_0"}] * 20_000
    many = mine.check_in_body(a_vehicle(mine)) | {"licensePhotos": photos}
    assert refused(mine.api, "POST", CHECK_INS, many) == 500
    form = mine.announced(user)
    sent = sent_by_phone(form, picture() + b"\0" * form["maxBytes"])
    assert sent.status_code == 400
    assert "EntityTooLarge" in sent.text
    answer = mine.api.post("/users", {}, headers={"Idempotency-Key": "k" * 65})
    assert answer.status_code == 400
    for resource in whole(BUILD / "cdk-local")["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::Stage":
            for settings in resource["Properties"]["MethodSettings"]:
                assert settings["ThrottlingRateLimit"] > 0
                assert settings["ThrottlingBurstLimit"] > 0


def test_api5_broken_function_level_authorization(mine: Tenant) -> None:
    """A client that has every scope but a function's own may do all else, and not that."""
    scoped = {
        each.name: each.spec
        for each in discover()
        if isinstance(each.spec, Route) and each.spec.scope
    }
    assert {scope for route in scoped.values() for scope in route.scope} == ALL_SCOPES
    for name, route in scoped.items():
        lacking = mine.admitted(scopes=ALL_SCOPES - frozenset(route.scope)).headers
        path = re.sub(r"{\w+}", "nothing", route.path)
        api = mine.apis[route.api].of(lacking)
        expected = 403 if route.api == "partner" else 401
        assert refused(api, route.method, path, {}) == expected, name
        assert refused(mine.api.of(lacking), "GET", "/users/usr_0") == 404
    # Methods and paths that are nobody's are nobody's, whatever a caller's scopes.
    for method, path in (("DELETE", "/users/usr_0"), ("GET", "/partners"), ("POST", "/clients")):
        assert refused(mine.api, method, path) == 404


def test_api6_unrestricted_access_to_sensitive_business_flows(mine: Tenant) -> None:
    """No flow can be run through by a machine: readings wait for people, transfers are counted."""
    vehicle = a_vehicle(mine)
    first = mine.check_in_body(vehicle)
    served(mine.api.post(CHECK_INS, first))
    again = mine.api.post(CHECK_INS, first)
    assert refusal(again) == (500, "ERROR_PHOTO_NOT_OWNED_BY_USER")
    locked = mine.api.post(CHECK_INS, mine.check_in_body(vehicle))
    assert refusal(locked) == (500, "ERROR_CHECKIN_IS_LOCKED")

    busy = mine.supplier_of()
    [limit] = [
        each.spec.per_hour
        for each in discover()
        if isinstance(each.spec, Route) and each.name == "transfer_vehicle"
    ]
    _use_up(busy.credentials["clientId"], limit or 0)
    answer = busy.transfer(vehicle["id"], mine.coast.id)
    assert refusal(answer) == (429, "rate_limited")
    assert answer.headers["ratelimit-remaining"] == "0"
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW_MS // 1000


def _use_up(client_id: str, limit: int) -> None:
    """Count so many requests of a client in this hour and, should it strike now, in the next."""
    for window in (now_ms() // WINDOW_MS, now_ms() // WINDOW_MS + 1):
        table.transact(table.put(keys.rate(client_id, "transfer_vehicle", window), {"used": limit}))


def test_api7_server_side_request_forgery(mine: Tenant) -> None:
    """URLs that callers give are never fetched."""
    vehicle = a_vehicle(mine)
    with _listener() as (url, heard):
        photo = f"{url}/photo/pho_" + "0" * 32
        path = f"/vehicles/{vehicle['id']}"
        served(mine.api.put(path, {"photoUrl": photo}))
        body = mine.check_in_body(vehicle)
        metadata = "http://169.254.169.254/latest/meta-data"
        for target in (photo, metadata, "file:///etc/passwd", url):
            body |= {"licensePhotos": [{"url": target}]}
            assert refused(mine.api, "POST", CHECK_INS, body) == 500
        served(mine.api.get(path))
        mine.api.get(path, headers={"Host": url.removeprefix("http://"), "X-Forwarded-Host": url})
    assert heard == []


@contextmanager
def _listener() -> Iterator[tuple[str, list[str]]]:
    """A server whose URL nobody is to call, and who did."""
    heard: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()


def test_api8_security_misconfiguration(mine: Tenant, local_stack: LocalStack) -> None:
    """Faults are answered without a word on the inside; nothing is public, plain or unlogged."""
    for path, headers in (
        ("/users/%ED%A0%80", mine.api.credentials),
        ("/users/" + "x" * 6000, mine.api.credentials),
        ("/nothing", {}),
        ("/users/usr_0", {"partnerId": "\x7f"}),
    ):
        answer = mine.api.of(headers).get(path)
        assert answer.is_error
        for told in ("Traceback", 'File "', "boto", "arn:aws", "dynamodb", "motorpool/"):
            assert told not in answer.text
    resources = whole(BUILD / "cdk-local")["Resources"]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::S3::Bucket":
                assert all(properties["PublicAccessBlockConfiguration"].values())
                assert len(properties["PublicAccessBlockConfiguration"]) == 4
                assert properties["BucketEncryption"]
                assert _plain_http_is_denied(resources, "AWS::S3::BucketPolicy", name)
            case "AWS::SQS::Queue":
                assert properties["SqsManagedSseEnabled"]
                assert _plain_http_is_denied(resources, "AWS::SQS::QueuePolicy", name)
            case "AWS::DynamoDB::Table":
                assert properties["SSESpecification"]["SSEEnabled"]
                assert properties["DeletionProtectionEnabled"]
            case "AWS::ApiGateway::Stage":
                assert properties["AccessLogSetting"]
                assert not any(each["DataTraceEnabled"] for each in properties["MethodSettings"])
            case "AWS::ApiGateway::Method":
                open_one = properties["AuthorizationType"] == "NONE"
                # Tokens, health, and what browsers ask before they call: none shows anything.
                public = properties["HttpMethod"] == "OPTIONS"
                public |= any(path in name for path in ("oauthtoken", "health"))
                assert not open_one or public, name
            case "AWS::Lambda::Function":
                told = json.dumps(properties.get("Environment", {}))
                assert "motorpool_secret_" not in told
                assert "DEBUG" not in told


def _plain_http_is_denied(resources: dict[str, Any], kind: str, name: str) -> bool:
    return any(
        name in json.dumps(resource["Properties"])
        and statement["Effect"] == "Deny"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for resource in resources.values()
        if resource["Type"] == kind
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    )


def test_api9_improper_inventory_management(mine: Tenant, local_stack: LocalStack) -> None:
    """What is deployed is what is documented: every method, on one stage, on one of the APIs."""
    gateway = boto3.client("apigateway")
    names: tuple[ApiName, ...] = ("partner", "supplier")
    paths: dict[ApiName, set[str]] = {}
    for name in names:
        id = local_stack.outputs[f"{name.title()}ApiId"]
        stages = gateway.get_stages(restApiId=id)["item"]
        assert [stage["stageName"] for stage in stages] == [STAGES[name]]
        deployed = {
            (method, resource["path"])
            for page in gateway.get_paginator("get_resources").paginate(restApiId=id)
            for resource in page["items"]
            for method in resource.get("resourceMethods", {})
        }
        document = json.loads(described(name).model_dump_json(by_alias=True, exclude_unset=True))
        documented = {
            (method.upper(), path)
            for path, methods in document["paths"].items()
            for method in methods
        }
        # What browsers ask before they call is no operation of the API.
        asked = {("OPTIONS", path) for path in document["paths"] if name == "partner"}
        assert deployed == documented | asked
        paths[name] = set(document["paths"])
    assert paths["partner"].isdisjoint(paths["supplier"])
    for name in names:
        for path in set().union(*paths.values()) - paths[name]:
            assert refused(mine.apis[name], "GET", re.sub(r"{\w+}", "x", path)) == 404


def test_api10_unsafe_consumption_of_apis(mine: Tenant, local_stack: LocalStack) -> None:
    """What other services hand us is not believed: neither S3's files nor S3's messages."""
    user = mine.user()
    page = b"<html><script>alert(1)</script></html>"
    for file in (page, picture()[:200], b"GIF89a" + bytes(100), b"\xff\xd8\xff" + bytes(5000)):
        handle = mine.photo(user, file)
        status = mine.inspected(handle)
        assert status["photoStatus"] == "Rejected", status
        assert status["rejectedBecause"]
        assert refused(mine.api, "GET", f"/photo/{photo_id(handle)}") == 404
    # A message that says what S3 would, about what is not there or somebody else's name for it.
    handle = mine.photo(user)
    before = mine.inspected(handle)
    sqs = boto3.client("sqs")
    for key in (
        f"photos/{photo_id(handle)}",
        "photos/pho_" + secrets.token_hex(16),
        "photos/..%2F..%2Fetc",
        "thumbnails/x",
    ):
        stored = {"key": key, "versionId": "none-such", "size": 10**12}
        message = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": stored}}]}
        queue = local_stack.outputs["UploadsQueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
    until(lambda: _is_empty(local_stack.outputs["UploadsQueueUrl"]))
    assert mine.inspected(handle) == before
    assert _is_empty(local_stack.outputs["UploadsDeadLetterQueueUrl"])


def _is_empty(queue: str) -> bool:
    counts = boto3.client("sqs").get_queue_attributes(
        QueueUrl=queue,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return not any(map(int, counts.values()))
