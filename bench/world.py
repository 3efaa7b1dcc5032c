"""The little world that each function is measured in: what the recorded events speak of."""

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import get_args

import boto3
from PIL import Image

from bench.engine import BenchEngine
from infra.local.world import SEEN, World
from infra.spec import Consumer, Dispatcher, Function, Queue, Route
from infra.table_keys import create_table_request
from motorpool import aws as clients
from motorpool.access import secret_keys
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import table
from motorpool.messages import rules
from motorpool.photos import bucket
from motorpool.photos import store as stored_photos
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from tests.functions import world

CLIENT, SECRET, PHONE, DEVICE = world.CLIENT, world.SECRET, world.PHONE, world.DEVICE
USER, VEHICLE, CHECK_IN = world.USER, world.VEHICLE, world.CHECK_IN
LICENSE_PHOTO, ODOMETER_PHOTO = world.LICENSE_PHOTO, world.ODOMETER_PHOTO
OTHER_ORGANIZATION, TRANSFER = world.TARGET, world.TRANSFER
EARLIER = ("pho_019aa8f100000000000000000000000e", "pho_019aa8f100000000000000000000000f")

TABLES = itertools.count(1)

# Functions that change the state in which a vehicle of the world has to be.
WITHOUT_VEHICLE = {"create_vehicle_by_vin"}
ON_TRANSFER = {"apply_transfer", "get_transfer", "dispatch"}
ON_INSPECTED_PHOTO = {"get_photo", "render_photo"}
ON_DEVICE = {"delete_device", "list_user_devices"}
ON_CHECK_IN = {
    "get_mileage_check_in",
    "review_mileage_check_in",
    "update_mileage_check_in",
    "list_check_ins_for_review",
    "list_vehicle_check_ins",
}


@dataclass(frozen=True, slots=True)
class Aws:
    """Where a function finds what it uses. `version`: of the license photo's file."""

    variables: dict[str, str]
    version: str = ""


@contextmanager
def services(engine: BenchEngine) -> Iterator[Aws]:
    """A bucket, queues and secrets in the engine, and this process's clients turned to it."""
    before = dict(os.environ)
    os.environ.update(engine.environment)
    forget()
    bucket = "motorpool-photos"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    variables = {"PHOTO_BUCKET": bucket}
    for variable in (
        *(f"{queue.upper()}_QUEUE_URL" for queue in get_args(Queue)),
        "CONSUMED_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
    ):
        made = boto3.client("sqs").create_queue(QueueName=variable)
        variables[variable] = made["QueueUrl"]
    for name in ("pepper", "cursor_key", "token_key", "webhook_key"):
        secret = boto3.client("secretsmanager").create_secret(Name=name, SecretString=name * 8)
        variables[f"{name.upper()}_SECRET_ARN"] = secret["ARN"]
    os.environ.update(variables)
    try:
        yield Aws(variables)
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget()


def forget() -> None:
    """Let this process's own clients and secrets be made anew."""
    secret_keys.forget()
    clients.forget()


def new_table() -> str:
    """An empty table with the project's keys and indexes, and the variable that names it."""
    name = f"motorpool-{next(TABLES)}"
    os.environ["TABLE_NAME"] = name
    boto3.client("dynamodb").create_table(**create_table_request(name))
    return name


def variables(function: Function, aws: Aws, endpoint: dict[str, str]) -> dict[str, str]:
    """A function's environment, as its `route.py` and Lambda make it.

    What is not in `Uses` is not there: a function makes and primes the clients it has variables of.
    """
    spec = function.spec
    names = {f"{secret.upper()}_SECRET_ARN" for secret in spec.uses.secrets}
    names |= {f"{queue.upper()}_QUEUE_URL" for queue in spec.uses.sends}
    if spec.uses.photos or spec.uses.renditions:
        names.add("PHOTO_BUCKET")
    if isinstance(spec, Consumer):
        names.add("CONSUMED_QUEUE_URL")
    if isinstance(spec, Consumer | Dispatcher):
        names.add("DEAD_LETTER_QUEUE_URL")
    found = {name: aws.variables[name] for name in names}
    if spec.uses.table or spec.uses.index:
        found["TABLE_NAME"] = table.table_name()
    if isinstance(spec, Dispatcher):
        found[rules.VARIABLE] = rules.as_text(spec.rules)
    if isinstance(spec, Route):
        found |= {"API": spec.api, "SCOPE": " ".join(spec.scope)}
        if spec.per_hour:
            found["REQUESTS_PER_HOUR"] = str(spec.per_hour)
    return found | of_lambda(function.name) | endpoint


def of_lambda(name: str) -> dict[str, str]:
    """What Lambda sets for every function."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": f"motorpool-{name}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": "/var/task",
        "_X_AMZN_TRACE_ID": "Root=1-69209b3f-5c1a2b3c4d5e6f7a8b9c0d1e;Parent=53995c3f42cd8ad8;"
        "Sampled=1",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def settle(name: str) -> str:
    """A new table with the world in which that function succeeds; the license photo's version."""
    new_table()
    world.partner()
    fleet = world.organization()
    client = world.client()
    branch = world.organization(OTHER_ORGANIZATION, parent=fleet)
    user = world.driver(at=fleet)
    if name in WITHOUT_VEHICLE:
        return ""
    vehicle = world.vehicle(of=user)
    # The bucket is the same for all functions, and one of them uploaded this photo.
    bucket.remove_all(LICENSE_PHOTO)
    photos = world.photos(of=user, file=None if name == "renew_photo_upload" else a_jpeg())
    if name in ON_CHECK_IN:
        vehicle = _checked_in(vehicle, user, on_hold=name == "update_mileage_check_in")
    elif name in ON_TRANSFER:
        world.transfer(of=vehicle, to=branch)
    elif name == "activate_vehicle":
        world.changed(vehicle, vehicle.made_active(False), "vehicle.deactivated")
    elif name == "unassign_driver":
        world.changed(vehicle, vehicle.assigned_to(user), "vehicle.driver_assigned")
    elif name in ON_DEVICE:
        World().device(of=user, by=client, id=DEVICE)
    version = bucket.uploaded_version(photos.license) or "" if photos.license else ""
    if photos.license and name in ON_INSPECTED_PHOTO:
        inspected = photos.license.inspected(SEEN, size=1_000, version_id=version)
        table.transact(*stored_photos.inspected(inspected))
    return version


def a_jpeg() -> bytes:
    """A photo of two megapixels."""
    buffer = io.BytesIO()
    Image.effect_noise((1600, 1200), 64).convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _checked_in(vehicle: Vehicle, user: User, *, on_hold: bool) -> Vehicle:
    license, odometer = (world.photo(id, of=user) for id in EARLIER)
    made, after = world.check_in(of=vehicle, photos=PhotoPair(license, odometer))
    if on_hold:
        held: CheckIn = replace(made, check_in_status="OnHold")
        table.transact(*checkins.replaced(made, held))
    return after
