"""The credentials of the function's role.

Lambda sets them as variables. A function restored from a SnapStart snapshot gets them from an
address on its own machine instead, because those in the snapshot would be stale:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
"""

import json
import os
import time
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from motorpool.aws.connection import Request, Unreachable, exchange

# They are valid for hours; new ones are there long before the end of the old.
KEPT_SECONDS = 300
READ_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; a role's has a session token too."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def credentials() -> Credentials:
    """Those of now. Raises KeyError where there are none, and Unreachable."""
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in os.environ:
        return _of_the_container(int(time.time()) // KEPT_SECONDS)
    return Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN", ""),
    )


@cache
def _of_the_container(_now: int) -> Credentials:
    url = urlsplit(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    asked = Request(
        f"{url.scheme}://{url.netloc}",
        "GET",
        url.path,
        query=dict(parse_qsl(url.query)),
        headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
    )
    answer = exchange(asked, timeout=READ_TIMEOUT)
    if answer.status != HTTPStatus.OK:
        raise Unreachable(sent=True)
    given = json.loads(answer.body)
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
