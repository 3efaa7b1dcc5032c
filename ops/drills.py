"""`motorpool drill`: rehearsals of failures, on the local stack only.

Each drill causes a failure, does what an operator would do, and fails unless the system recovers as
documented. Drills delete data, so they refuse to run against AWS.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import boto3
import httpx
import typer

from infra.local import description
from infra.local.engine import HOST
from infra.local.world import BUILDER, World
from infra.paths import LOCAL
from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from motorpool.tenants.partners import Partner
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from ops.dead_letters import redrive, waiting_in
from ops.restore import items, line, written
from ops.screen import console
from ops.transfers import send

app = typer.Typer(no_args_is_help=True, help="Rehearse failures, on the local stack only.")

# The name of the partner that a drill makes for itself.
DRILL = "Drill"
# How long the authorizer's answers are cached; the drill allows a second more for polling.
CACHE_SECONDS = 60
PATIENCE_SECONDS = 120


class DrillFailed(Exception):
    """The system did not recover as documented; the text has the details."""


@app.callback()
def drill() -> None:
    """Rehearse failures, on the local stack only."""
    if not os.environ.get("AWS_ENDPOINT_URL", "").startswith(f"http://{HOST}:"):
        raise typer.BadParameter("drills delete data, so they run on the local stack only")


# --- restore -----------------------------------------------------------------------------------


@app.command("restore")
def restore(
    file: Annotated[
        Path | None, typer.Option(help="File for the backup, which is then kept.")
    ] = None,
) -> None:
    """Export the table to a file, wipe it, import the file, and compare."""
    with tempfile.TemporaryDirectory() as folder:
        backup = file or Path(folder) / "backup.jsonl"
        try:
            before = exported(backup)
        except OSError as error:
            raise DrillFailed(f"the backup could not be written: {error}") from error
        console.print(f"exported {before} items to {backup}")
        wiped()
        if left := sum(1 for _ in items(table.table_name())):
            raise DrillFailed(f"{left} items are left after wiping the table")
        console.print("wiped the table")
        try:
            imported(backup)
        except BaseException:
            kept = _kept(backup)
            console.print(f"The import failed. The backup is {kept}.", style="red")
            raise
        lost, strange = compared(backup)
        if lost or strange:
            kept = _kept(backup)
            raise DrillFailed(f"{lost} items are missing, {strange} are new; the backup is {kept}")
    console.print(f"imported {before} items, each the same as before")


def exported(file: Path) -> int:
    """Write every item of the table as a line of DynamoDB JSON; returns their number."""
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for item in items(table.table_name()):
            lines.write(line(item) + "\n")
            count += 1
    return count


def wiped() -> None:
    """Delete every item of the table."""
    keys = [
        {"DeleteRequest": {"Key": {n: item[n] for n in ("pk", "sk")}}}
        for item in items(table.table_name())
    ]
    written(keys, "wiping")


def imported(file: Path) -> None:
    """Write every line of the file as an item."""
    lines = file.read_text(encoding="utf-8").splitlines()
    written([{"PutRequest": {"Item": json.loads(line)}} for line in lines], "importing")


def compared(file: Path) -> tuple[int, int]:
    """How many items are only in the file, and how many are only in the table."""
    then = set(file.read_text(encoding="utf-8").splitlines())
    now = {line(item) for item in items(table.table_name())}
    return len(then - now), len(now - then)


def _kept(backup: Path) -> Path:
    """A copy of the backup outside the temporary folder."""
    kept = LOCAL / f"backup-{time.time_ns()}.jsonl"
    kept.write_text(backup.read_text(encoding="utf-8"), encoding="utf-8")
    return kept


# --- leak --------------------------------------------------------------------------------------


@app.command("leak")
def leak() -> None:
    """Leak a client's secret: rotate, revoke the old one, and wait until it is refused.

    A token that was issued for it must be refused at once: the supplier API does not cache.
    """
    world = World()
    partner = world.partner(DRILL)
    admitted = world.client(of=partner.id, home=world.organization(of=partner.id))
    client, leaked = admitted.client, admitted.secret
    token = _token(client, leaked)
    if not (_served(partner, client, leaked) and _bearer_is_served(token)):
        raise DrillFailed("the client is not served before the drill")
    fresh = new_secret()
    rotated = client.with_new_secret(fresh, pepper())
    table.transact(clients.replaced(client, rotated))
    if not (_served(partner, client, leaked) and _served(partner, client, fresh)):
        raise DrillFailed("the rotation has a gap: both secrets are valid until one is revoked")
    console.print("rotated: both secrets are served")
    after = clients.get(partner.id, client.id)
    table.transact(clients.replaced(after, after.without_old_secret()))
    revoked = time.monotonic()
    if _bearer_is_served(token):
        raise DrillFailed(
            "a token that was issued for the leaked secret is valid after it was revoked"
        )
    with console.status("revoked the leaked one; waiting until it is refused"):
        _wait(lambda: not _served(partner, client, leaked))
    took = time.monotonic() - revoked
    if took > CACHE_SECONDS + 1:
        raise DrillFailed(f"the leaked secret was served for {took:.0f} s after it was revoked")
    if not _served(partner, client, fresh):
        raise DrillFailed("the new secret is refused with the old one")
    console.print(f"the leaked secret was refused after {took:.0f} s, the new one is served")


def _served(partner: Partner, client: Client, secret: str) -> bool:
    headers = {"partnerId": partner.id, "clientId": client.id, "clientSecret": secret}
    answer = httpx.get(f"{_stack()['partner_api']}/users/usr_0", headers=headers, timeout=30)
    return answer.status_code == httpx.codes.NOT_FOUND


def _token(client: Client, secret: str) -> str:
    grant = {"grant_type": "client_credentials"}
    answer = httpx.post(
        f"{_stack()['supplier_api']}/oauth/token", data=grant, auth=(client.id, secret), timeout=30
    )
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _bearer_is_served(token: str) -> bool:
    url = f"{_stack()['supplier_api']}/vehicle-suppliers/organizations"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code == httpx.codes.OK


# --- poison ------------------------------------------------------------------------------------


@app.command("poison")
def poison() -> None:
    """Send a transfer's message that keeps failing; repair, redrive, and see it complete."""
    if waiting_in("transfers"):
        raise DrillFailed("the dead-letter queue is not empty: redrive it first")
    world = World()
    root = world.organization(of=world.partner(DRILL).id)
    branch = world.organization("Branch", parent=root)
    vehicle = world.vehicle(of=world.driver(at=root))
    transfer, reserved = Transfer.accepted(vehicle, branch, None)
    # Only the reservation, without the transfer: the consumer cannot handle the message.
    _, *reservation = transfers.add(transfer, vehicle, reserved, by=BUILDER)
    # Not yet accepted, or the stream would tell of it and complete it without the redrive.
    closed = replace(transfer, transfer_status="failed")
    record, *_ = transfers.add(closed, vehicle, reserved, by=BUILDER)
    table.transact(*reservation)
    with _impatient_queue():
        send(transfer)
        with console.status("waiting until its message is in the dead-letter queue"):
            _wait(lambda: waiting_in("transfers") > 0)
    console.print("the message ended in the dead-letter queue")
    table.transact(record)
    table.transact(transfers.replaced(closed, transfer))
    redrive("transfers")
    with console.status("redriven; waiting for the transfer"):
        _wait(lambda: _is_completed(transfer.id))
    if waiting_in("transfers"):
        raise DrillFailed("the dead-letter queue is not empty")
    console.print("repaired and redriven: the transfer is completed, the queue is empty")


@contextmanager
def _impatient_queue() -> Iterator[None]:
    """Make the transfer queue give a message up after 2 deliveries, which takes seconds."""
    queue, sqs = os.environ["TRANSFERS_QUEUE_URL"], boto3.client("sqs")
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    usual = answer["Attributes"]["RedrivePolicy"]
    soon = json.dumps(json.loads(usual) | {"maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": soon})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": usual})


def _is_completed(transfer_id: str) -> bool:
    found = transfers.find(transfer_id)
    return found is not None and found.transfer_status == "completed"


def _stack() -> dict[str, Any]:
    return description.read(Path(os.environ.get("MOTORPOOL_STACK", LOCAL / "stack.json")))


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise DrillFailed(f"it did not happen within {PATIENCE_SECONDS} s")
        time.sleep(0.5)
