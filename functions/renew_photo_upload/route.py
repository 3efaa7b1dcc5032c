from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/photo/{photoId}/form",
    summary="Get a new upload form for a photo",
    devices=True,
    uses=Uses(
        table=("GetItem", "PutItem"),
        photos=("GetObject", "PutObject"),
        lists=("ListBucket",),
    ),
)
