"""What all kinds of tests share."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_socket
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]  # its base is untyped
    """Tests of a kind that shares what takes long to make stay together; others go anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        kind = nodeid.split("/")[1]
        return kind if kind in {"e2e", "infra"} else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    return Scheduler(config, log)


@pytest.fixture(autouse=True)
def _sockets_as_each_kind_wants_them() -> Iterator[None]:
    yield
    pytest_socket.enable_socket()
