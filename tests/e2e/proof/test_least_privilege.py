"""Each role in the template against what its function asked of AWS in this session.

The engine's IAM decides on every call, and writes down who asked for what (see
`infra/local/engine_process.py`). A grant that was never used is refused here, and so is a call that
was not granted.

Alone, the file is as valid: `the_day` makes every function use all that it has. With the other
end-to-end tests it comes after them (see `LOOKING_BACK` in `tests/e2e/conftest.py`), and what they
made the functions ask for is held to the roles as well.
"""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import boto3
import httpx
import pytest

from infra.local.pictures import picture
from infra.local.stack import LocalStack
from infra.local.vins import bronco
from infra.local.world import new_phone
from infra.names import DEFAULT
from infra.paths import BUILD
from infra.spec import Route, Uses, discover
from tests.e2e.api import (
    ORGANIZATIONS,
    VEHICLES,
    Api,
    a_person,
    new_plate,
    sent_by_phone,
    served,
    until,
)
from tests.e2e.expiry import expired
from tests.e2e.failures import first_delivery_fails
from tests.e2e.proof.conftest import CALLS
from tests.e2e.tenant import CHECK_INS, Tenant, photo_id
from tests.templates import whole

PREFIX = "motorpool-"
ASKED_FOR = {
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}

# What no session here can show as used: by action and resource, with the reason.
UNSEEN = {
    ("logs:CreateLogStream", "*"): "Lambda writes the logs; here the engine does, by itself",
    ("logs:PutLogEvents", "*"): "Lambda writes the logs; here the engine does, by itself",
    ("xray:PutTraceSegments", "*"): "Lambda sends the traces; the engine has no X-Ray",
    ("xray:PutTelemetryRecords", "*"): "Lambda sends the traces; the engine has no X-Ray",
    ("sqs:ReceiveMessage", "Queues*"): "Lambda reads the queue; here the engine does, by itself",
    ("sqs:DeleteMessage", "Queues*"): "Lambda reads the queue; here the engine does, by itself",
    ("sqs:GetQueueAttributes", "Queues*"): "Lambda reads the queue; here the engine does",
    ("dynamodb:DescribeStream", "*/stream"): "Lambda reads the stream; here the engine does",
    ("dynamodb:ListStreams", "*/stream/[*]"): "Lambda lists the streams; here the engine does",
    ("dynamodb:GetRecords", "*/stream"): "Lambda reads the stream; here the engine does",
    ("dynamodb:GetShardIterator", "*/stream"): "Lambda reads the stream; here the engine does",
    (
        "s3:ListBucket",
        "DataPhotos*",
    ): "asked for after a 403; the engine says 404 of what is absent",
    ("sqs:SendMessage", "QueuesDead*"): "only what nobody can handle goes there: `test_drills.py`",
}
# The only resources that are not one thing, with the reason why there is none finer.
WILDCARDS = {
    "*": "X-Ray's two actions know no resources; no other action has it (see below)",
    "DataPhotos*/photos/*": "a photo's key is made when it is announced",
    "DataPhotos*/thumbnails/*": "a rendition has its photo's key",
    "DataTable*/stream/*": "a list of streams has no single stream",
}


@dataclass(frozen=True, order=True)
class Call:
    """An action on a resource, which is named by its logical id in the template."""

    function: str
    action: str
    resource: str

    def is_covered_by(self, grant: "Call") -> bool:
        """Whether the grant is this call's."""
        same = (self.function, self.action) == (grant.function, grant.action)
        return same and fnmatchcase(self.resource, grant.resource)


class Template:
    """All stacks as one template, and the names that its resources got when it was deployed."""

    def __init__(self) -> None:
        self.resources: dict[str, Any] = whole(BUILD / "cdk-local")["Resources"]

    def grants(self) -> Iterator[Call]:
        """What the roles of the functions may do."""
        for resource in self.resources.values():
            if resource["Type"] == "AWS::Lambda::Function":
                properties = resource["Properties"]
                role = self.resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
                assert not role.get("ManagedPolicyArns")
                for policy in role["Policies"]:
                    for statement in policy["PolicyDocument"]["Statement"]:
                        yield from _of_statement(properties["FunctionName"], statement)

    @cached_property
    def deployed(self) -> dict[str, str]:
        """The logical id of each resource, by the name it got."""
        pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
        return {
            _name_in(summary["PhysicalResourceId"]): summary["LogicalResourceId"]
            for page in pages.paginate(StackName=DEFAULT.stack("data"))
            for summary in page["StackResourceSummaries"]
            if summary["ResourceType"] in ASKED_FOR
        }

    def symbol(self, arn: str) -> str:
        """A resource's ARN with its logical id: `DataTableFDBAD0F2/index/gsi1`."""
        if ":secretsmanager:" in arn:
            arn = re.sub(r"-\w{6}$", "", arn)
        found = {name for name in self.deployed if name in arn}
        name = max(found, key=len, default="")
        return f"{self.deployed[name]}{arn.partition(name)[2]}" if name else arn


def _name_in(physical_id: str) -> str:
    """The name in an ARN or a queue's URL; a secret's ARN has six characters more than that."""
    name = re.split("[:/]", physical_id)[-1]
    return re.sub(r"-\w{6}$", "", name) if ":secretsmanager:" in physical_id else name


def _of_statement(function: str, statement: dict[str, Any]) -> Iterator[Call]:
    assert statement["Effect"] == "Allow"
    for action in _each(statement["Action"]):
        for resource in _each(statement["Resource"]):
            yield Call(function.removeprefix(PREFIX), action, _named(resource))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(resource: Any) -> str:
    match resource:
        case str():
            return resource
        case {"Fn::GetAtt": [str(logical_id), "StreamArn"]}:
            return f"{logical_id}/stream"
        case {"Fn::GetAtt": [str(logical_id), "Arn" | "Id"]}:
            return logical_id
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(_named(part) for part in parts)
    raise TypeError(f"no resource of ours: {resource}")


# --- the day -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def the_day(stack: dict[str, Any], local_stack: LocalStack) -> None:
    """Every function does all that it can do."""
    day = Tenant.new(stack)
    _registers(day)
    _looks_at_photos(day)
    _checks_in(day)
    _transfers(day)
    _fails_to_handle_a_message(day)
    _repeats_what_is_refused(day)


def _registers(day: Tenant) -> None:
    user = served(day.api.post("/users", a_person()))
    served(day.api.get(f"/users/{user['id']}"))
    served(day.api.get(f"/users/by-phone/{user['phone']}"))
    served(day.api.get("/health"))
    served(day.api.get("/client"))
    page = {"Origin": "https://app.example.com"}
    assert httpx.options(f"{day.api.url}/client", headers=page).status_code == 204
    _lets_devices_in(day, f"/users/{user['id']}/devices")
    plated = bronco(licensePlate=new_plate(), state="CA")
    for car in (plated, bronco()):
        owned = served(day.api.post("/vehicles/create/by-vin", {"userId": user["id"]} | car))
    vehicle = f"/vehicles/{owned['id']}"
    for change in (
        {"licensePlate": new_plate(), "state": "CA"},
        {"licensePlate": ""},
        {"userId": user["id"], "colorHexCode": "C0FFEE"},
    ):
        served(day.api.put(vehicle, change))
    served(day.api.put(f"/users/{user['id']}", {"phone": new_phone()}))
    served(day.api.post("/users", a_person()))
    cursor = until(lambda: served(day.api.get("/users?limit=1"))["nextCursor"])
    served(day.api.get(f"/users?cursor={cursor}"))
    served(day.api.put(f"{vehicle}/deactivate"))
    served(day.api.put(f"{vehicle}/activate"))
    served(day.api.get(vehicle))
    correction = {"mileage": 9, "reason": "So it is."}
    served(day.api.post(f"{vehicle}/mileage/correction", correction))
    entries = served(day.api.get(f"{vehicle}/history?limit=1"))
    served(day.api.get(f"{vehicle}/history?cursor={entries['nextCursor']}"))
    for api, path in (
        (day.api, "/events"),
        (day.supplier.with_token(), "/vehicle-suppliers/events"),
    ):
        until(lambda api=api, path=path: served(api.get(path))["events"])  # type: ignore[misc]
    owned_by = f"/users/{user['id']}/vehicles"
    cursor = until(lambda: served(day.api.get(f"{owned_by}?limit=1"))["nextCursor"])
    served(day.api.get(f"{owned_by}?cursor={cursor}"))
    served(day.api.get(f"/vehicles?limit=1&userId={user['id']}"))
    cursor = until(lambda: served(day.api.get("/vehicles?limit=1"))["nextCursor"])
    served(day.api.get(f"/vehicles?cursor={cursor}"))
    served(day.api.get(f"/vehicles?vin={owned['vin']}"))
    served(day.supplier.get(f"{VEHICLES}?owner_id={day.root.id}&page_size=1"))
    served(day.supplier.with_token().get(ORGANIZATIONS))


def _lets_devices_in(day: Tenant, path: str) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    device = served(day.api.post(path, {}, headers=key))
    assert served(day.api.post(path, {}, headers=key))["deviceId"] == device["deviceId"]
    served(day.api.post(path, {}))
    cursor = until(lambda: served(day.api.get(f"{path}?limit=1"))["nextCursor"])
    served(day.api.get(f"{path}?cursor={cursor}"))
    served(day.api.call("DELETE", f"/devices/{device['deviceId']}"))


def _looks_at_photos(day: Tenant) -> None:
    user = day.user()
    handle = day.announced(user)["photoUrl"]
    key = {"Idempotency-Key": secrets.token_hex(8)}
    form = served(day.api.post(f"/photo/{photo_id(handle)}/form", headers=key))
    assert sent_by_phone(form, picture()).is_success
    day.inspected(handle)
    for size in ("standard", "thumbnail", "large", "original"):
        assert _seen(day, handle, size) == 200
    assert day.inspected(day.photo(user, b"no photo"))["photoStatus"] == "Rejected"
    _finds_pictures_of_deleted_photos()


def _finds_pictures_of_deleted_photos() -> None:
    """As when a photo is deleted between the making of a picture and the look whether it is."""
    outputs, s3 = _outputs(), boto3.client("s3")
    bucket, photo = outputs["PhotoBucketName"], f"pho_{secrets.token_hex(16)}"
    s3.put_object(Bucket=bucket, Key=f"thumbnails/{photo}/1-2048.jpg", Body=b"a picture")
    _ask_for_picture(photo, "1")
    until(lambda: not _files(photo, "thumbnails"))
    version = s3.put_object(Bucket=bucket, Key=f"photos/{photo}", Body=b"a file")["VersionId"]
    s3.put_object(Bucket=bucket, Key=f"thumbnails/{photo}/{version}.jpg", Body=b"a picture")
    until(lambda: not _files(photo) + _files(photo, "thumbnails"))


def _ask_for_picture(photo: str, version: str) -> None:
    wanted = {"photo_id": photo, "version_id": version, "size": "large"}
    boto3.client("sqs").send_message(
        QueueUrl=_outputs()["RenditionsQueueUrl"], MessageBody=json.dumps(wanted)
    )


def _seen(day: Tenant, handle: str, size: str) -> int:
    """What S3 says to whoever follows a photo's handle: it decides as if the function asked."""
    redirect = day.api.get(f"/photo/{photo_id(handle)}?size={size}")
    return httpx.get(redirect.headers["location"]).status_code


def _checks_in(day: Tenant) -> None:
    vehicle = day.vehicle(plate=new_plate())
    unsent = {"licensePhotos": [{"url": day.announced(vehicle["userId"])["photoUrl"]}]}
    body = day.check_in_body(vehicle)
    assert _refused(day.api, "POST", CHECK_INS, body | unsent) == 500
    check_in = f"{CHECK_INS}/{day.on_hold(vehicle)['id']}"
    again = day.check_in_body(vehicle)
    again = {name: again[name] for name in ("mileage", "licensePhotos", "odometerPhotos")}
    assert _refused(day.api, "PUT", check_in, again | unsent) == 500
    served(day.api.put(check_in, again))
    served(day.api.get(check_in))
    served(day.check_in(day.vehicle(plate=new_plate()), 1))
    queue = "/checkins/mileage"
    cursor = until(lambda: served(day.api.get(f"{queue}?limit=1"))["nextCursor"])
    served(day.api.get(f"{queue}?cursor={cursor}"))
    served(day.api.get(f"/vehicles/{vehicle['id']}/checkins/mileage?limit=1"))


def _transfers(day: Tenant) -> None:
    # From one branch to another, so that its open check-in leaves a review queue.
    vehicle = day.vehicle(day.user(day.east), new_plate())
    path = f"{VEHICLES}/{vehicle['id']}"
    served(day.supplier.assign(vehicle["id"], vehicle["userId"]))
    served(day.supplier.unassign(vehicle["id"]))
    served(day.check_in(vehicle, 1))
    new_user = day.user(day.coast)
    moved = day.supplier.moved(vehicle["id"], day.coast.id, new_user_id=new_user)
    assert moved["status"] == "completed"
    served(day.supplier.get(path))
    token = served(day.supplier.get(f"{path}/custody?page_size=1"))["next_page_token"]
    served(day.supplier.get(f"{path}/custody?page_token={token}"))


def _fails_to_handle_a_message(day: Tenant) -> None:
    """A consumer that fails asks for the message again."""
    denied = r"\S+ AccessDenied\w*"
    with first_delivery_fails("apply_transfer", "dynamodb:BatchGetItem", denied):
        accepted = served(day.supplier.transfer(day.vehicle_id(), day.coast.id))["transfer"]
    large = day.photo(day.user())
    day.inspected(large)
    [key] = _keys(f"thumbnails/{photo_id(large)}/", "-1280.jpg")
    with first_delivery_fails("render_photo", "s3:GetObjectVersion", denied):
        _ask_for_picture(photo_id(large), key.rpartition("/")[2].removesuffix("-1280.jpg"))
    until(lambda: _keys(f"thumbnails/{photo_id(large)}/", "-2048.jpg"))
    vehicle = day.vehicle(plate=new_plate())
    with first_delivery_fails("inspect_photo", "s3:GetObjectVersion", denied):
        handle = day.photo(vehicle["userId"], b"no photo")
        # Its inspection puts this on hold, so that it goes into another review queue.
        served(day.check_in(vehicle, 1, licensePhotos=[{"url": handle}]))
    with first_delivery_fails("number_events", "dynamodb:BatchGetItem", denied):
        change = {"colorHexCode": "FACADE"}
        served(day.api.put(f"/vehicles/{vehicle['id']}", change))
    over = day.photo(day.user())
    day.inspected(over)
    with first_delivery_fails("forget_photo", "dynamodb:GetItem", denied):
        expired(photo_id(over))
    until(lambda: not _files(photo_id(over)))
    assert day.supplier.ended(accepted["id"])["status"] == "completed"
    assert day.inspected(handle)["photoStatus"] == "Rejected"


def _files(photo_id: str, prefix: str = "photos") -> int:
    """How many versions S3 has of a photo's file, or of its renditions."""
    return len(_keys(f"{prefix}/{photo_id}"))


def _keys(prefix: str, end: str = "") -> list[str]:
    """The keys of the versions that S3 has below a prefix."""
    listed = boto3.client("s3").list_object_versions(
        Bucket=_outputs()["PhotoBucketName"], Prefix=prefix
    )
    return [each["Key"] for each in listed.get("Versions", []) if each["Key"].endswith(end)]


def _outputs() -> dict[str, str]:
    described = boto3.client("cloudformation").describe_stacks(StackName=DEFAULT.stack("data"))
    return {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0]["Outputs"]}


def _repeats_what_is_refused(day: Tenant) -> None:
    """A refused request with a key looks whether it was answered before."""
    photos = [{"url": "https://motorpool.example/api/photo/pho_" + "0" * 32}]
    reading = {"mileage": 1, "licensePhotos": photos, "odometerPhotos": photos}
    bodies: dict[str, Any] = {
        "create_user": {
            "firstName": "A", "lastName": "B", "phone": "+12125550100",
            "address": {"state": "CA"}, "organizationId": "org_0",
        },
        "create_device": {},
        "update_user": {"firstName": "A"},
        "create_vehicle_by_vin": {"userId": "usr_0"} | bronco(),
        "update_vehicle": {"colorHexCode": "C0FFEE"},
        "request_photo_upload": {"userId": "usr_0", "contentType": "image/png"},
        "create_mileage_check_in": {"vehicleId": "veh_0", "licensePlate": "A1"} | reading,
        "update_mileage_check_in": reading,
        "review_mileage_check_in": {"checkInStatus": "Confirmed"},
        "correct_mileage": {"mileage": 9, "reason": "So it is."},
        "transfer_vehicle": {"new_owner_id": "org_0"},
        "assign_driver": {"driver_id": "usr_0"},
    }  # fmt: skip
    for function in discover():
        route = function.spec
        if isinstance(route, Route) and route.method in {"POST", "PUT"} and not route.public:
            path = re.sub(r"{\w+}", "nothing", route.path)
            body = bodies.get(function.name)
            assert _refused(day.apis[route.api], route.method, path, body) == 404


def _refused(api: Api, method: str, path: str, body: Any) -> int:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    answer = api.call(method, path, headers=key, json=body)
    assert answer.is_error, answer.text
    return answer.status_code


# --- what is held to what ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def template() -> Template:
    return Template()


@pytest.fixture(scope="module")
def calls(the_day: None, template: Template) -> dict[Call, bool]:
    """What the functions asked for, and whether any policy ever allowed it.

    A resource's own policy is asked as well as the role's; that one of them says nothing is no
    refusal.
    """
    decided: dict[Call, bool] = {}
    for line in CALLS.read_text().splitlines():
        principal, action, resource, decision = json.loads(line)
        function = principal.rpartition("/")[2]
        if function.startswith(PREFIX):
            call = Call(function.removeprefix(PREFIX), action, template.symbol(resource))
            decided[call] = decided.get(call, False) or decision == "Allow"
    return decided


def test_every_function_was_there(calls: dict[Call, bool]) -> None:
    # One that uses nothing asks for nothing.
    using = {function.name for function in discover() if function.spec.uses != Uses()}
    assert {call.function for call in calls} == using


def test_no_call_was_refused(calls: dict[Call, bool]) -> None:
    assert sorted(call for call, allowed in calls.items() if not allowed) == []


def test_every_call_was_granted_by_the_template(
    calls: dict[Call, bool], template: Template
) -> None:
    granted = list(template.grants())
    uncovered = [call for call in calls if not any(map(call.is_covered_by, granted))]
    assert sorted(uncovered) == []


def test_every_grant_was_used(calls: dict[Call, bool], template: Template) -> None:
    unused = [
        grant
        for grant in template.grants()
        if not _is_unseen(grant) and not any(call.is_covered_by(grant) for call in calls)
    ]
    assert sorted(unused) == []


def _is_unseen(grant: Call) -> bool:
    return any(
        grant.action == action and fnmatchcase(grant.resource, resource)
        for action, resource in UNSEEN
    )


def test_every_exception_is_one_of_a_grant_there_is(template: Template) -> None:
    granted = list(template.grants())
    for action, resource in UNSEEN:
        assert any(
            grant.action == action and fnmatchcase(grant.resource, resource) for grant in granted
        ), f"{action} on {resource} is granted to nobody: the exception can go"


def test_no_grant_has_a_wildcard_but_where_there_is_none_finer(template: Template) -> None:
    for grant in template.grants():
        assert "*" not in grant.action
        if "*" in grant.resource:
            known = {re.sub(r"^(DataPhotos|DataTable)\w+/", r"\1*/", grant.resource)}
            assert known <= WILDCARDS.keys(), grant
        if grant.resource == "*":
            assert grant.action in {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
