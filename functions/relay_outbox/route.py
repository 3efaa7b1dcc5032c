from infra.spec import StreamReader, Uses

spec = StreamReader(key_prefix="OUTBOX#", dead="transfers", uses=Uses(sends=("transfers",)))
