"""What the local engine keeps: through stops, kills, failed saves, and a move to another port."""

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import httpx
import pytest
from botocore.exceptions import BotoCoreError

from infra.local import engine as module
from infra.local.engine import REGION, ROOT_USER, Engine, free_port
from infra.local.stack import LocalStack, running
from infra.paths import ENGINE
from motorpool import aws
from motorpool.access import secret_keys
from motorpool.dynamodb import keys, table
from tests.e2e.api import Api, Supplier, served, until
from tests.e2e.conftest import FIRST_PORT
from tests.e2e.tenant import Tenant

MAY_BE_LOST_SECONDS = 5
WRITERS = 4
WRITTEN_FOR_SECONDS = 6


class Things:
    """A table and a queue in an engine."""

    def __init__(self, engine: Engine) -> None:
        root = boto3.Session(
            ROOT_USER["AWS_ACCESS_KEY_ID"], ROOT_USER["AWS_SECRET_ACCESS_KEY"], region_name=REGION
        )
        self.dynamodb: Any = root.client("dynamodb", endpoint_url=engine.endpoint)
        self.sqs: Any = root.client("sqs", endpoint_url=engine.endpoint)
        self.cloudformation: Any = root.client("cloudformation", endpoint_url=engine.endpoint)
        self.queue = f"{engine.endpoint}/000000000000/things"

    def create(self) -> None:
        self.dynamodb.create_table(
            TableName="things",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.sqs.create_queue(QueueName="things")

    def put(self, name: str) -> None:
        self.dynamodb.put_item(TableName="things", Item={"pk": {"S": name}})

    def send(self, name: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=name)

    def all(self) -> set[str]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="things")
        return {item["pk"]["S"] for page in pages for item in page["Items"]}

    def received(self) -> set[str]:
        """What the messages say that are visible; they are then hidden for 10 minutes."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, VisibilityTimeout=600)
        return {message["Body"] for message in answer.get("Messages", [])}

    def waiting(self) -> int:
        """How many messages are visible."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=[name])
        return int(answer["Attributes"][name])


@pytest.fixture
def started(small_engine: Engine) -> Iterator[Callable[[], Things]]:
    """Starts the small engine; stops it before, if it runs."""
    with ExitStack() as stack:

        def started() -> Things:
            stack.close()
            return Things(stack.enter_context(small_engine))

        yield started


def saved_at(engine: Engine) -> int:
    """When the newest generation was saved, in ns; 0 if there is none."""
    file = engine.folder / "state" / "generation"
    return file.stat().st_mtime_ns if file.exists() else 0


def all_is_saved(engine: Engine) -> None:
    """Wait until a generation was saved that began after this call."""
    for _ in range(2):
        before = saved_at(engine)
        Things(engine).sqs.create_queue(QueueName="changed")
        until(lambda before=before: saved_at(engine) > before)  # type: ignore[misc]


def test_data_survive_a_stop_and_messages_in_work_are_delivered_again_at_once(
    started: Callable[[], Things],
) -> None:
    first = started()
    first.create()
    first.put("a")
    first.send("b")
    assert (first.received(), first.received()) == ({"b"}, set())
    again = started()
    assert (again.all(), again.received()) == ({"a"}, {"b"})


def test_data_that_were_saved_survive_a_kill_and_nothing_is_saved_without_a_change(
    small_engine: Engine, started: Callable[[], Things]
) -> None:
    first = started()
    first.create()
    first.put("a")
    all_is_saved(small_engine)
    time.sleep(0.5)
    before = saved_at(small_engine)
    first.all()
    time.sleep(0.5)
    assert saved_at(small_engine) == before
    small_engine.kill()
    assert started().all() == {"a"}


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_kill_under_four_writers_loses_the_last_seconds_of_all_services_at_one_moment(
    tmp_path: Path, kills: int
) -> None:
    engine = Engine(tmp_path, free_port(FIRST_PORT + 50))
    with engine:
        Things(engine).create()
        for number in range(kills):
            acknowledged, killed_at = killed_while_writing(engine, f"{number}-")
            engine.__enter__()
            kept = Things(engine).all()
            lost = {name: killed_at - at for name, at in acknowledged.items() if name not in kept}
            assert len(acknowledged) > len(lost)
            assert max(lost.values(), default=0) < MAY_BE_LOST_SECONDS
            # A writer sends a message about each item before it puts the next.
            assert 0 <= len(kept) - Things(engine).waiting() <= WRITERS * (number + 1)


def killed_while_writing(engine: Engine, mark: str) -> tuple[dict[str, float], float]:
    """Kill an engine while writers write items; their names and when each was acknowledged.

    And when the engine was killed.
    """
    acknowledged: dict[str, float] = {}

    def write(writer: int) -> None:
        mine = Things(engine)
        with suppress(BotoCoreError):
            for number in itertools.count():
                name = f"{mark}{writer}-{number}"
                mine.put(name)
                acknowledged[name] = time.monotonic()
                mine.send(name)

    with ThreadPoolExecutor(WRITERS) as threads:
        for writer in range(WRITERS):
            threads.submit(write, writer)
        time.sleep(WRITTEN_FOR_SECONDS)
        killed_at = time.monotonic()
        engine.kill()
    return acknowledged, killed_at


def test_a_save_that_fails_is_told_on_the_terminal_and_tried_again(
    small_engine: Engine, started: Callable[[], Things], capfd: pytest.CaptureFixture[str]
) -> None:
    first = started()
    first.create()
    all_is_saved(small_engine)
    generation = small_engine.folder / "state" / "generation"
    # A folder in its place cannot be replaced by a file.
    generation.unlink()
    generation.mkdir()
    first.put("a")
    told = until(lambda: capfd.readouterr().err)
    assert "The data were not saved: IsADirectoryError" in told
    generation.rmdir()
    until(generation.is_file)
    small_engine.kill()
    assert started().all() == {"a"}


STUCK = """
import os, time
os.environ["MOTORPOOL_STUCK_AFTER_SECONDS"] = "0.2"
import generation

reading, writing = os.pipe()
child = os.fork()
if child == 0:
    time.sleep(60)
os.close(writing)
saver = generation.Saver()
assert not saver._finished(generation._Child(child, reading))
assert saver.changed
"""


def test_a_save_that_makes_no_progress_is_given_up(tmp_path: Path) -> None:
    """A child can inherit a lock that a thread of its parent held."""
    subprocess.run(
        [ENGINE / "bin" / "python", "-c", STUCK],
        check=True,
        cwd=Path(module.__file__).parent,
        env={"STATE_DIR": str(tmp_path)},
        timeout=20,
    )


def test_data_that_cannot_be_read_are_refused_in_a_sentence(small_engine: Engine) -> None:
    state = small_engine.folder / "state"
    state.mkdir()
    (state / "generation").write_text("not a generation")
    with pytest.raises(RuntimeError) as refused, small_engine:
        pass
    said = str(refused.value)
    assert said.startswith(f"The data in {state / 'generation'} cannot be read (")
    assert said.endswith("or forget all data with `make clean ARGS=data`.")
    assert "\n" not in said
    assert (state / "generation").read_text() == "not a generation"


WAITING = {
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "deployed"}},
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "deployed"}},
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": ["Queue", "Bucket"],
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"},
    },
}


def test_after_a_kill_in_mid_deployment_the_deployment_begins_anew(
    small_engine: Engine, started: Callable[[], Things]
) -> None:
    first = started()
    first.create()
    all_is_saved(small_engine)
    resources = dict(WAITING)
    first.cloudformation.create_stack(
        StackName="new", TemplateBody=json.dumps({"Resources": resources})
    )
    until(lambda: "deployed" in str(first.sqs.list_queues()))
    time.sleep(1)
    small_engine.kill()
    again = started()
    assert again.cloudformation.describe_stacks()["Stacks"] == []
    del resources["Wait"]
    again.cloudformation.create_stack(
        StackName="new", TemplateBody=json.dumps({"Resources": resources})
    )
    again.cloudformation.get_waiter("stack_create_complete").wait(
        StackName="new", WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )


def test_a_busy_port_is_passed_over(small_engine: Engine) -> None:
    with small_engine:
        assert free_port(small_engine.port) > small_engine.port


def test_engines_that_are_started_at_once_on_one_port_keep_their_data_apart(
    tmp_path: Path,
) -> None:
    port = free_port(FIRST_PORT + 50)
    engines = [Engine(tmp_path / name, port) for name in "ab"]
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        for engine in threads.map(stack.enter_context, engines):
            Things(engine).create()
            Things(engine).put(engine.folder.name)
        assert port in {engine.port for engine in engines}
        assert [Things(engine).all() for engine in engines] == [{"a"}, {"b"}]


@contextmanager
def run_again(folder: Path) -> Iterator[LocalStack]:
    """The stack whose data are in the folder, on a port of its own."""
    before = dict(os.environ)
    try:
        with running(folder, free_port(FIRST_PORT + 70), lambda _: None) as stack:
            yield stack
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws.forget()
        secret_keys.forget()


DISPATCHER = "motorpool-dispatch:live"


def dispatcher_is(enabled: bool) -> None:
    functions = boto3.client("lambda")
    [mapping] = functions.list_event_source_mappings(FunctionName=DISPATCHER)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


class SavedStack(NamedTuple):
    """A folder with the data of a stack, and what is in them."""

    folder: Path
    tenant: Tenant
    open_transfer: str

    def copied(self, to: Path) -> "SavedStack":
        return self._replace(folder=shutil.copytree(self.folder, to))

    def tenant_of(self, stack: LocalStack) -> Tenant:
        """The tenant, as it calls a stack of this folder, which has other URLs."""
        urls, credentials = stack.description, self.tenant.api.credentials
        return replace(
            self.tenant,
            api=Api(urls["partner_api"], credentials),
            supplier=Supplier(urls["supplier_api"], credentials),
        )


@pytest.fixture(scope="module")
def saved_stack(
    local_stack: LocalStack,
    new_tenant: Callable[[], Tenant],
    tmp_path_factory: pytest.TempPathFactory,
) -> SavedStack:
    """What is kept of the stack under test at a moment at which a transfer is open."""
    folder, tenant = tmp_path_factory.mktemp("saved"), new_tenant()
    dispatcher_is(enabled=False)
    transfer = tenant.supplier.transfer(tenant.vehicle_id(), tenant.west.id).json()["transfer"]
    all_is_saved(local_stack.engine)
    for name in ("state", "s3"):
        shutil.copytree(local_stack.engine.folder / name, folder / name)
    shutil.copy(local_stack.engine.folder / "stack.json", folder)
    dispatcher_is(enabled=True)
    assert tenant.supplier.ended(transfer["id"])["status"] == "completed"
    return SavedStack(folder, tenant, transfer["id"])


def test_on_another_port_open_transfers_complete_unasked_and_photos_are_inspected(
    saved_stack: SavedStack, tmp_path: Path
) -> None:
    kept = saved_stack.copied(tmp_path / "copy")
    with run_again(kept.folder) as stack:
        tenant = kept.tenant_of(stack)
        assert tenant.supplier.transfer_of(kept.open_transfer)["status"] == "accepted"
        dispatcher_is(enabled=True)
        assert tenant.supplier.ended(kept.open_transfer)["status"] == "completed"
        assert tenant.inspected(tenant.photo(tenant.user()))["photoStatus"] == "Ready"


OLDER_LAYOUT = """
import pickle
from pathlib import Path
from ministack.core import persistence

file = Path(persistence.STATE_DIR, "generation")
services = pickle.loads(file.read_bytes())["services"]
queues = services["sqs"]["queues"]
for (account, region, url), queue in list(queues._data.items()):
    queue["url"] = url.replace(":4566/", ":4999/")
    queues._data[account, region, queue["url"]] = queues._data.pop((account, region, url))
assert any(":4999/" in key[2] for key in queues._data)
for name, state in services.items():
    persistence.save_state(name, state)
file.unlink()
"""


def test_data_of_the_older_layout_are_carried_over_to_another_port(
    saved_stack: SavedStack, tmp_path: Path
) -> None:
    """It has a JSON file for each service, and stores queues under URLs with their port."""
    kept = saved_stack.copied(tmp_path / "copy")
    subprocess.run(
        [ENGINE / "bin" / "python", "-c", OLDER_LAYOUT],
        check=True,
        env={"STATE_DIR": str(kept.folder / "state"), "PERSIST_STATE": "1"},
    )
    with run_again(kept.folder) as stack:
        dispatcher_is(enabled=True)
        tenant = kept.tenant_of(stack)
        moved = tenant.supplier.moved(tenant.vehicle_id(), tenant.west.id)
        assert moved["status"] == "completed"
        assert tenant.inspected(tenant.photo(tenant.user()))["photoStatus"] == "Ready"
        until(lambda: not list((kept.folder / "state").glob("*.json")))


def all_events(api: Api) -> list[dict[str, Any]]:
    """The whole feed of the caller's partner."""
    found: list[dict[str, Any]] = []
    query = {"limit": "100"}
    while True:
        page = served(api.get("/events", params=query))
        found += page["events"]
        if not page["hasMore"]:
            return found
        query["after"] = page["after"]


def history_of(api: Api, vehicle_id: str) -> list[int]:
    """The numbers of a vehicle's entries, first to last."""
    found: list[int] = []
    query = {"limit": "100"}
    while True:
        page = served(api.get(f"/vehicles/{vehicle_id}/history", params=query))
        found += [entry["n"] for entry in page["history"]]
        if not page["nextCursor"]:
            return found[::-1]
        query["cursor"] = page["nextCursor"]


def killed_while_changing(stack: LocalStack, tenant: Tenant, vehicles: list[str]) -> int:
    """Kill the stack while each vehicle is changed by a writer; how many changes it acknowledged.

    The kill comes when the feed has events and more are on their way.
    """
    acknowledged = itertools.count()

    def change(vehicle_id: str) -> None:
        api = Api(tenant.url, tenant.api.credentials)
        with suppress(httpx.HTTPError):
            for number in itertools.count():
                served(api.put(f"/vehicles/{vehicle_id}", {"colorHexCode": f"{number:06d}"}))
                next(acknowledged)

    with ThreadPoolExecutor(len(vehicles)) as threads:
        for vehicle_id in vehicles:
            threads.submit(change, vehicle_id)
        time.sleep(WRITTEN_FOR_SECONDS)
        stack.engine.kill()
    return next(acknowledged)


def test_after_a_kill_under_four_writers_the_feed_has_all_that_survived_once_and_goes_on(
    saved_stack: SavedStack, tmp_path: Path
) -> None:
    kept = saved_stack.copied(tmp_path / "copy")
    with run_again(kept.folder) as stack:
        dispatcher_is(enabled=True)
        tenant = kept.tenant_of(stack)
        vehicles = [tenant.vehicle_id() for _ in range(WRITERS)]
        acknowledged = killed_while_changing(stack, tenant, vehicles)
    with run_again(kept.folder) as stack:
        tenant = kept.tenant_of(stack)
        histories = {each: history_of(tenant.api, each) for each in vehicles}
        survived = sum(map(len, histories.values()))
        assert acknowledged / 4 < survived <= acknowledged + 2 * WRITERS

        def in_feed(**histories: list[int]) -> list[dict[str, Any]] | None:
            """The feed, once it has the last entry of each vehicle."""
            found = all_events(tenant.api)
            of = {(event["data"]["vehicleId"], event["data"]["n"]) for event in found}
            return found if {(each, ns[-1]) for each, ns in histories.items()} <= of else None

        def check(found: list[dict[str, Any]], histories: dict[str, list[int]]) -> None:
            for each, entries in histories.items():
                assert entries == list(range(1, len(entries) + 1))
                assert [e["data"]["n"] for e in found if e["data"]["vehicleId"] == each] == entries
            assert len({event["id"] for event in found}) == len(found)
            *segments, head = table.query(keys.feed(tenant.partner.id), consistent=True)
            assert head["lastNumber"] == len(found) == sum(len(s["events"]) for s in segments)

        before = until(lambda: in_feed(**histories))
        check(before, histories)
        for each in vehicles:
            served(tenant.api.put(f"/vehicles/{each}", {"colorHexCode": "FFFFFF"}))
            histories[each].append(len(histories[each]) + 1)
        after = until(lambda: in_feed(**histories))
        check(after, histories)
        assert after[: len(before)] == before
