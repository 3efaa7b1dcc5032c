"""Scale: units and latency of requests by the number of vehicles in the table.

Vehicles are written into the engine's memory. Requests go over HTTP, from a warm handler in a
fresh interpreter: they are timed directly, then counted through the exchange. The latency is the
engine's, not DynamoDB's: it sorts a whole partition for each page of it.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import events, world
from bench.engine import BenchEngine, environment
from bench.exchange import Exchange
from bench.interpreter import started
from bench.packages import Package
from infra.local import vins
from infra.local.world import BUILDER, World
from infra.spec import Function, Route
from motorpool.tenants import user_store as users
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from tests.functions import world as recorded_world

SIZES = (100, 10_000, 1_000_000)
# Four items each, with their index entries: 7,400 between 100 and 10,000 vehicles, and a margin.
BYTES_PER_VEHICLE = 10_000
SPARED_BYTES = 3_000_000_000
TIMED = 20
COUNTED = 10
MS = 1000

# The owners of the first hundred vehicles: their first page is full at every size of the table.
OWNERS = tuple(f"org_{number:032x}" for number in range(4))
PLACES = {
    "veh_SAMPLEID": "%(id)s",
    "SAMPLEVIN": "%(vin)s",
    "SAMPLEPLATE": "%(plate)s",
    "SAMPLEOWNER": "%(owner)s",
    "SAMPLEUSER": "%(user)s",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A table with that many vehicles, and the engine's memory."""

    vehicles: int
    engine_bytes: int


def sizes() -> tuple[int, ...]:
    """The sizes to measure that fit into this machine's free memory, with the largest possible."""
    memory = dict(
        line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line
    )
    free = int(memory["MemAvailable"].split()[0]) * 1024
    most = min(SIZES[-1], (free - SPARED_BYTES) // BYTES_PER_VEHICLE)
    return (*(size for size in SIZES if size < most), most)


def filled(
    engine: BenchEngine, sizes: tuple[int, ...], said: Callable[[int], None]
) -> Iterator[Filled]:
    """Fill a table from size to size. `said` is called with the number of vehicles in it."""
    world.settle("create_vehicle_by_vin")
    for owner in OWNERS:
        recorded_world.organization(owner)
    job = {"table": os.environ["TABLE_NAME"], "templates": _templates()}
    before = 0
    for size in sizes:
        engine.fill(job | {"first": before, "last": size}, said)
        before = size
        yield Filled(size, engine.memory())


def measured(
    function: Function,
    package: Package,
    size: int,
    aws: world.Aws,
    engine: BenchEngine,
    between: Exchange,
) -> dict[str, Any]:
    """The figures of one kind of request at one size: latency in ms, units per request."""
    direct = world.variables(function, aws, environment(engine.endpoint))
    asked = _asked(function, size)
    timed = [next(asked) for _ in range(TIMED + 1)]
    start = started(package, function.name, timed, direct, timed=True)
    _must_have_succeeded(function, start.answer, start.each)
    latencies = start.each
    between.record()
    counted = [next(asked) for _ in range(COUNTED)]
    start = started(package, function.name, counted, direct | between.environment, timed=True)
    _must_have_succeeded(function, start.answer, start.each)
    table_calls = [call for call in between.calls if call.operation.startswith("DynamoDB_")]
    each = len(table_calls) // COUNTED
    per_request = [table_calls[first : first + each] for first in range(0, COUNTED * each, each)]
    walls = [float(one["wall"]) * MS for one in latencies]
    return {
        "request": function.name,
        "vehicles": size,
        "calls": each,
        "read_units": [sum(call.read_units for call in calls) for calls in per_request],
        "write_units": [sum(call.write_units for call in calls) for calls in per_request],
        "p50_ms": median(walls),
        "p95_ms": quantiles(walls, n=20)[-1],
    }


def _must_have_succeeded(function: Function, answer: Any, each: Any) -> None:
    statuses = {answer.get("statusCode", 200), *(one["status"] for one in each)}
    if any(status >= 400 for status in statuses):
        raise RuntimeError(f"{function.name} answered {answer} and then {statuses}")


def _asked(function: Function, size: int) -> Iterator[dict[str, Any]]:
    """Events about the last hundred vehicles that were loaded, each about a different one."""
    assert isinstance(function.spec, Route)
    route = function.spec
    for number in range(size - 100, size):
        vehicle_id = f"veh_{number:032x}"
        body: dict[str, Any] | None = None
        query = None
        match function.name:
            case "create_vehicle_by_vin":
                body = vins.bronco(userId=world.USER, licensePlate=f"N{size}-{number}", state="CA")
            case "create_mileage_check_in":
                body = _check_in(number, vehicle_id)
            case "list_supplier_vehicles":
                query = {"owner_id": OWNERS[number % len(OWNERS)]}
            case "transfer_vehicle":
                # The first ones were used by the check-ins.
                vehicle_id = f"veh_{number + 50 if number + 50 < size else number:032x}"
        path = {"vehicleId": vehicle_id, "vehicle_id": vehicle_id}
        yield events.for_route(function.name, route, path=path, body=body, query=query)


def _check_in(number: int, vehicle_id: str) -> dict[str, Any]:
    """A check-in with two new photos, already inspected."""
    urls = []
    for _ in range(2):
        user: User = replace(_user(), id=f"usr_{number % 1000:032x}")
        photo = World().ready_photo(of=user)
        urls.append([{"url": f"{events.API}/photo/{photo.id}"}])
    return {
        "vehicleId": vehicle_id, "licensePlate": f"B{number}", "state": "CA", "mileage": 48210,
        "licensePhotos": urls[0], "odometerPhotos": urls[1],
    }  # fmt: skip


def _user() -> User:
    user = users.find(world.USER)
    assert user is not None
    return user


def _templates() -> list[Any]:
    """The items of one vehicle as the store writes them, with placeholders for what differs."""
    user = _user()
    sample: Vehicle = replace(
        World(save=lambda *_: None).vehicle(of=user, plate="X"),
        id="veh_SAMPLEID",
        vin="SAMPLEVIN",
        plate="SAMPLEPLATE",
        owner_id="SAMPLEOWNER",
        owner_path="SAMPLEOWNER",
        user_id="SAMPLEUSER",
    )
    text = json.dumps(
        [write.request["Item"] for write in vehicles.add(sample, by=BUILDER)]
    ).replace("%", "%%")
    for token, place in PLACES.items():
        text = text.replace(token, place)
    items: list[Any] = json.loads(text)
    return items
