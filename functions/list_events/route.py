from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/events",
    summary="List what happened",
    uses=Uses(table=("BatchGetItem", "Query"), secrets=("cursor_key",)),
)
