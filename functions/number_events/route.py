from infra.spec import Consumer, Items, Uses

spec = Consumer(
    queue="events",
    told_of=Items(
        sk="HISTORY#",
        message={
            "partner_id": "partnerId",
            "partition": "pk",
            "n": "n",
            "type": "type",
            "owner_paths": "ownerPaths",
            "at": "at",
        },
        group="partnerId",
    ),
    # One transaction numbers them all: `motorpool.events.numbering` has the limit.
    batch=90,
    # Lambda wants one for batches of over 10. Events are in the feed within 5 s.
    window=1,
    concurrency=5,
    deliveries=60,
    oldest=60,
    uses=Uses(table=("BatchGetItem", "PutItem", "Query")),
)
