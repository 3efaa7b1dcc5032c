from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/organizations",
    summary="List the organizations that the client can see",
    scope=("vehicle_suppliers.organizations.read",),
    uses=Uses(index=("gsi1",)),
)
