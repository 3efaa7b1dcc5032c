from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users",
    summary="List users",
    uses=Uses(index=("gsi1",), secrets=("cursor_key",)),
)
