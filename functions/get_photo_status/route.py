from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/photo/{photoId}/status",
    summary="Get a photo's status",
    devices=True,
    uses=Uses(table=("GetItem",)),
)
