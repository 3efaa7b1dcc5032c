from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/vehicles/{vehicleId}",
    summary="Get a vehicle",
    devices=True,
    uses=Uses(table=("GetItem",)),
)
