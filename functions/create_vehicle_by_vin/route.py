from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="POST",
    path="/vehicles/create/by-vin",
    summary="Create a vehicle using a VIN",
    uses=Uses(table=("GetItem", "PutItem")),
    extra_layers=("vin",),
    memory=1024,
)
