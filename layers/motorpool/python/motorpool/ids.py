"""Prefixed, time-ordered, unguessable ids: `veh_`, 48 bits of milliseconds, 80 bits of chance."""

import hashlib
import os
import re
from typing import Literal

from motorpool.clock import now_ms

Kind = Literal["ptr", "cli", "org", "usr", "veh", "pho", "trf"]

_ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}")


def new_id(kind: Kind) -> str:
    """A new id of that kind, 36 characters; later ids sort after earlier ones (to the ms)."""
    return f"{kind}_{now_ms():012x}{os.urandom(10).hex()}"


def is_id(kind: Kind, text: str) -> bool:
    """Whether `text` has the form of an id of that kind. What has not cannot exist."""
    return text.startswith(kind) and _ID.fullmatch(text) is not None


def fingerprint(id: str) -> str:
    """A short name for an id that log lines may carry: the id itself is a header value."""
    return hashlib.sha256(id.encode()).hexdigest()[:12]
