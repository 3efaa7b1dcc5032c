from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/transfers/{transfer_id}",
    summary="Get a transfer",
    scope=(
        "vehicle_suppliers.vehicles.read",
        "vehicle_suppliers.vehicles.write",
    ),
    uses=Uses(table=("GetItem",)),
)
