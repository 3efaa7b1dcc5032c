"""The authorizer of both APIs: who is calling, by the three partner headers or a bearer token.

Its answer is cached by those headers, so the policy covers the whole stage: a narrower one would
refuse the same caller's next route. A refusal is a policy too, because the gateway caches it; its
gateway response makes it a 401.
"""

from typing import Any

from motorpool.access import authorizer, tokens
from motorpool.snapshot import before_snapshot

before_snapshot(tokens.load_library)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return authorizer.authorized(event)
