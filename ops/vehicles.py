"""`motorpool vehicle`: the proof that a vehicle's history is whole."""

from typing import Annotated

import typer

from motorpool.errors import Unavailable, VehicleNotFound
from motorpool.history import store as history
from motorpool.history.model import Entry, problems
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from ops.screen import console, one_line

app = typer.Typer(no_args_is_help=True, help="Vehicles and their histories.")

TRIES = 10


@app.callback()
def _vehicles() -> None:
    """Vehicles and their histories."""


@app.command("verify")
def verify(
    vehicle_id: Annotated[str, typer.Argument(help="Id of the vehicle (veh_…).")],
) -> None:
    """Recompute a vehicle's history: every hash, the numbers, and the end that the vehicle names.

    Names each entry that was changed, replaced, moved or removed, and then ends with an error.
    """
    vehicle, entries = _read(vehicle_id)
    found = problems(entries, vehicle.head)
    for problem in found:
        console.print(one_line(problem))
    if found:
        raise typer.Exit(1)
    console.print(f"the history is whole: {len(entries)} entries")


def _read(vehicle_id: str) -> tuple[Vehicle, list[tuple[int, Entry]]]:
    """The vehicle and its history. Both are read again when the vehicle changed in between."""
    for _ in range(TRIES):
        vehicle = vehicles.find(vehicle_id)
        if vehicle is None:
            raise VehicleNotFound
        entries = history.every(vehicle_id)
        if vehicles.find(vehicle_id) == vehicle:
            return vehicle, entries
    raise Unavailable
