from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/photo/{photoId}/status",
    summary="Get what became of a photo",
    uses=Uses(table=("GetItem",)),
)
