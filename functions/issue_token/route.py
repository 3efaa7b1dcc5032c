from infra.spec import Route, Uses

spec = Route(
    api="supplier",
    method="POST",
    path="/oauth/token",
    summary="Get an access token",
    public=True,
    uses=Uses(table=("GetItem",), secrets=("pepper", "token_key")),
)
