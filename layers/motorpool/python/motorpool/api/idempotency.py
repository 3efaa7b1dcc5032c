"""Idempotency keys: the first answer to a POST or PUT is stored for 24 hours.

The record is written in the transaction of the request's effects, so that neither exists without
the other. A repeated request is answered from the record. Errors have no effects and are not
stored.
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
    """A stored answer, for repeated requests."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class AlreadyAnswered(MotorpoolError):
    """A request with the same key was answered before."""

    message = "The request was answered before"

    def __init__(self, first: FirstAnswer) -> None:
        self.first = first
        super().__init__()


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, and the fingerprint of its request."""

    caller: Caller
    key: str
    fingerprint: str

    @classmethod
    def of(cls, caller: Caller, values: list[str], *request: str) -> "IdempotencyKey":
        """The key from the header's values. Raises InvalidParameters unless it is one valid value.

        `request`: what must be equal in a repeated request: method and route, path, body.
        """
        if len(values) != 1 or not _VISIBLE_ASCII.fullmatch(values[0]):
            raise InvalidParameters(
                (HEADER, "must be given once, 1 to 64 visible ASCII characters")
            )
        digest = hashlib.sha256("\0".join(request).encode("utf-8", "replace")).hexdigest()
        return cls(caller, values[0], digest)

    def record(self, answer: FirstAnswer) -> TransactItem:
        """The write of the record, for the transaction of the request's effects.

        Raises AlreadyAnswered when the key was used for the same request, and InvalidParameters
        when it was used for a different one.
        """
        now = now_ms() // 1000
        return table.put(
            keys.request(self.caller.credential_id, self.key),
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
        """Raise what `record` raises, for a request that was refused before its writes.

        A repeated request is often refused because of the effects of the first one.
        """
        item = table.get(keys.request(self.caller.credential_id, self.key))
        if item is not None and item["expiresAt"] >= now_ms() // 1000:
            raise self._refusal(item)

    def _refusal(self, item: Item) -> MotorpoolError:
        if item["fingerprint"] != self.fingerprint:
            return InvalidParameters((HEADER, "was used before, with a different request"))
        # An older version kept no headers.
        headers = item.get("headers", {})
        return AlreadyAnswered(FirstAnswer(int(item["status"]), item["body"], headers))
