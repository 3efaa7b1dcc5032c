from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users/{userId}/devices",
    summary="List a user's devices",
    uses=Uses(table=("GetItem",), index=("gsi1",), secrets=("cursor_key",)),
)
