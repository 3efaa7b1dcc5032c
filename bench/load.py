"""Load: a mixed day by a few clients at once, over HTTP, against the stack on this machine.

Everything shares this machine's cores: the clients, the gateway, the functions and the table.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from bench.world import a_jpeg
from infra.local import vins
from infra.local.engine import free_port
from infra.local.stack import running

CLIENTS = 4
PORTS = range(30_000, 32_000)
MS = 1000
WAITS_FOR_TRANSFERS = 60.0
# A client's actions, with their relative frequency.
DAY = {"read": 10, "list": 3, "register": 3, "check_in": 2, "transfer": 2}


@dataclass
class Day:
    """The state that all clients share: the stack, and the result of each request."""

    stack: dict[str, Any]
    ends: float
    photo: bytes
    requests: list[tuple[str, float, int]] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)


class Client:
    """One client of the demo partner, with its own vehicles."""

    def __init__(self, day: Day, http: httpx.AsyncClient) -> None:
        self.day = day
        self.http = http
        self.user = day.stack["users"][0]["id"]
        fleets = [org for org in day.stack["organizations"] if org["supplier_type"] == "Fleet"]
        self.others = [org["id"] for org in fleets[1:]]
        self.known: list[str] = []
        self.unchecked: list[str] = []
        self.owned: list[str] = []

    async def live(self) -> None:
        """Do random actions until the day ends."""
        await self.register()
        while time.monotonic() < self.day.ends:
            [what] = random.choices(tuple(DAY), tuple(DAY.values()))
            await getattr(self, what)()

    async def call(self, kind: str, method: str, url: str, **request: Any) -> httpx.Response:
        """Send a request and record its time; status 599 when there is no answer."""
        began = time.perf_counter()
        try:
            answer = await self.http.request(method, url, **request)
        except httpx.HTTPError:
            answer = httpx.Response(599)
        self.day.requests.append((kind, time.perf_counter() - began, answer.status_code))
        return answer

    async def partner(self, kind: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request to the partner API."""
        url = self.day.stack["partner_api"] + path
        return await self.call(kind, method, url, json=body)

    async def register(self) -> None:
        """Create a vehicle."""
        car = vins.bronco(userId=self.user)
        answer = await self.partner("register", "POST", "/vehicles/create/by-vin", car)
        if answer.is_success:
            for pool in (self.known, self.unchecked, self.owned):
                pool.append(answer.json()["id"])

    async def read(self) -> None:
        """Get a vehicle."""
        if self.known:
            await self.partner("read", "GET", f"/vehicles/{random.choice(self.known)}")

    async def list(self) -> None:
        """Get the first page of the user's vehicles."""
        await self.partner("list", "GET", f"/users/{self.user}/vehicles")

    async def check_in(self) -> None:
        """Upload two photos to S3 and create a check-in with them."""
        if not self.unchecked:
            return
        vehicle = self.unchecked.pop()
        if vehicle in self.owned:
            self.owned.remove(vehicle)
        handles = []
        for _ in range(2):
            asked = {"userId": self.user, "contentType": "image/jpeg"}
            form = await self.partner("announce photo", "POST", "/photo/upload", asked)
            if not form.is_success:
                return
            told = form.json()
            await self.call(
                "send photo",
                "POST",
                told["uploadUrl"],
                data=told["uploadFields"],
                files={"file": self.day.photo},
            )
            handles.append([{"url": told["photoUrl"]}])
        reading = {
            "vehicleId": vehicle, "licensePlate": f"L{vehicle[-8:]}", "state": "CA",
            "mileage": 48210, "licensePhotos": handles[0], "odometerPhotos": handles[1],
        }  # fmt: skip
        await self.partner("check in", "POST", "/vehicles/checkin/mileage", reading)

    async def transfer(self) -> None:
        """Transfer a vehicle to another organization; its completion is checked after the day."""
        if not self.owned:
            return
        vehicle = self.owned.pop()
        if vehicle in self.unchecked:
            self.unchecked.remove(vehicle)
        url = f"{self.day.stack['supplier_api']}/vehicle-suppliers/vehicles/{vehicle}/transfer"
        body = {"new_owner_id": random.choice(self.others)}
        answer = await self.call("transfer", "POST", url, json=body)
        if answer.is_success:
            self.day.transfers.append(answer.json()["transfer"]["id"])


def measured(seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Run a day of that many seconds; returns its figures, times in ms."""
    with (
        tempfile.TemporaryDirectory(prefix="motorpool-load-") as folder,
        running(Path(folder), free_port(random.choice(PORTS)), say) as local,
    ):
        return asyncio.run(_lived(local.description, seconds, say))


async def _lived(
    stack: dict[str, Any], seconds: float, say: Callable[[str], None]
) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(headers=stack["partner"], timeout=30, limits=limits) as http:
        photo = a_jpeg()
        say("Waking the functions")
        await _live(Day(stack, time.monotonic() + seconds / 2, photo), http)
        say(f"Running a day of {seconds:.0f} s")
        began = time.monotonic()
        day = Day(stack, began + seconds, photo)
        await _live(day, http)
        lasted = time.monotonic() - began
        say("Waiting for the transfers")
        freshness, open_still = await _freshness(day, http)
    return {
        "clients": CLIENTS,
        "seconds": lasted,
        "requests_per_second": len(day.requests) / lasted,
        "all": _summary([(took, status) for _, took, status in day.requests]),
        "by_request": {
            kind: _summary([(took, status) for name, took, status in day.requests if name == kind])
            for kind in sorted({kind for kind, _, _ in day.requests})
        },
        "transfers": {
            "accepted": len(day.transfers),
            "not_completed": open_still,
            **({} if not freshness else _percentiles([float(each) for each in freshness])),
        },
    }


async def _live(day: Day, http: httpx.AsyncClient) -> None:
    await asyncio.gather(*(Client(day, http).live() for _ in range(CLIENTS)))


async def _freshness(day: Day, http: httpx.AsyncClient) -> tuple[list[int], int]:
    """Milliseconds from accepted to completed of each transfer, and how many did not complete."""
    found: list[int] = []
    waiting = list(day.transfers)
    deadline = time.monotonic() + WAITS_FOR_TRANSFERS
    while waiting and time.monotonic() < deadline:
        for transfer_id in list(waiting):
            url = f"{day.stack['supplier_api']}/vehicle-suppliers/transfers/{transfer_id}"
            told = (await http.get(url)).json()["transfer"]
            if told["freshness_ms"] is not None:
                found.append(told["freshness_ms"])
                waiting.remove(transfer_id)
        await asyncio.sleep(0.2)
    return found, len(waiting)


def _summary(requests: list[tuple[float, int]]) -> dict[str, Any]:
    errors = sum(status >= 400 for _, status in requests)
    return {
        "requests": len(requests),
        "errors": errors,
        **_percentiles([took * MS for took, _ in requests]),
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return dict.fromkeys(("p50_ms", "p95_ms", "p99_ms"), values[0])
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50_ms": median(values), "p95_ms": cuts[94], "p99_ms": cuts[98]}
