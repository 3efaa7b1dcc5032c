"""The scopes that a client can have. `vehicle_suppliers.vehicles.write` is the contract's."""

from typing import Literal, get_args

Scope = Literal[
    "vehicle_suppliers.vehicles.write",
    "vehicle_suppliers.vehicles.read",
    "vehicle_suppliers.vehicles.assignment",
    "vehicle_suppliers.organizations.read",
    "checkins.review",
]

ALL_SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
