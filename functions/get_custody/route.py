from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/vehicles/{vehicle_id}/custody",
    summary="Get a vehicle's chain of custody",
    scope=("vehicle_suppliers.vehicles.read",),
    uses=Uses(table=("GetItem", "Query"), secrets=("cursor_key",)),
)
