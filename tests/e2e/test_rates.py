"""The limit of an hour is exact, however many threads count at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from motorpool.access import rate_store as rates
from motorpool.access.rate_limit import WINDOW_MS
from motorpool.dynamodb import keys, table
from motorpool.errors import RateLimited
from motorpool.ids import new_id

THREADS = 16
LIMIT = 1800
BEFORE = 1740
REQUESTS = 160


@pytest.fixture
def client_id(stack: dict[str, Any]) -> str:
    """A client that nobody has counted for."""
    assert stack
    return new_id("cli")


def test_exactly_the_limit_pass_when_sixteen_threads_count(
    client_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "now_ms", lambda: 500_000 * WINDOW_MS)

    def counted(_: int) -> int | None:
        try:
            return rates.counted(client_id, "transfer_vehicle", LIMIT).used
        except RateLimited:
            return None

    window = keys.rate(client_id, "transfer_vehicle", 500_000)
    table.transact(table.put(window, {"used": BEFORE}))
    with ThreadPoolExecutor(THREADS) as threads:
        counts = list(threads.map(counted, range(REQUESTS)))

    # Each of those that passed was told a number of its own.
    passed = Counter(count for count in counts if count is not None)
    assert passed == Counter(range(BEFORE + 1, LIMIT + 1))
    assert counts.count(None) == REQUESTS - (LIMIT - BEFORE)


def test_the_next_hour_begins_at_nothing(client_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = 500_000 * WINDOW_MS
    monkeypatch.setattr(rates, "now_ms", lambda: opened + WINDOW_MS - 1)
    rates.counted(client_id, "transfer_vehicle", 1)
    with pytest.raises(RateLimited):
        rates.counted(client_id, "transfer_vehicle", 1)
    monkeypatch.setattr(rates, "now_ms", lambda: opened + WINDOW_MS)
    assert rates.counted(client_id, "transfer_vehicle", 1).used == 1
