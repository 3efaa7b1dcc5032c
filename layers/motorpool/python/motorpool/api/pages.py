"""Paged lists: the query of a page on each API, and the encrypted cursor of the next page."""

import base64
import binascii
import hmac
import json
import os
from hashlib import sha256
from typing import Annotated, Any

from nacl.exceptions import CryptoError
from nacl.secret import Aead
from pydantic import Field, StringConstraints, model_validator

from motorpool.access.callers import Caller
from motorpool.access.secret_keys import cursor_key
from motorpool.api.schemas import PartnerModel, SupplierModel
from motorpool.dynamodb.items import Item
from motorpool.errors import InvalidParameters

Token = Annotated[str, StringConstraints(max_length=2048)]


class PageQuery(PartnerModel):
    """Which page of a list of the partner API to get."""

    limit: int = Field(
        25,
        ge=1,
        le=100,
        description="The most items to put on the page. The supplier API's `page_size` and "
        "`page_token` are refused.",
    )
    cursor: Token | None = Field(
        None, description="The `nextCursor` of the page before; without it, the first page."
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_the_supplier_apis(cls, given: Any) -> Any:
        return without(given, page_size="limit", page_token="cursor")  # noqa: S106


class SupplierPageQuery(SupplierModel):
    """Which page of a list of the supplier API to get."""

    page_size: int = Field(
        25,
        ge=1,
        le=100,
        description="The most items to put on the page. The partner API's `limit` and `cursor` "
        "are refused.",
    )
    page_token: Token | None = Field(
        None, description="The `next_page_token` of the page before; without it, the first page."
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_the_partner_apis(cls, given: Any) -> Any:
        return without(given, limit="page_size", cursor="page_token")


def without(given: Any, **instead: str) -> Any:
    """The query parameters, if none is in `instead`: the other API's names, and this API's."""
    for name, ours in instead.items():
        if name in given:
            raise ValueError(f"{name}: is not a parameter of this API; use {ours}")
    return given


def cursor_after(key: Item | None, list_name: str, caller: Caller) -> str | None:
    """An opaque cursor to the items after that key; None when the key is None (the last page).

    It is encrypted, because a key may have more in it than the list shows. It is valid for one
    list only, so `list_name` must name the list's subject and filters, and only for clients of the
    caller's partner that see the same organizations.
    """
    if key is None:
        return None
    payload = json.dumps(key, separators=(",", ":")).encode()
    # From the operating system: what is seeded before a snapshot is the same in each copy of it.
    nonce = os.urandom(Aead.NONCE_SIZE)
    sealed = _cipher().encrypt(payload, _bound_to(list_name, caller), nonce)
    return base64.urlsafe_b64encode(sealed).decode()


def key_before(
    cursor: str | None, list_name: str, caller: Caller, *, field: str = "cursor"
) -> Item | None:
    """The key from which `cursor_after` made the cursor. Raises InvalidParameters on any other.

    `field`: the name of the cursor's parameter, for the message.
    """
    if cursor is None:
        return None
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode())
        # Base64 is not unique: several texts decode to the same bytes, and only one was issued.
        if base64.urlsafe_b64encode(sealed).decode() != cursor:
            raise ValueError
        payload = _cipher().decrypt(sealed, _bound_to(list_name, caller))
    except (binascii.Error, CryptoError, ValueError):
        raise InvalidParameters((field, "is not a cursor of this list")) from None
    key: Item = json.loads(payload)
    return key


def _cipher() -> Aead:
    """XChaCha20-Poly1305: its random nonces are long enough for any number of cursors."""
    return Aead(hmac.digest(cursor_key(), b"cursors are encrypted", sha256))


def _bound_to(list_name: str, caller: Caller) -> bytes:
    return json.dumps([list_name, caller.partner_id, caller.org_path]).encode()
