from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/photo/upload",
    summary="Create a photo and get its upload form",
    devices=True,
    uses=Uses(table=("GetItem", "PutItem"), photos=("PutObject",)),
)
