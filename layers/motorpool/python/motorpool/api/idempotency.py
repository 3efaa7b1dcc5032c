"""Idempotency keys: the first answer of a POST or PUT, kept for 24 hours in the same transaction.

Because the record and the effect are one write, there is no moment at which one is there without
the other: a request repeated with its key either did nothing the first time, or is answered from
the record. Refusals had no effect and are not kept.
"""

import hashlib
import re
from dataclasses import dataclass, field

from motorpool.access.callers import Caller
from motorpool.clock import now_ms
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import TransactItem
from motorpool.errors import InvalidParameters, MotorpoolError

HEADER = "Idempotency-Key"
KEPT_SECONDS = 24 * 3600
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,64}")

UNUSED = "attribute_not_exists(pk) OR expiresAt < :now"


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """The answer that a repeated request gets again."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class AlreadyAnswered(MotorpoolError):
    """The request was answered before, under the same key."""

    message = "The request was answered before"

    def __init__(self, first: FirstAnswer) -> None:
        self.first = first
        super().__init__()


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

    def record(self, answer: FirstAnswer) -> TransactItem:
        """The record, to be written with the effect.

        When there is one: AlreadyAnswered, or InvalidParameters if it is of a different request.
        """
        now = now_ms() // 1000
        return table.put(
            keys.request(self.caller.client_id, self.key),
            {
                "fingerprint": self.fingerprint,
                "status": answer.status,
                "body": answer.body,
                "headers": answer.headers,
                "expiresAt": now + KEPT_SECONDS,
            },
            only_if=UNUSED,
            values={":now": now},
            refused=self._refusal,
        )

    def look_up(self) -> None:
        """Raise what `record` would: for a request that was refused before it came to writing.

        A repeated request is often refused because of what the first one did.
        """
        item = table.get(keys.request(self.caller.client_id, self.key))
        if item is not None and item["expiresAt"] >= now_ms() // 1000:
            raise self._refusal(item)

    def _refusal(self, item: Item) -> MotorpoolError:
        if item["fingerprint"] != self.fingerprint:
            return InvalidParameters((HEADER, "was used before, with a different request"))
        return AlreadyAnswered(FirstAnswer(int(item["status"]), item["body"], item["headers"]))
