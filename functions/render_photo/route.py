from infra.spec import Consumer, Uses

spec = Consumer(
    queue="renditions",
    concurrency=5,
    # The caller waits for seconds, and sends a message of its own with the next request.
    deliveries=3,
    uses=Uses(
        table=("GetItem",),
        photos=("GetObjectVersion",),
        renditions=("GetObject", "PutObject", "DeleteObjectVersion"),
        lists=("ListBucketVersions",),
    ),
    extra_layers=("photos",),
    memory=1769,
    timeout=60,
)
