from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/users/{userId}",
    summary="Update a user",
    uses=Uses(table=("GetItem", "PutItem", "DeleteItem"), index=("gsi2",)),
)
