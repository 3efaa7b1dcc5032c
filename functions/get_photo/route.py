from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/photo/{photoId}",
    summary="Look at a photo",
    uses=Uses(
        table=("GetItem",), photos=("GetObject", "GetObjectVersion"), thumbnails=("GetObject",)
    ),
)
