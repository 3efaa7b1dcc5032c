"""The public URL of this API, for links in answers."""

import os
from collections.abc import Mapping
from typing import Any


class PublicUrl(str):
    """The API's URL with its stage, without a trailing slash."""

    __slots__ = ()

    @classmethod
    def of(cls, gateway: Mapping[str, Any]) -> "PublicUrl":
        """The URL from a proxy event's `requestContext`.

        The local engine's APIs have no host names; there, LOCAL_GATEWAY is the URL before the API's
        id.
        """
        if local := os.environ.get("LOCAL_GATEWAY"):
            return cls(f"{local}/{gateway['apiId']}/{gateway['stage']}")
        return cls(f"https://{gateway['domainName']}/{gateway['stage']}")
