"""The URL under which this API is reached, for the links that answers carry."""

import os
from collections.abc import Mapping
from typing import Any


class PublicUrl(str):
    """The API's URL with its stage, without a slash at the end."""

    __slots__ = ()

    @classmethod
    def of(cls, gateway: Mapping[str, Any]) -> "PublicUrl":
        """From a proxy event's `requestContext`.

        Where the gateway has no host name of its own (the local engine), LOCAL_GATEWAY has the URL
        before the API's id.
        """
        if local := os.environ.get("LOCAL_GATEWAY"):
            return cls(f"{local}/{gateway['apiId']}/{gateway['stage']}")
        return cls(f"https://{gateway['domainName']}/{gateway['stage']}")
