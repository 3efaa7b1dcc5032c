from infra.spec import Route, Uses

spec = Route(
    api="partner",
    method="GET",
    path="/users/by-phone/{phone}",
    summary="Get a user by phone number",
    uses=Uses(table=("GetItem",)),
)
