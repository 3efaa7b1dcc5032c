from infra.spec import Authorizer, Uses

spec = Authorizer(uses=Uses(table=("GetItem", "BatchGetItem"), secrets=("pepper", "token_key")))
