"""Storage of rate limits: one counter for each client, endpoint and hour."""

from motorpool.access.rate_limit import WINDOW_MS, Rate
from motorpool.clock import now_ms
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.table import Refused
from motorpool.errors import RateLimited

BELOW_LIMIT = "attribute_not_exists(used) OR used < :limit"


def counted(client_id: str, endpoint: str, limit: int) -> Rate:
    """Count one request in the current hour, by one conditional update, which is exact in races.

    Raises RateLimited, without counting, when `limit` requests are counted already.
    """
    now = now_ms()
    window = now // WINDOW_MS
    try:
        after = table.update_now(
            keys.rate(client_id, endpoint, window),
            "ADD used :one SET expiresAt = :expiry",
            only_if=BELOW_LIMIT,
            values={":one": 1, ":limit": limit, ":expiry": (window + 2) * WINDOW_MS // 1000},
        )
    except Refused:
        full = Rate(limit, limit, now)
        retry = {"Retry-After": str(full.reset_seconds)}
        raise RateLimited(full.headers() | retry) from None
    return Rate(limit, int(after["used"]), now)
