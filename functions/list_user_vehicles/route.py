from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users/{userId}/vehicles",
    summary="List a user's vehicles",
    devices=True,
    uses=Uses(table=("GetItem",), index=("gsi2",), secrets=("cursor_key",)),
)
