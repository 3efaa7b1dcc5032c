from infra.spec import Consumer, Items, Uses

spec = Consumer(
    queue="expiries",
    # By `sk` too, because a photo's other items expire later.
    told_of=Items(pk="PHOTO#", sk="PHOTO", when="expired", message={"key": "pk"}),
    batch=10,
    concurrency=2,
    deliveries=60,
    # Nobody waits for it.
    oldest=600,
    uses=Uses(
        table=("GetItem",),
        photos=("DeleteObjectVersion",),
        renditions=("DeleteObjectVersion",),
        lists=("ListBucketVersions",),
    ),
)
