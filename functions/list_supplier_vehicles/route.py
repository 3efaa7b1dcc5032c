from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/vehicles",
    summary="List an organization's vehicles",
    scope=("vehicle_suppliers.vehicles.read",),
    uses=Uses(table=("GetItem",), index=("gsi1",), secrets=("cursor_key",)),
)
