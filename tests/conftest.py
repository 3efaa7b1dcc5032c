"""What all kinds of tests share."""

from collections.abc import Iterator

import pytest
import pytest_socket

# Tests that share what takes long to make stay together; all others go to whoever is free.
TOGETHER = {"e2e", "infra"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for kind in TOGETHER.intersection(item.path.parts):
            item.add_marker(pytest.mark.xdist_group(kind))


@pytest.fixture(autouse=True)
def _sockets_as_each_kind_wants_them() -> Iterator[None]:
    yield
    pytest_socket.enable_socket()
