from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="PUT",
    path="/vehicles/checkin/mileage/{id}",
    summary="Amend a mileage check-in that is on hold",
    devices=True,
    uses=Uses(
        table=("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"),
        photos=("GetObject",),
        lists=("ListBucket",),
    ),
)
