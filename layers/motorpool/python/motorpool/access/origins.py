"""Origins: of which web pages a partner allows scripts to call the partner API."""

import re

from motorpool.errors import InvalidParameters

# They are in the authorizer's context, whose size API Gateway limits.
MOST = 20
_ORIGIN = re.compile(
    r"https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?"
    r"|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
)


def is_origin(text: str) -> bool:
    """Whether a browser may send it as `Origin`: `https://app.example.com`, without a path.

    http is for a developer's own machine only.
    """
    return _ORIGIN.fullmatch(text) is not None


def checked(origins: tuple[str, ...]) -> tuple[str, ...]:
    """The origins, each once, in alphabetical order. Raises InvalidParameters."""
    for origin in origins:
        if not is_origin(origin):
            raise InvalidParameters(
                ("origin", "must be like https://app.example.com, in lower case, without a path")
            )
    if len(set(origins)) > MOST:
        raise InvalidParameters(("origin", f"a partner has at most {MOST}"))
    return tuple(sorted(set(origins)))
