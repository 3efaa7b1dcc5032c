from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/vehicles/checkin/mileage/{id}",
    summary="Get a mileage check-in",
    devices=True,
    uses=Uses(table=("BatchGetItem",)),
)
