from infra.spec import Consumer, Uses

spec = Consumer(
    queue="uploads",
    uses=Uses(
        table=("DeleteItem", "GetItem", "PutItem"),
        photos=("GetObjectVersion",),
        thumbnails=("PutObject",),
    ),
    extra_layers=("photos",),
    memory=1769,
    timeout=60,
)
