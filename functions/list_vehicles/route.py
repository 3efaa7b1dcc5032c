from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/vehicles",
    summary="List vehicles",
    uses=Uses(table=("GetItem", "BatchGetItem"), index=("gsi1", "gsi2"), secrets=("cursor_key",)),
)
