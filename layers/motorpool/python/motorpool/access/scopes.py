"""The scopes a client can have. Those of the vehicle suppliers are the document's names."""

from typing import Literal, get_args

Scope = Literal[
    "vehicle_suppliers.vehicles.write",
    "vehicle_suppliers.vehicles.read",
    "vehicle_suppliers.vehicles.assignment",
    "vehicle_suppliers.organizations.read",
    "checkins.review",
]

ALL_SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
