from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="POST",
    path="/vehicle-suppliers/vehicles/{vehicle_id}/unassign",
    summary="Unassign a vehicle's driver",
    scope=("vehicle_suppliers.vehicles.assignment",),
    uses=Uses(table=("GetItem", "PutItem")),
)
