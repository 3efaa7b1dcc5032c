"""Transfers under faults: seeded schedules of what befalls each AWS call, and what must hold.

A schedule plays clients, the table's stream and two queues around the handlers (request, dispatch,
application, numbering of events). Before any of their calls it may decide that the process dies
before or after the call, that the call or its answer is lost, that the transaction is cancelled by
another one, that the queue refuses some messages of a batch, that the table throttles, or that
somebody else is faster: then another handler runs to its end in between. Messages come up to three
times more, in any order; what the stream told is told again.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import dynamodb_backends

from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes
from motorpool.dynamodb.values import from_values
from motorpool.events.model import Segment
from motorpool.history.model import Entry, problems
from motorpool.history.store import from_item
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.custody import BEGINS_CUSTODY, Custody
from motorpool.vehicles.model import Vehicle
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of

FAULTS = (
    "killed before",
    "killed after",
    "call lost",
    "answer lost",
    "cancelled",
    "partly refused",
    "throttled",
    "overtaken",
)
STEPS = 50
DELIVERIES = 5
REPEATS = 3


class Killed(BaseException):
    """The process dies. No `except Exception` of ours or of a library outlives it."""


@dataclass
class Faults:
    """What befalls the calls. `overtake` runs another handler in between; `met` is for coverage."""

    chance: random.Random
    moto: wire.Wire
    sent: Callable[[str, str], None]
    overtake: Callable[[], None]
    on: bool = False
    storm: int = 0
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """Moto's answer to a call, or what a fault makes of it."""

        def applied() -> AWSResponse:
            if operation == "SendMessageBatch":
                return self._taken(wire.body_of(request), refused=())
            return self.moto(operation, request)

        match self._drawn(operation):
            case "killed before":
                raise Killed
            case "killed after":
                applied()
                raise Killed
            case "call lost":
                raise ConnectTimeoutError(endpoint_url=request.url)
            case "answer lost":
                applied()
                raise ReadTimeoutError(endpoint_url=request.url)
            case "cancelled":
                parts = wire.body_of(request)["TransactItems"]
                reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in parts[1:])]
                return wire.error("TransactionCanceledException", CancellationReasons=reasons)
            case "throttled":
                return wire.error("ThrottlingException")
            case "partly refused":
                asked = wire.body_of(request)
                entries = asked["Entries"]
                refused = self.chance.sample(entries, self.chance.randint(1, len(entries)))
                return self._taken(asked, refused=[entry["Id"] for entry in refused])
            case "overtaken":
                self.on = False
                self.overtake()
                self.on = True
        return applied()

    def _taken(self, asked: dict[str, Any], *, refused: Collection[str]) -> AWSResponse:
        """The queue's answer to a batch of which it takes all but some."""
        taken = [entry for entry in asked["Entries"] if entry["Id"] not in refused]
        for entry in taken:
            self.sent(asked["QueueUrl"], entry["MessageBody"])
        ok = [{"Id": entry["Id"], "MessageId": "a"} for entry in taken]
        failed = [{"Id": id, "Code": "InternalError", "SenderFault": False} for id in refused]
        return wire.answer(200, Successful=ok, Failed=failed)

    def _drawn(self, operation: str) -> str | None:
        if not self.on:
            return None
        fault = None
        if self.storm:
            self.storm -= 1
            fault = "throttled"
        elif self.chance.random() < 0.3:
            fault = self.chance.choice(FAULTS)
            if fault == "cancelled" and operation != "TransactWriteItems":
                fault = None
            if fault == "partly refused" and operation != "SendMessageBatch":
                fault = None
            if fault == "throttled":
                self.storm = self.chance.choice((0, 2, 5))
        if fault:
            self.met[operation, fault] += 1
        return fault


class Moto:
    """Moto's table without its HTTP layer, which takes far longer than the transactions do."""

    def __init__(self) -> None:
        self.backend = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """The answer to a call."""
        if operation not in {"TransactWriteItems", "BatchGetItem", "GetItem"}:
            # The history of a vehicle after an entry, when a message came too early.
            return wire.to_moto(operation, request)
        asked = wire.body_of(request)
        match operation:
            case "TransactWriteItems":
                try:
                    self.backend.transact_write_items(asked["TransactItems"])
                except TransactionCanceledException as cancelled:
                    reasons = MockRawResponse(str(cancelled.description))
                    return AWSResponse("", 400, HTTPHeaders(), reasons)
                return wire.answer(200)
            case "BatchGetItem":
                [(name, wanted)] = asked["RequestItems"].items()
                items = [self.backend.get_item(name, key) for key in wanted["Keys"]]
                found = [_as_json(item) for item in items if item]
                return wire.answer(200, Responses={name: found}, UnprocessedKeys={})
        item = self.backend.get_item(asked["TableName"], asked["Key"])
        return wire.answer(200, **({"Item": _as_json(item)} if item else {}))

    def stored(self) -> list[Item]:
        """Everything in the table, in DynamoDB's JSON."""
        return [_as_json(item) for item in self.backend.tables[table.table_name()].all_items()]


def _as_json(item: Any) -> Item:
    attributes: Item = item.to_json()["Attributes"]
    return attributes


@dataclass(eq=False)
class Message:
    """A message of a consumer's queue, and how often it comes although it was handled."""

    consumer: str
    body: str
    again: int
    failures: int = 0


@dataclass
class Asked:
    """A client's request; it is sent again, with its key if it has one, until it is answered."""

    function: str
    vehicle_id: str
    body: dict[str, Any]
    key: str | None
    tries: int = 0
    told: set[str] = field(default_factory=set)


class Schedule:
    """One run of everything, decided by its seed alone."""

    def __init__(self, seed: int, moto: Moto) -> None:
        self.chance = random.Random(seed)
        self.stored = moto.stored
        self.faults = Faults(self.chance, moto, self._sent, self._overtaken)
        self.troubled = False
        self.requests: list[Asked] = []
        self.records: list[dict[str, Any]] = []
        self.dispatched = 0
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self.ever_sent: set[str] = set()
        self.promised: set[str] = set()
        self.handlers: dict[str, Callable[[dict[str, Any], Any], Any]] = {}
        self.recorded = event("transfer_vehicle")

    def run(self) -> None:
        """Play it, let everything that is left come to its end, and check what must be so."""
        self._settle()
        self.troubled = True
        for _ in range(STEPS):
            self.faults.storm = 0
            self.chance.choice(self._possible())()
        self.troubled = False
        while self.requests or self.dispatched < len(self.records) or self.messages or self.dead:
            self.messages += self.dead
            self.dead = []
            for rest in (self._request, self._dispatch, self._deliver):
                rest()
        self._check()

    # The world

    def _settle(self) -> None:
        world.partner()
        fleets = [world.organization(f"org_{n:032x}") for n in range(3)]
        people = [
            world.driver(f"usr_{n:032x}", at=fleet, phone=f"+1415555010{n}")
            for n, fleet in enumerate(fleets)
        ]
        ids = [f"veh_{n:032x}" for n in range(2)]
        for n, vehicle_id in enumerate(ids):
            car = replace(world.BRONCO, vin=f"1FMCU14T6JU40000{n}")
            world.vehicle(vehicle_id, of=people[0], car=car, plate=None, state=None)
        self.first_owner = fleets[0].id
        self.people = {user.id: user for user in people}
        self.requests = [self._drawn_request(ids, fleets, people) for _ in range(6)]

    def _drawn_request(
        self, ids: list[str], fleets: list[Organization], people: list[User]
    ) -> Asked:
        vehicle_id = self.chance.choice(ids)
        key = f"key-{self.chance.randrange(10**9)}" if self.chance.random() < 0.5 else None
        match self.chance.random():
            case draw if draw < 0.75:
                n = self.chance.randrange(len(fleets))
                body: dict[str, Any] = {"new_owner_id": fleets[n].id}
                if self.chance.random() < 0.4:
                    body["new_user_id"] = people[n].id
                return Asked("transfer_vehicle", vehicle_id, body, key)
            case draw if draw < 0.88:
                driver = self.chance.choice(people)
                return Asked("assign_driver", vehicle_id, {"driver_id": driver.id}, key)
        return Asked("unassign_driver", vehicle_id, {}, key)

    # What may happen next

    def _possible(self) -> list[Callable[[], None]]:
        possible = [self._request] * bool(self.requests)
        possible += [self._dispatch] * (self.dispatched < len(self.records))
        possible += [self._deliver] * bool(self.messages)
        if self.records and self.chance.random() < 0.1:
            possible.append(self._tell_again)
        if self.people and self.chance.random() < 0.02:
            possible.append(self._remove_a_user)
        return possible or [lambda: None]

    def _overtaken(self) -> None:
        self.troubled = False
        self.chance.choice(self._possible())()
        self.troubled = True

    def _request(self) -> None:
        """One try of a client. It gives up what it has no answer to after some tries."""
        if not self.requests:
            return
        request = self.chance.choice(self.requests)
        request.tries += 1
        answer = self._invoked(request.function, self._event_of(request))
        answered = answer is not None and answer["statusCode"] < 500
        if answer is not None:
            assert answer["statusCode"] in {200, 204, 404, 422, 500, 503}, answer
            if answer["statusCode"] == 200:
                transfer = json.loads(answer["body"])["transfer"]
                request.told |= {transfer["id"]} if transfer else set()
                self.promised |= request.told
                assert not request.key or len(request.told) <= 1, "a key was answered anew"
        if (answered or request.tries == 4) and request in self.requests:
            self.requests.remove(request)
        self._read_the_stream()

    def _event_of(self, request: Asked) -> dict[str, Any]:
        headers = {"Idempotency-Key": [request.key]} if request.key else {}
        return self.recorded | {
            "pathParameters": {"vehicle_id": request.vehicle_id},
            "body": json.dumps(request.body),
            "multiValueHeaders": headers,
        }

    def _read_the_stream(self) -> None:
        """The stream tells of every item that somebody is told of, once, a vehicle's in order."""
        known = [record["dynamodb"]["Keys"] for record in self.records]
        for item in sorted(self.stored(), key=lambda item: str(item["sk"]["S"])):
            told = item["sk"]["S"] == "TRANSFER" or item["sk"]["S"].startswith(keys.HISTORY)
            if told and {"pk": item["pk"], "sk": item["sk"]} not in known:
                recorded, _ = event("dispatch")["Records"]
                recorded["dynamodb"] |= {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "NewImage": item,
                    "SequenceNumber": f"{len(self.records):030d}",
                }
                self.records.append(recorded)

    def _dispatch(self) -> None:
        """The shard's next records; those after the first that failed come again."""
        batch = self.records[self.dispatched : self.dispatched + self.chance.randint(1, 3)]
        if not batch:
            return
        begin = self.dispatched
        answer = self._invoked("dispatch", {"Records": batch})
        if answer is not None:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            done = [record["dynamodb"]["SequenceNumber"] not in failed for record in batch]
            self.dispatched = max(self.dispatched, begin + [*done, False].index(False))

    def _tell_again(self) -> None:
        """An old record, as after a day."""
        self._invoked("dispatch", {"Records": [self.chance.choice(self.records)]})

    def _sent(self, queue: str, body: str) -> None:
        consumer = "number_events"
        if queue == os.environ["TRANSFERS_QUEUE_URL"]:
            consumer = "apply_transfer"
            self.ever_sent.add(json.loads(body)["transfer_id"])
        self.messages.append(Message(consumer, body, again=self.chance.randrange(REPEATS)))

    def _deliver(self) -> None:
        """A batch of messages in any order; those that were not handled come again, or die."""
        if not self.messages:
            return
        consumer = self.chance.choice(self.messages).consumer
        waiting = [message for message in self.messages if message.consumer == consumer]
        size = self.chance.randint(1, min(3, len(waiting)))
        batch = self.chance.sample(waiting, size)
        [recorded] = event(consumer)["Records"]
        records = [recorded | {"messageId": str(n), "body": m.body} for n, m in enumerate(batch)]
        answer = self._invoked(consumer, {"Records": records})
        failed = (
            {str(n) for n in range(size)}
            if answer is None
            else {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        )
        for n, message in enumerate(batch):
            if str(n) not in failed and message.again:
                message.again -= 1
            elif str(n) not in failed and message in self.messages:
                self.messages.remove(message)
            elif str(n) in failed:
                message.failures += 1
                if message.failures == DELIVERIES and message in self.messages:
                    self.messages.remove(message)
                    self.dead.append(Message(consumer, message.body, again=0))
        self._read_the_stream()

    def _remove_a_user(self) -> None:
        """What no API does yet: an accepted transfer may then name a new user who is gone."""
        user_id = self.chance.choice(sorted(self.people))
        del self.people[user_id]
        gone = {":id": user_id}
        table.transact(table.delete(keys.user(user_id), only_if="id = :id", values=gone))

    def _invoked(self, name: str, given: dict[str, Any]) -> dict[str, Any] | None:
        """What a handler answers; None when its process died. The next one is a new process."""
        handler = self.handlers.pop(name, None) or handler_of(name)
        self.faults.on = self.troubled
        try:
            answer: dict[str, Any] = handler(
                given, SimpleNamespace(function_name=f"motorpool-{name}")
            )
        except Killed:
            return None
        finally:
            self.faults.on = False
        self.handlers[name] = handler
        return answer

    # What must be so in the end

    def _check(self) -> None:
        stored = [from_values(item) for item in self.stored()]
        transfers = {item["id"]: item for item in stored if item["sk"] == "TRANSFER"}
        assert transfers.keys() == self.ever_sent, "not every transfer was dispatched"
        assert self.promised <= transfers.keys(), "an accepted transfer was lost"
        for transfer in transfers.values():
            assert transfer["transferStatus"] in {"completed", "failed"}, "one is still open"
            assert ("failure" in transfer) == (transfer["transferStatus"] == "failed")
            if transfer["transferStatus"] == "failed":
                assert transfer["newUserId"] not in self.people, "it could have succeeded"
        for vehicle in (item for item in stored if item["sk"] == "VEHICLE"):
            of_vehicle = [item for item in stored if item["pk"] == vehicle["pk"]]
            history = self._checked_history(vehicle, of_vehicle)
            about = [(entry.type, entry.thing["id"]) for entry in history if entry.by == "worker"]
            assert sorted(about) == sorted(
                (f"transfer.{transfer['transferStatus']}", transfer["id"])
                for transfer in transfers.values()
                if transfer["vehicleId"] == vehicle["id"]
            ), "not every transfer's end is in the history once"
            chain = [Custody.begun(entry) for entry in history if entry.type in BEGINS_CUSTODY]
            completed = [
                transfer
                for transfer in transfers.values()
                if transfer["vehicleId"] == vehicle["id"]
                and transfer["transferStatus"] == "completed"
            ]
            self._check_vehicle(vehicle, chain, completed)
        self._check_feed(stored)

    def _check_feed(self, stored: list[Item]) -> None:
        """Every entry of every history is in the feed once, one vehicle's in their order."""
        segments = sorted(
            (item for item in stored if item["pk"] == keys.feed(world.PARTNER)),
            key=lambda item: str(item["sk"]),
        )
        *segments, head = segments
        numbered = [each for s in segments for each in Segment.from_item(s).after(0)]
        assert [number for number, _ in numbered] == list(range(1, head["lastNumber"] + 1))
        found = [(event.subject_id, event.n) for _, event in numbered]
        assert len(found) == len(set(found)), "an event is in the feed twice"
        entries = {
            (str(item["pk"]).rpartition("#")[2], item["n"])
            for item in stored
            if item["sk"].startswith(keys.HISTORY)
        }
        assert set(found) == entries, "an event is not in the feed"
        for subject in {subject for subject, _ in found}:
            own = [n for other, n in found if other == subject]
            assert own == sorted(own), "the events of a vehicle are not in their order"

    def _checked_history(self, vehicle: Item, of_vehicle: list[Item]) -> list[Entry]:
        """The history of a vehicle, whose chain has no gap; what happened once is in it once."""
        items = [item for item in of_vehicle if item["sk"].startswith(keys.HISTORY)]
        items.sort(key=lambda item: str(item["sk"]))
        placed = [(int(item["sk"].removeprefix(keys.HISTORY)), from_item(item)) for item in items]
        assert problems(placed, from_attributes(Vehicle, vehicle).head) == []
        history = [entry for _, entry in placed]
        assert vehicle["version"] == len(history), "a change is not in the history"
        accepted = [entry.thing["id"] for entry in history if entry.type == "transfer.accepted"]
        assert len(accepted) == len(set(accepted))
        return history

    def _check_vehicle(self, vehicle: Item, chain: list[Custody], completed: list[Item]) -> None:
        """An unbroken chain of custody that ends with the owner, and no reservation."""
        assert vehicle["custodyNumber"] == len(chain)
        first, *moves = chain
        assert (first.owner_id, first.transfer_id) == (self.first_owner, None)
        by_id = {transfer["id"]: transfer for transfer in completed}
        assert [by_id.pop(str(move.transfer_id))["toOwnerId"] for move in moves] == [
            move.owner_id for move in moves
        ], "a transfer was applied to another owner"
        assert not by_id, "a transfer is completed without a place in the chain"
        last = {transfer["id"]: transfer for transfer in completed}
        owners = [link.owner_id for link in chain]
        starts = [last[str(move.transfer_id)]["fromOwnerId"] for move in moves]
        assert starts == owners[:-1], "the chain is broken"
        assert vehicle["ownerId"] == owners[-1]
        assert vehicle["ownerPath"] == owners[-1]
        assert vehicle["gsi1pk"] == keys.vehicles_of_organization(owners[-1])
        assert not {"pendingTransferId", "pendingOwnerId"} & vehicle.keys(), "still reserved"
        if moves:
            decided = last[str(moves[-1].transfer_id)]
            assert vehicle["lastTransferId"] == decided["id"]
            # A transfer that is repeated with another user changes the user.
            user = vehicle.get("userId")
            assert user == decided.get("newUserId") or str(user)[-1] == owners[-1][-1]
            assert vehicle.get("gsi2pk") == (
                keys.vehicles_of_user(vehicle["userId"]) if "userId" in vehicle else None
            )
        if driver := vehicle.get("driverId"):
            assert owners[-1][-1] == driver[-1], "it was transferred with its driver"
