"""The clients' API keys, which put each client under the usage plan (infra/usage.py).

Nobody sends a key: the authorizer names it. A client without one is refused where methods need
keys. A key's name ends with the client's fingerprint.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.names import Names
from motorpool.access import client_store as clients
from motorpool.access.callers import usage_key
from motorpool.access.clients import Client
from motorpool.ids import fingerprint
from motorpool.tenants import partner_store as partners

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import PaginatorConfigTypeDef

# API Gateway makes five keys a second in an account: wait, instead of failing.
# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, read on 2026-11-26.
PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 10})
PAGE: "PaginatorConfigTypeDef" = {"PageSize": 500}


class NoUsageKey(Exception):
    """A key could not be made or deleted; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class UsageKeys:
    """The API keys of an environment. `plan`: the id of its usage plan."""

    gateway: "APIGatewayClient"
    plan: str
    names: Names

    @classmethod
    def of(cls, names: Names) -> Self | None:
        """Those of the environment; None if it has no usage plan. Raises NoUsageKey."""
        gateway = boto3.client("apigateway", config=PATIENT)
        try:
            for page in gateway.get_paginator("get_usage_plans").paginate(PaginationConfig=PAGE):
                for plan in page["items"]:
                    if plan["name"] == names.usage_plan:
                        return cls(gateway, plan["id"], names)
        except ClientError as error:
            raise NoUsageKey(f"the usage plan could not be looked for: {error}") from error
        return None

    def lacking(self, clients: Iterable[Client]) -> list[Client]:
        """Those of the clients that have a valid secret, but no key in the plan."""
        known = self._in_plan().keys()
        return [
            client
            for client in clients
            if client.secret_hashes and self._name(client.id) not in known
        ]

    def add(self, client_id: str) -> None:
        """Put the client under the plan, if it is not. Raises NoUsageKey."""
        name = self._name(client_id)
        try:
            if self._in_plan(name):
                return
            # One that was made, but did not get into the plan, is used again.
            key = self._named(name) or self._made(name, client_id)
            self.gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=key, keyType="API_KEY")
        except ClientError as error:
            raise NoUsageKey(
                f"the client's API key could not be made: {error}. `motorpool client keys` tries "
                "it again"
            ) from error

    def delete(self, client_id: str) -> None:
        """Delete the client's key, if there is one. Raises NoUsageKey."""
        name = self._name(client_id)
        try:
            for key in self._in_plan(name).values():
                self.gateway.delete_usage_plan_key(usagePlanId=self.plan, keyId=key)
            if made := self._named(name):
                self.gateway.delete_api_key(apiKey=made)
        except ClientError as error:
            raise NoUsageKey(
                f"the client is revoked, but its API key could not be deleted: {error}"
            ) from error

    def in_region(self) -> int:
        """How many API keys the account has in the region, those of others included."""
        pages = self.gateway.get_paginator("get_api_keys").paginate(PaginationConfig=PAGE)
        return sum(len(page["items"]) for page in pages)

    def _name(self, client_id: str) -> str:
        return f"{self.names.title}-{fingerprint(client_id)}"

    def _in_plan(self, name: str = "") -> dict[str, str]:
        """The ids of the plan's keys, by name: all, or the one with that name."""
        pages = self.gateway.get_paginator("get_usage_plan_keys").paginate(
            usagePlanId=self.plan, PaginationConfig=PAGE, **({"nameQuery": name} if name else {})
        )
        found = {key["name"]: key["id"] for page in pages for key in page["items"]}
        return {key: id for key, id in found.items() if name in ("", key)}

    def _made(self, name: str, client_id: str) -> str:
        made = self.gateway.create_api_key(name=name, value=usage_key(client_id), enabled=True)
        return made["id"]

    def _named(self, name: str) -> str | None:
        """The id of the account's key with that name, in a plan or not."""
        found = self.gateway.get_api_keys(nameQuery=name)["items"]
        return next((key["id"] for key in found if key["name"] == name), None)


def every_client() -> list[Client]:
    """The clients of all partners."""
    return [client for partner in partners.every() for client in clients.of_partner(partner.id)]
