"""Which characters text may have, and the check of the names that operators choose."""

import re

from motorpool.errors import InvalidParameters

LONGEST = 64

# Printable text has no
# - control characters (C0 and C1): NUL breaks programs that read logs;
# - line and paragraph separators (U+2028, U+2029): text stays on its line;
# - characters that set the direction of text (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to
#   U+2069): they make text look like other text;
# - U+FFFD: the replacement for bytes that were not valid UTF-8.
# The expression is in the OpenAPI documents; it means the same in Rust, ECMAScript and Python.
NOT_PRINTABLE = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd"
PRINTABLE = f"^[^{NOT_PRINTABLE}]*$"


def checked(name: str) -> str:
    """The name without surrounding spaces.

    Raises InvalidParameters unless it has 1 to 64 printable characters.
    """
    name = name.strip()
    if not name:
        problem = "must not be empty"
    elif len(name) > LONGEST:
        problem = f"must have at most {LONGEST} characters"
    elif any("\ud800" <= character <= "\udfff" for character in name):
        problem = "must be valid UTF-8"
    elif not re.fullmatch(PRINTABLE, name):
        problem = "must not have control characters, line breaks or direction marks"
    else:
        return name
    raise InvalidParameters(("name", problem))
