from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="DELETE",
    path="/devices/{deviceId}",
    summary="Delete a device",
    uses=Uses(table=("GetItem", "DeleteItem")),
)
