"""The names of partners, organizations and clients, which operators choose."""

from functools import cache
from typing import TYPE_CHECKING

from motorpool.errors import InvalidParameters

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# By pydantic's type of error.
PROBLEMS = {
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must not have control characters, line breaks or direction marks",
    "string_unicode": "must be valid UTF-8",
}


def checked(name: str) -> str:
    """The name without the spaces around it.

    Raises InvalidParameters unless that is a `ShortText`: 1 to 64 printable characters.
    """
    from pydantic import ValidationError

    try:
        return _short_text().validate_python(name)
    except ValidationError as error:
        [found] = error.errors(include_url=False, include_input=False)
        problem = PROBLEMS[found["type"]].format_map(found.get("ctx", {}))
        raise InvalidParameters(("name", problem)) from None


@cache
def _short_text() -> "TypeAdapter[str]":
    # Imported here: the authorizer imports clients, and starts faster without pydantic.
    from pydantic import TypeAdapter

    from motorpool.wire import ShortText

    return TypeAdapter(ShortText)
