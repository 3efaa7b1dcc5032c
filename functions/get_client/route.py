from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/client",
    summary="Get the client that calls",
    uses=Uses(table=("BatchGetItem",)),
)
