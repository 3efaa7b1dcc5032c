from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/photo/upload",
    summary="Ask for the upload of a photo",
    uses=Uses(table=("GetItem", "PutItem"), photos=("PutObject",)),
)
