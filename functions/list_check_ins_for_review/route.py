from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/checkins/mileage",
    summary="List the mileage check-ins that await review",
    scope=("checkins.review",),
    uses=Uses(table=("BatchGetItem", "Query"), index=("gsi1",), secrets=("cursor_key",)),
)
