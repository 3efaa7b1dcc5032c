from infra.spec import Consumer, Uses

spec = Consumer(
    queue="transfers",
    batch=10,
    concurrency=5,
    uses=Uses(table=("BatchGetItem", "DeleteItem", "GetItem", "PutItem")),
)
