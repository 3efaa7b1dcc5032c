from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/vehicles/{vehicleId}/mileage/correction",
    summary="Correct a vehicle's mileage",
    scope=("checkins.review",),
    uses=Uses(table=("GetItem", "PutItem")),
)
