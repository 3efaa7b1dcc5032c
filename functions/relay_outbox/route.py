from infra.spec import StreamReader, Uses

spec = StreamReader(key_prefix="OUTBOX#", uses=Uses(sends=("transfers",)))
