"""Idempotency keys: the first answer of a POST or PUT, kept for 24 hours in the same transaction.

Because the record and the effect are one write, there is no moment at which one is there without
the other: a request repeated with its key either did nothing the first time, or is answered from
the record. Refusals had no effect and are not kept.
"""

import hashlib
import re
from dataclasses import dataclass

from motorpool.callers import Caller
from motorpool.clock import now_ms
from motorpool.errors import InvalidParameters, MotorpoolError
from motorpool.store import keys, table
from motorpool.store.items import Item
from motorpool.store.table import Write

HEADER = "Idempotency-Key"
KEPT_SECONDS = 24 * 3600
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,64}")

UNUSED = "attribute_not_exists(pk) OR expiresAt < :now"


class AlreadyAnswered(MotorpoolError):
    """The key was used: the record that stands in the way."""

    message = "The request was answered before"

    def __init__(self, item: Item) -> None:
        self.item = item
        super().__init__()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """The answer that a repeated request gets again."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, and the fingerprint of the request it came with."""

    caller: Caller
    key: str
    fingerprint: str

    @classmethod
    def of(cls, caller: Caller, values: list[str], *request: str) -> "IdempotencyKey":
        """The key from the header's values, which must be one. Raises InvalidParameters.

        `request` is all that makes two requests the same: method, route, path and body.
        """
        if len(values) != 1 or not _VISIBLE_ASCII.fullmatch(values[0]):
            raise InvalidParameters(
                (HEADER, "must be given once, 1 to 64 visible ASCII characters")
            )
        digest = hashlib.sha256("\0".join(request).encode("utf-8", "replace")).hexdigest()
        return cls(caller, values[0], digest)

    def record(self, answer: FirstAnswer) -> Write:
        """The record, to be written with the effect. Raises AlreadyAnswered when there is one."""
        now = now_ms() // 1000
        return table.put(
            keys.request(self.caller.client_id, self.key),
            {
                "fingerprint": self.fingerprint,
                "status": answer.status,
                "body": answer.body,
                "expiresAt": now + KEPT_SECONDS,
            },
            only_if=UNUSED,
            values={":now": now},
            refused=AlreadyAnswered,
        )

    def answered_before(self, refusal: MotorpoolError) -> FirstAnswer | None:
        """The kept answer, None if there is none: asked when the request was refused this time.

        A repeated request often meets what the first one did ("the VIN is taken"). Raises
        InvalidParameters when the key was used with a different request.
        """
        if isinstance(refusal, AlreadyAnswered):
            return self._replayed(refusal.item)
        item = table.get(keys.request(self.caller.client_id, self.key))
        expired = item is not None and item["expiresAt"] < now_ms() // 1000
        return None if item is None or expired else self._replayed(item)

    def _replayed(self, item: Item) -> FirstAnswer:
        if item["fingerprint"] != self.fingerprint:
            raise InvalidParameters((HEADER, "was used before, with a different request"))
        return FirstAnswer(status=int(item["status"]), body=item["body"])
