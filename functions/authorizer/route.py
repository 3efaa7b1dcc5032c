from infra.spec import Authorizer, Uses

spec = Authorizer(uses=Uses(table=("GetItem",), secrets=("pepper", "token_key")))
