from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users/{userId}",
    summary="Get a user",
    uses=Uses(table=("GetItem",)),
)
