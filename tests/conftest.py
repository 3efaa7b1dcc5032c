"""What all kinds of tests share."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _sockets_as_each_kind_wants_them() -> Iterator[None]:
    yield
    pytest_socket.enable_socket()
