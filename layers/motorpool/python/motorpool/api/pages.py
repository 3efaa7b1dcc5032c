"""Paged lists: the query of a page, and the signed cursor of the next one."""

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
    """Which page of a list to get."""

    limit: int = Field(25, ge=1, le=100, description="The most items to put on the page.")
    cursor: Token | None = Field(
        None, description="The `nextCursor` of the page before; without it, the first page."
    )


def cursor_after(key: Item | None, list_name: str) -> str | None:
    """An opaque cursor to the items after that key; None when the key is None (the last page).

    A cursor is valid for one list only, so `list_name` must name everything that the list depends
    on: its subject and, if it matters, the caller's subtree.
    """
    if key is None:
        return None
    payload = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(payload, list_name) + payload).decode()


def key_before(cursor: str | None, list_name: str, *, field: str = "cursor") -> Item | None:
    """The key from which `cursor_after` made the cursor. Raises InvalidParameters on any other.

    `field`: the name of the cursor's parameter, for the message.
    """
    if cursor is None:
        return None
    try:
        signed = base64.urlsafe_b64decode(cursor.encode())
    except (binascii.Error, ValueError):
        signed = b""
    signature, payload = signed[:32], signed[32:]
    genuine = hmac.compare_digest(signature, _signature(payload, list_name))
    # Base64 is not unique: several texts decode to the same bytes, and only one was issued.
    if not genuine or base64.urlsafe_b64encode(signed).decode() != cursor:
        raise InvalidParameters((field, "is not a cursor of this list"))
    key: Item = json.loads(payload)
    return key


def _signature(payload: bytes, list_name: str) -> bytes:
    return hmac.new(cursor_key(), f"{list_name}\0".encode() + payload, sha256).digest()
