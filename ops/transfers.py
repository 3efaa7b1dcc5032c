"""`motorpool transfers`: stalled and failed transfers."""

from typing import Annotated

import typer
from rich.table import Table

from motorpool.clock import iso, now_ms
from motorpool.errors import TransferNotFound
from motorpool.messages import queues
from motorpool.tenants import partner_store as partners
from motorpool.transfers import store as transfers
from motorpool.transfers.apply import TransferMessage
from motorpool.transfers.model import Transfer
from ops.screen import console, show

app = typer.Typer(no_args_is_help=True, help="Stalled and failed transfers.")

# Transfers usually take seconds, and the contract allows two minutes.
STALLED_AFTER_SECONDS = 60


@app.command("list")
def list_transfers(
    partner: Annotated[
        str | None, typer.Option(help="Id of the partner (ptr_…); without it, all partners.")
    ] = None,
    older_than: Annotated[
        int, typer.Option(help="Seconds after which an open transfer counts as stalled.")
    ] = STALLED_AFTER_SECONDS,
) -> None:
    """List stalled and failed transfers, oldest first."""
    chosen = partners.every() if partner is None else [partners.get(partner)]
    rows = Table("id", "partner", "vehicle", "state", "accepted", "failure")
    for tenant in chosen:
        for transfer in transfers.of_partner(tenant.id, "accepted"):
            age = (now_ms() - transfer.accepted_at) // 1000
            if age >= older_than:
                _add(rows, transfer, tenant.name, f"stalled for {age} s")
        for transfer in transfers.of_partner(tenant.id, "failed"):
            _add(rows, transfer, tenant.name, "failed")
    show(rows)


def _add(rows: Table, transfer: Transfer, partner: str, state: str) -> None:
    accepted = iso(transfer.accepted_at)
    rows.add_row(transfer.id, partner, transfer.vehicle_id, state, accepted, transfer.failure or "")


@app.command("show")
def show_transfer(
    transfer_id: Annotated[str, typer.Argument(help="Id of the transfer (trf_…).")],
) -> None:
    """Show one transfer, and whether its vehicle is still reserved for it."""
    transfer = transfers.find(transfer_id)
    if transfer is None:
        raise TransferNotFound
    vehicle = transfers.applicable(transfer.id, transfer.vehicle_id).vehicle
    rows = Table(show_header=False)
    rows.add_row("transfer", transfer.id)
    rows.add_row("status", transfer.transfer_status)
    rows.add_row("failure", transfer.failure or "")
    rows.add_row("vehicle", transfer.vehicle_id)
    rows.add_row("from", transfer.from_owner_id)
    rows.add_row("to", transfer.to_owner_id)
    rows.add_row("accepted", iso(transfer.accepted_at))
    rows.add_row("completed", iso(at) if (at := transfer.completed_at) else "")
    rows.add_row("present owner", vehicle.owner_id if vehicle else "the vehicle is gone")
    reserved = vehicle is not None and vehicle.pending_transfer_id == transfer.id
    rows.add_row("vehicle is reserved for it", "yes" if reserved else "no")
    show(rows)


@app.command("relay")
def relay_stalled(
    older_than: Annotated[
        int, typer.Option(help="Seconds after which an open transfer counts as stalled.")
    ] = STALLED_AFTER_SECONDS,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent.")
    ] = False,
) -> None:
    """Send the messages of stalled transfers again, in case the stream did not send them."""
    sent = 0
    for tenant in partners.every():
        for transfer in transfers.of_partner(tenant.id, "accepted"):
            if now_ms() - transfer.accepted_at >= older_than * 1000:
                sent += 1
                console.print(transfer.id)
                if not dry_run:
                    send(transfer)
    console.print(f"{sent} {'would be' if dry_run else 'were'} sent")


def send(transfer: Transfer) -> None:
    """Send the transfer's message, as the dispatcher does."""
    message = TransferMessage(transfer_id=transfer.id, vehicle_id=transfer.vehicle_id)
    queues.send("transfers", message.model_dump_json(), group=transfer.partner_id)
