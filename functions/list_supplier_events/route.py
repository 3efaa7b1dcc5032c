from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/events",
    summary="List what happened",
    scope=("vehicle_suppliers.vehicles.read",),
    uses=Uses(table=("BatchGetItem", "Query"), secrets=("cursor_key",)),
)
