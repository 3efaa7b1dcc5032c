from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/vehicles/{vehicleId}/deactivate",
    summary="Deactivate a vehicle",
    uses=Uses(table=("GetItem", "PutItem", "DeleteItem")),
)
