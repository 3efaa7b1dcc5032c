from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users/{userId}",
    summary="Get a user",
    devices=True,
    uses=Uses(table=("GetItem",)),
)
