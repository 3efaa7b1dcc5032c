from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="POST",
    path="/vehicle-suppliers/vehicles/{vehicle_id}/assign",
    summary="Assign a driver to a vehicle",
    scope=("vehicle_suppliers.vehicles.assignment",),
    uses=Uses(table=("GetItem", "PutItem")),
)
