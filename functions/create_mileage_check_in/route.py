from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/vehicles/checkin/mileage",
    summary="Create a mileage check-in",
    devices=True,
    uses=Uses(
        table=("BatchGetItem", "GetItem", "PutItem", "UpdateItem"),
        photos=("GetObject",),
        lists=("ListBucket",),
    ),
)
