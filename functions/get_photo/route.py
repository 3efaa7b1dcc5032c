from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/photo/{photoId}",
    summary="Get a photo's file",
    devices=True,
    uses=Uses(
        table=("GetItem",), photos=("GetObject", "GetObjectVersion"), thumbnails=("GetObject",)
    ),
)
