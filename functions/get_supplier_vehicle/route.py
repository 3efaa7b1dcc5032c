from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/vehicles/{vehicle_id}",
    summary="Get a vehicle",
    scope=("vehicle_suppliers.vehicles.read",),
    uses=Uses(table=("GetItem",)),
)
