from infra.spec import Consumer, Uses

spec = Consumer(
    queue="uploads",
    concurrency=5,
    # About a minute: a check-in does not wait for the inspection.
    deliveries=8,
    # An inspection that did not end comes again only after minutes.
    oldest=600,
    uses=Uses(
        table=("DeleteItem", "GetItem", "PutItem"),
        photos=("GetObjectVersion", "DeleteObjectVersion"),
        renditions=("PutObject", "DeleteObjectVersion"),
        lists=("ListBucketVersions",),
    ),
    extra_layers=("photos",),
    memory=1769,
    timeout=60,
)
