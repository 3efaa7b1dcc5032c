"""`motorpool check-ins`: what an update leaves to do about check-ins."""

from typing import Annotated

import typer

from motorpool.checkins import queue_store as queues
from motorpool.checkins import store as checkins
from motorpool.dynamodb import table
from motorpool.dynamodb.table import VersionConflict
from motorpool.tenants import partner_store as partners
from ops.screen import console

app = typer.Typer(no_args_is_help=True, help="Mileage check-ins.")


@app.command("requeue")
def requeue(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show how many would be moved.")
    ] = False,
) -> None:
    """Move the open check-ins that version 0.1.0 wrote into today's review queues.

    They are listed before that too, but as long as a partner has many of them, each page of its
    review queue reads them.
    """
    for partner in partners.every():
        found = requeued(partner.id, dry_run=dry_run)
        if found:
            verb = "would move" if dry_run else "moved"
            console.print(f"{partner.id}: {found} {verb}")


def requeued(partner_id: str, *, dry_run: bool = False) -> int:
    """Move the partner's open check-ins that have no entries in the queues; returns how many.

    One that is changed meanwhile moves by that change.
    """
    moved = 0
    for check_in in tuple(queues.without_entries(partner_id)):
        try:
            if not dry_run:
                table.transact(*checkins.replaced(check_in, check_in))
        except VersionConflict:
            continue
        moved += 1
    return moved
