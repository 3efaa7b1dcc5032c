from infra.spec import Consumer, Uses

spec = Consumer(
    queue="uploads",
    concurrency=5,
    uses=Uses(
        table=("DeleteItem", "GetItem", "PutItem"),
        photos=("GetObjectVersion", "DeleteObjectVersion"),
        thumbnails=("PutObject",),
    ),
    extra_layers=("photos",),
    memory=1769,
    timeout=60,
)
