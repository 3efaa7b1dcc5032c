from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/vehicles/{vehicleId}",
    summary="Update a vehicle",
    uses=Uses(table=("GetItem", "PutItem", "DeleteItem")),
)
