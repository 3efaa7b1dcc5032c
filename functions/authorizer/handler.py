"""The authorizer of both APIs: finds the caller by the three partner headers or a bearer token.

API Gateway caches the policy by those headers, so it covers the whole stage: a narrower policy
would refuse the same caller's next route. A refusal is a Deny policy, not an exception, so that it
is cached too; a gateway response turns it into a 401.
"""

from typing import Any

from motorpool.access import authorizer, tokens
from motorpool.pings import answers_pings
from motorpool.snapshot import before_snapshot

before_snapshot(tokens.load_library)


@answers_pings
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return authorizer.authorize(event)
