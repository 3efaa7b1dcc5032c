"""`motorpool user`: what a person may ask for."""

import getpass
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import boto3
import typer

from motorpool.access import device_store as devices
from motorpool.access.callers import Actor
from motorpool.access.devices import Device
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes
from motorpool.dynamodb.table import TransactItem, VersionConflict
from motorpool.dynamodb.values import from_values
from motorpool.errors import Unavailable, UserNotFound
from motorpool.history import store as history
from motorpool.history.model import VehicleEvent
from motorpool.photos import bucket
from motorpool.tenants import user_store as users
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from ops.screen import console

app = typer.Typer(no_args_is_help=True, help="Users.")

# No index leads from a person to all that is known of it, so the whole table is read. Answers that
# are kept for repeated requests have a body; what it is about is found out here.
ABOUT = (
    "pk = :person OR #user = :user OR #driver = :user OR #thing.#user = :user"
    " OR attribute_exists(#body)"
)
NAMES = {"#user": "userId", "#driver": "driverId", "#thing": "thing", "#body": "body"}
ROUNDS = 8

KINDS = {"HISTORY": "history entries", "CHECKIN": "check-ins", "VEHICLE": "vehicles"}
KINDS |= {"PHOTO": "photos", "DEVICE": "devices", "REQUEST": "kept answers"}


@app.callback()
def _users() -> None:
    """Users."""


@app.command("forget")
def forget(
    user_id: Annotated[str, typer.Argument(help="Id of the user (usr_…).")],
) -> None:
    """Erase a person: name, phone, e-mail, devices, photos, positions; plates, notes of check-ins.

    Vehicles lose their user or driver and keep their plate. Their histories stay whole: see
    `motorpool vehicle verify`. Reads the whole table, at least twice. If it is stopped, run it
    again. Backups keep the person until they expire.
    """
    user = users.find(user_id)
    marks = {user_id} | ({user.phone} if user else set())
    erased: Counter[str] = Counter()
    # A round without the user finds what requests that were under way wrote.
    for _ in range(ROUNDS):
        done, conflicts = _round(user_id, marks)
        erased += done
        if conflicts:
            continue
        if user:
            table.transact(*users.removed(user))
            erased["user"] += 1
            user = None
        elif not done:
            break
    else:
        raise Unavailable
    if not erased:
        raise UserNotFound
    for what, number in sorted(erased.items()):
        console.print(f"{what}: {number}")


@app.command("relist")
def relist(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show how many would be listed.")
    ] = False,
) -> None:
    """Put the users that version 0.1.0 wrote into the lists of `GET /users`.

    Reads the whole table. Run it once after the update; again does no harm.
    """
    console.print(f"users {'that would be ' if dry_run else ''}listed: {relisted(dry_run)}")


def relisted(dry_run: bool = False) -> int:
    """List the users that are in no list; returns how many. A change of one lists it too."""
    listed = 0
    for item in _scanned("sk = :sk AND attribute_not_exists(gsi1pk)", {":sk": {"S": "USER"}}):
        try:
            if not dry_run:
                table.transact(users.listed(from_attributes(User, item)))
        except VersionConflict:
            continue
        listed += 1
    return listed


def _round(user_id: str, marks: set[str]) -> tuple[Counter[str], int]:
    """Erase what the table has of a user, but the user's own item.

    Returns the number of items of each kind, and of those that somebody else changed meanwhile.
    `marks`: what kept answers about the user contain; ids that are found are added.
    """
    done: Counter[str] = Counter()
    conflicts = 0
    for item in tuple(_items_about(user_id)):
        kind = item["sk"].partition("#")[0]
        try:
            if writes := _erasure(kind, item, user_id, marks):
                table.transact(*writes)
                if kind == "PHOTO":
                    # Also what was made of the file meanwhile. Whoever makes more finds no photo.
                    bucket.remove_all(item["id"])
                done[KINDS[kind]] += 1
        except VersionConflict:
            conflicts += 1
    return done, conflicts


def _erasure(kind: str, item: Item, user_id: str, marks: set[str]) -> tuple[TransactItem, ...]:
    """The writes that erase the user from an item; empty when nothing is left to erase."""
    match kind:
        case "HISTORY":
            entry = history.from_item(item)
            return (history.forgotten(entry),) if entry.personal else ()
        case "CHECKIN":
            marks.add(item["id"])
            check_in = from_attributes(CheckIn, item)
            after = check_in.forgotten()
            return checkins.replaced(check_in, after) if after != check_in else ()
        case "VEHICLE":
            return _left(from_attributes(Vehicle, item), user_id)
        case "DEVICE":
            return (devices.removed(from_attributes(Device, item)),)
        case "PHOTO":
            marks.add(item["id"])
            bucket.remove_all(item["id"])
            its_own = {":user": user_id}
            return (table.delete(keys.photo(item["id"]), only_if="userId = :user", values=its_own),)
        case "REQUEST" if any(mark in item["body"] for mark in marks):
            same = {":fingerprint": item["fingerprint"]}
            key = table.Key(item["pk"], item["sk"])
            return (table.delete(key, only_if="fingerprint = :fingerprint", values=same),)
    return ()


def _left(vehicle: Vehicle, user_id: str) -> tuple[TransactItem, ...]:
    """The writes of a vehicle that the person neither has nor drives any more."""
    happened: VehicleEvent = "vehicle.driver_unassigned"
    after = vehicle.unassigned() if vehicle.driver_id == user_id else vehicle
    if vehicle.user_id == user_id:
        happened = "vehicle.updated"
        after = after.owned_by(None)
    return vehicles.changed(vehicle, after, happened, by=Actor("operator", getpass.getuser()))


def _items_about(user_id: str) -> Iterator[Item]:
    person = {":person": {"S": keys.user(user_id).pk}}
    return _scanned(ABOUT, {":user": {"S": user_id}, **person}, NAMES)


def _scanned(
    only_if: str, values: dict[str, Any], names: dict[str, str] | None = None
) -> Iterator[Item]:
    pages = boto3.client("dynamodb").get_paginator("scan")
    named: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
    for page in pages.paginate(
        TableName=table.table_name(),
        FilterExpression=only_if,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
        **named,
    ):
        yield from map(from_values, page["Items"])
