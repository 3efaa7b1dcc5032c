from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/users/{userId}/devices",
    summary="Let a user's device in",
    uses=Uses(table=("GetItem", "PutItem"), secrets=("pepper",)),
)
