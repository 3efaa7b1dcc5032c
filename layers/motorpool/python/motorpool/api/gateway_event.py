"""The proxy event of a REST API: the request as a function gets it from API Gateway."""

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from motorpool.errors import InvalidParameters

MOST_PROBLEMS = 20
MOST_FORM_FIELDS = 20


class Authorization(str):
    """The value of the Authorization header; empty when there is none."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A request. Header names match in any case: AWS passes them as the caller wrote them."""

    event: Mapping[str, Any]

    @property
    def gateway(self) -> Mapping[str, Any]:
        """What the gateway adds: the route, the request's id, the authorizer's context."""
        context: Mapping[str, Any] = self.event["requestContext"]
        return context

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.gateway["httpMethod"])

    @property
    def route(self) -> str:
        """Method and path pattern, for logs: `GET /users/{userId}`. A path may be personal data."""
        return f"{self.method} {self.gateway['resourcePath']}"

    @property
    def path(self) -> dict[str, str]:
        """The path parameters, decoded."""
        given = self.event.get("pathParameters") or {}
        return {name: unquote(value) for name, value in given.items()}

    @property
    def body(self) -> bytes:
        """The body; empty when there is none."""
        body = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            return base64.b64decode(body)
        return str(body).encode("utf-8", "surrogatepass")

    @property
    def form(self) -> bytes:
        """The form-encoded body as a JSON object of strings. Raises InvalidParameters."""
        try:
            fields = parse_qs(
                self.body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=bool(self.body),
                max_num_fields=MOST_FORM_FIELDS,
                errors="strict",
            )
        except ValueError:
            raise InvalidParameters(("body", "is not form-encoded")) from None
        return json.dumps(_each_once(fields)).encode()

    def query(self, *, lists: Collection[str] = ()) -> dict[str, str | list[str]]:
        """The query parameters. `lists`: the names of those that may be given more than once.

        Raises InvalidParameters when another one is.
        """
        given = dict(self.event.get("multiValueQueryStringParameters") or {})
        several = {name: given.pop(name) for name in lists if name in given}
        return {**_each_once(given), **several}

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        headers: Mapping[str, list[str]] = self.event.get("multiValueHeaders") or {}
        return [
            value
            for given, values in headers.items()
            if given.lower() == name.lower()
            for value in values
        ]

    @property
    def authorization(self) -> Authorization:
        """The Authorization header; empty unless it is there exactly once."""
        values = self.header("Authorization")
        return Authorization(values[0]) if len(values) == 1 else Authorization()


def _each_once(given: Mapping[str, list[str]]) -> dict[str, str]:
    twice = [(name[:64], "is given more than once") for name, values in given.items() if values[1:]]
    if twice:
        raise InvalidParameters(*twice[:MOST_PROBLEMS])
    return {name: values[0] for name, values in given.items()}
