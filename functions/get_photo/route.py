from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/photo/{photoId}",
    summary="Get a photo",
    devices=True,
    uses=Uses(
        table=("GetItem",),
        photos=("GetObjectVersion",),
        renditions=("GetObject",),
        sends=("renditions",),
    ),
)
