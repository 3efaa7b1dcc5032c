"""Lists by the page: the query that asks for one, and the signed cursor that leads to the next."""

import base64
import binascii
import hmac
import json
from hashlib import sha256
from typing import Annotated

from pydantic import Field, StringConstraints

from motorpool.access.secret_keys import cursor_key
from motorpool.api.schemas import PartnerModel
from motorpool.dynamodb.items import Item
from motorpool.errors import InvalidParameters

Token = Annotated[str, StringConstraints(max_length=2048)]


class PageQuery(PartnerModel):
    """Which page of a list."""

    limit: int = Field(25, ge=1, le=100, description="The most items that one page may have.")
    cursor: Token | None = Field(None, description="The `nextCursor` of the page before.")


def cursor_after(key: Item | None, list_name: str) -> str | None:
    """An opaque cursor to what follows that key in that list, None when nothing does.

    `list_name` is all that the list depends on (what it is of, and who asks): a cursor is good for
    that list only.
    """
    if key is None:
        return None
    payload = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(payload, list_name) + payload).decode()


def key_before(cursor: str | None, list_name: str, *, field: str = "cursor") -> Item | None:
    """The key that `cursor_after` was given. Raises InvalidParameters on any other cursor.

    `field`: what the caller knows the cursor as.
    """
    if cursor is None:
        return None
    try:
        signed = base64.urlsafe_b64decode(cursor.encode())
    except (binascii.Error, ValueError):
        signed = b""
    signature, payload = signed[:32], signed[32:]
    genuine = hmac.compare_digest(signature, _signature(payload, list_name))
    # Several texts decode to the same bytes; only one of them was given out.
    if not genuine or base64.urlsafe_b64encode(signed).decode() != cursor:
        raise InvalidParameters((field, "is not one that this list has given out"))
    key: Item = json.loads(payload)
    return key


def _signature(payload: bytes, list_name: str) -> bytes:
    return hmac.new(cursor_key(), f"{list_name}\0".encode() + payload, sha256).digest()
