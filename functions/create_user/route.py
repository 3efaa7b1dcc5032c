from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/users",
    summary="Create a user",
    uses=Uses(table=("GetItem", "PutItem")),
)
