from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/vehicles/checkin/mileage/{id}/review",
    summary="Review a mileage check-in",
    scope=("checkins.review",),
    uses=Uses(table=("BatchGetItem", "DeleteItem", "GetItem", "PutItem")),
)
