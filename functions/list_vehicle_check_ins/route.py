from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/vehicles/{vehicleId}/checkins/mileage",
    summary="List a vehicle's mileage check-ins",
    devices=True,
    uses=Uses(table=("GetItem", "Query"), secrets=("cursor_key",)),
)
