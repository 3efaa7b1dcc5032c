"""The caller of a request: the client as the authorizer found it and the gateway passes it on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

CREDENTIAL_HEADERS = ("partnerId", "clientId", "clientSecret")
# What the authorizer's context calls the client's fingerprint, for the gateway's access log.
FINGERPRINT = "client"


def usage_key(client_id: str) -> str:
    """The value of a client's API key in API Gateway: 64 hexadecimal digits.

    It is no secret, because API Gateway takes it from the authorizer only. But it does not give
    away the id, and nobody can guess it from a fingerprint: the id has 80 random bits.
    """
    return hashlib.sha256(f"usage:{client_id}".encode()).hexdigest()


ActorKind = Literal["client", "device", "operator", "worker"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: a client, a user's device, an operator, or a worker.

    `id`: the client's or device's id; the operator's name; what the worker works on, such as a
    transfer's id.
    `request_id`: of the client's request.
    """

    kind: ActorKind
    id: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A client of a partner, or a device of one user that a client has let in.

    `org_path` is the subtree that it sees: the path of the organization that it is linked to, or
    the empty string for the whole partner. `org_id` is its default organization; a client of the
    whole partner may have none. A device has its user's organization, no scopes, and sees nothing
    but what is its user's (`user_id`). `origins`: of which web pages the partner allows to call.
    `request_id` is the id of its request.
    """

    partner_id: str
    client_id: str
    org_id: str | None
    org_path: str
    scopes: frozenset[str]
    request_id: str | None = None
    device_id: str | None = None
    user_id: str | None = None
    origins: tuple[str, ...] = ()

    @property
    def actor(self) -> Actor:
        """The caller as the one who changes something."""
        kind: ActorKind = "device" if self.device_id else "client"
        return Actor(kind, self.credential_id, self.request_id)

    @property
    def credential_id(self) -> str:
        """The id of the device or client whose secret was sent; idempotency keys belong to it."""
        return self.device_id or self.client_id

    def sees(self, path: str) -> bool:
        """Whether the organization at `path` (`root/child/leaf`) is in the caller's subtree."""
        return not self.org_path or f"{path}/".startswith(f"{self.org_path}/")

    def sees_user(self, user_id: str | None) -> bool:
        """Whether it may see what is that user's: a device only what is its own user's."""
        return self.user_id in (None, user_id)

    def sees_of(self, partner_id: str, path: str) -> bool:
        """Whether the caller sees the organization at `path` of that partner."""
        return partner_id == self.partner_id and self.sees(path)

    @property
    def usage_key(self) -> str:
        """The value of its client's API key."""
        return usage_key(self.client_id)

    def as_context(self) -> dict[str, str]:
        """The caller as an authorizer's context, which takes strings only."""
        return {
            "partnerId": self.partner_id,
            "clientId": self.client_id,
            "orgId": self.org_id or "",
            "orgPath": self.org_path,
            "scopes": " ".join(sorted(self.scopes)),
            **({"deviceId": self.device_id} if self.device_id else {}),
            **({"userId": self.user_id} if self.user_id else {}),
            **({"origins": " ".join(self.origins)} if self.origins else {}),
        }

    @classmethod
    def from_context(cls, context: Mapping[str, Any], request_id: str) -> "Caller":
        """The caller from `requestContext.authorizer` of a proxy event, and its `requestId`."""
        return cls(
            partner_id=context["partnerId"],
            client_id=context["clientId"],
            org_id=context["orgId"] or None,
            org_path=context["orgPath"],
            scopes=frozenset(context["scopes"].split()),
            request_id=request_id,
            device_id=context.get("deviceId"),
            user_id=context.get("userId"),
            origins=tuple(context.get("origins", "").split()),
        )
