from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/vehicles/{vehicleId}/history",
    summary="List a vehicle's history",
    uses=Uses(table=("GetItem", "Query"), secrets=("cursor_key",)),
)
