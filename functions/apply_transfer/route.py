from infra.spec import Consumer, Items, Uses

spec = Consumer(
    queue="transfers",
    # Only accepted ones: a restored table tells of all that were ever made.
    told_of=Items(
        pk="TRANSFER#",
        where={"transferStatus": "accepted"},
        message={"transfer_id": "id", "vehicle_id": "vehicleId"},
        group="partnerId",
    ),
    batch=10,
    concurrency=5,
    # About 10 minutes: long enough to roll back a bad deployment.
    deliveries=60,
    # A transfer may take two minutes by the contract.
    oldest=60,
    uses=Uses(table=("BatchGetItem", "GetItem", "PutItem")),
)
