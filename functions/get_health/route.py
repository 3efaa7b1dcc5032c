from infra.spec import Route

spec = Route(
    api="partner",
    method="GET",
    path="/health",
    summary="See whether the API answers",
    public=True,
)
