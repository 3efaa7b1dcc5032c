from infra.spec import Preflight, Uses

spec = Preflight(uses=Uses(table=("Query",)))
