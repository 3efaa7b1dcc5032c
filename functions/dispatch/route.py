from infra.spec import Dispatcher

spec = Dispatcher()
