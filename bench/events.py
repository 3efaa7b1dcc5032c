"""The event with which each function is measured: the recorded one in `events/`.

A function without a recorded event, or whose event does not fit the benchmark's data, gets one made
here from its route; the tables mark it.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bench.world import (
    CHECK_IN,
    CLIENT,
    DEVICE,
    LICENSE_PHOTO,
    ODOMETER_PHOTO,
    OTHER_ORGANIZATION,
    PHONE,
    SECRET,
    TRANSFER,
    USER,
    VEHICLE,
)
from infra.paths import ROOT
from infra.spec import STAGES, Function, Route
from motorpool.messages.rules import Message

EVENTS = ROOT / "events"
API = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/api"
PHOTOS = {
    "licensePhotos": [{"url": f"{API}/photo/{LICENSE_PHOTO}"}],
    "odometerPhotos": [{"url": f"{API}/photo/{ODOMETER_PHOTO}"}],
}

PATH = {
    "vehicleId": VEHICLE,
    "vehicle_id": VEHICLE,
    "userId": USER,
    "photoId": LICENSE_PHOTO,
    "transfer_id": TRANSFER,
    "id": CHECK_IN,
    "phone": PHONE,
    "deviceId": DEVICE,
}
QUERY = {"list_check_ins_for_review": {"status": "Pending"}}
BODY: dict[str, Any] = {
    "assign_driver": {"driver_id": USER},
    "create_mileage_check_in": {
        "vehicleId": VEHICLE, "licensePlate": "TEST-123", "state": "CA", "mileage": 48210, **PHOTOS,
    },
    "update_mileage_check_in": {"mileage": 48210, **PHOTOS},
    "review_mileage_check_in": {"checkInStatus": "Confirmed"},
    "request_photo_upload": {"userId": USER, "contentType": "image/jpeg", "name": "odometer.jpg"},
    "update_vehicle": {"licensePlate": "TEST-456", "state": "NV", "colorHexCode": "FFFFFF"},
    "transfer_vehicle": {"new_owner_id": OTHER_ORGANIZATION},
}  # fmt: skip
FORM = {"issue_token": f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An event for a function. `made`: made here, not recorded."""

    event: dict[str, Any]
    made: bool = False


def recorded(name: str) -> Asked | None:
    """The function's recorded event, if there is one."""
    file = EVENTS / f"{name}.json"
    return Asked(json.loads(file.read_text())) if file.exists() else None


def made(function: Function, *, version: str) -> Asked:
    """An event made for the function. `version`: the S3 version in a message about an upload."""
    if isinstance(function.spec, Route):
        return Asked(for_route(function.name, function.spec), made=True)
    return Asked(_of_a_source(function.name, version), made=True)


def for_route(
    name: str,
    route: Route,
    *,
    path: dict[str, str] | None = None,
    body: Any = None,
    query: dict[str, str] | None = None,
    caller: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A proxy event of that route, with the recorded values where none are given."""
    event: dict[str, Any] = copy.deepcopy(_TEMPLATE)
    context = event["requestContext"]
    given = PATH | (path or {})
    named = {key: given[key] for key in given if f"{{{key}}}" in route.path}
    encoded = {key: quote(value, safe="") for key, value in named.items()}
    query = query or QUERY.get(name) or {}
    event |= {
        "resource": route.path,
        "httpMethod": route.method,
        "path": route.path.format(**encoded),
        "pathParameters": encoded or None,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
    }
    stage = STAGES[route.api]
    context |= {
        "resourcePath": route.path,
        "httpMethod": route.method,
        "stage": stage,
        "path": f"/{stage}{event['path']}",
    }
    context["authorizer"] |= caller or {}
    if body is not None or name in BODY:
        event["body"] = json.dumps(body if body is not None else BODY[name])
    elif name in FORM:
        event["body"] = FORM[name]
    return event


def of_transfer(transfer_id: str, vehicle_id: str) -> dict[str, Any]:
    """The transfer queue's event with one message."""
    return _of_a_queue({"transfer_id": transfer_id, "vehicle_id": vehicle_id})


def of_queue(*messages: Message) -> dict[str, Any]:
    """A queue's event with these messages."""
    return {"Records": [_record(message, place) for place, message in enumerate(messages)]}


def _of_a_source(name: str, version: str) -> dict[str, Any]:
    match name:
        case "apply_transfer":
            return of_transfer(TRANSFER, VEHICLE)
        case "inspect_photo":
            stored = {"key": f"photos/{LICENSE_PHOTO}", "versionId": version}
            return _of_a_queue({"Records": [{"s3": {"object": stored}}]})
        case "dispatch":
            item = {
                "pk": f"TRANSFER#{TRANSFER}",
                "sk": "TRANSFER",
                "id": TRANSFER,
                "vehicleId": VEHICLE,
                "partnerId": CLIENT,
                "transferStatus": "accepted",
            }
            image = {name: {"S": value} for name, value in item.items()}
            change = {
                "Keys": {name: image[name] for name in ("pk", "sk")},
                "NewImage": image,
                "SequenceNumber": "111",
            }
            return {"Records": [{"eventName": "INSERT", "dynamodb": change}]}
        case "render_photo":
            wanted = {"photo_id": LICENSE_PHOTO, "version_id": version, "size": "large"}
            return _of_a_queue(wanted)
        case "forget_photo":
            return _of_a_queue({"key": f"PHOTO#{LICENSE_PHOTO}"})
    raise LookupError(f"events/{name}.json is not there, and no event is made for {name}")


def _of_a_queue(message: Any) -> dict[str, Any]:
    return of_queue(Message(json.dumps(message)))


def _record(message: Message, place: int) -> dict[str, Any]:
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-{place:012x}",
        "receiptHandle": f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy{place}",
        "body": message.body,
        "attributes": {"MessageGroupId": message.group} if message.group else {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:motorpool",
        "awsRegion": "us-east-1",
    }


_TEMPLATE = json.loads((EVENTS / "get_vehicle.json").read_text())
