"""Prefixed, time-ordered, unguessable ids: `veh_`, 48 bits of milliseconds, 80 random bits."""

import hashlib
import os
import re
from typing import Literal

from motorpool.clock import now_ms

Kind = Literal["ptr", "cli", "org", "usr", "veh", "pho", "trf"]

_ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}")


def new_id(kind: Kind) -> str:
    """A new id of that kind: 36 characters; sorts after all ids of earlier milliseconds."""
    return f"{kind}_{now_ms():012x}{os.urandom(10).hex()}"


def is_id(kind: Kind, text: str) -> bool:
    """Whether `text` has the format of an id of that kind; otherwise nothing has that id."""
    return text.startswith(kind) and _ID.fullmatch(text) is not None


def fingerprint(id: str) -> str:
    """A short digest of an id for log lines, which must not contain the id: it is a credential."""
    return hashlib.sha256(id.encode()).hexdigest()[:12]
