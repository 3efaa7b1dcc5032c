from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/vehicles/{vehicleId}/activate",
    summary="Activate a vehicle",
    uses=Uses(table=("GetItem", "PutItem")),
)
