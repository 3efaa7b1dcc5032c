from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="POST",
    path="/vehicle-suppliers/vehicles/{vehicle_id}/transfer",
    summary="Transfer a vehicle",
    scope=("vehicle_suppliers.vehicles.write",),
    uses=Uses(table=("BatchGetItem", "GetItem", "PutItem", "UpdateItem")),
    per_hour=1800,
)
