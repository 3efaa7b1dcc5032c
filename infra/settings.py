"""What a deployment is told by the CDK's context: `-c environment=dev -c domain=…`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from constructs import Node

from infra.names import DEFAULT, Names

# Only what is surely a mistake is refused: AWS sends a mail that must be answered.
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
RUNBOOK = "docs/runbook.md"
USAGE_PLANS = {
    "true": "to limit each client",
    "prepared": "to give the clients their API keys first",
}
FIREWALL = {"true": "to limit each address with AWS WAF"}


class InvalidSetting(ValueError):
    """The context has a value that cannot be, or lacks one that another value needs."""


@dataclass(frozen=True, slots=True)
class DomainSettings:
    """A domain of our own, and the certificate for it, of Certificate Manager in the region."""

    name: str
    certificate_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`sets_logging_role`: whether this deployment gives API Gateway its role for logs.

    The region has one such role, for all APIs of the account. `alarm_email`: who is told when an
    alarm goes off. `runbook`: the address that alarms name. `monthly_budget`: in dollars, for the
    whole account. `has_usage_plan`: whether there is a plan that limits each client; `needs_keys`:
    whether a client needs an API key, which puts it under that plan. `has_firewall`: whether AWS
    WAF limits each address.
    """

    names: Names = DEFAULT
    domain: DomainSettings | None = None
    sets_logging_role: bool = True
    alarm_email: str | None = None
    runbook: str = RUNBOOK
    monthly_budget: int | None = None
    has_usage_plan: bool = False
    needs_keys: bool = False
    has_firewall: bool = False

    @classmethod
    def of(cls, node: Node) -> Self:
        """The settings in the context. Raises InvalidSetting or InvalidEnvironment."""
        email = _email(_text(node, "alarmEmail"))
        usage_plans = _one_of(node, "usagePlans", USAGE_PLANS)
        return cls(
            names=Names(_text(node, "environment")),
            domain=_domain(_text(node, "domain"), _text(node, "certificateArn")),
            sets_logging_role=_sets_logging_role(_text(node, "apiGatewayLogs")),
            alarm_email=email,
            runbook=_text(node, "runbook") or RUNBOOK,
            monthly_budget=_monthly_budget(_text(node, "monthlyBudget"), email),
            has_usage_plan=bool(usage_plans),
            needs_keys=usage_plans == "true",
            has_firewall=bool(_one_of(node, "waf", FIREWALL)),
        )


def _text(node: Node, key: str) -> str:
    return str(node.try_get_context(key) or "")


def _one_of(node: Node, key: str, choices: Mapping[str, str]) -> str:
    """The value, or the empty string without one. `choices`: what each is for."""
    choice = _text(node, key)
    if choice and choice not in choices:
        meant = ", ".join(f"`{value}` {what}" for value, what in choices.items())
        raise InvalidSetting(f"{key} is '{choice}': give {meant}, or leave it out")
    return choice


def _domain(name: str, certificate_arn: str) -> DomainSettings | None:
    if bool(name) != bool(certificate_arn):
        raise InvalidSetting(
            "a custom domain needs both: -c domain=<name> and -c certificateArn=<its certificate>"
        )
    return DomainSettings(name, certificate_arn) if name else None


def _sets_logging_role(choice: str) -> bool:
    if choice not in {"", "existing"}:
        raise InvalidSetting(
            f"apiGatewayLogs is '{choice}': give `existing` to keep the role that the region has "
            "for API Gateway's logs, or leave it out to set one"
        )
    return not choice


def _email(address: str) -> str | None:
    if address and not EMAIL.fullmatch(address):
        raise InvalidSetting(f"alarmEmail is '{address}', which is no e-mail address")
    return address or None


def _monthly_budget(dollars: str, email: str | None) -> int | None:
    if not dollars:
        return None
    if not (dollars.isascii() and dollars.isdigit() and int(dollars)):
        raise InvalidSetting(f"monthlyBudget is '{dollars}': give whole dollars, 1 or more")
    if not email:
        raise InvalidSetting("monthlyBudget needs somebody to tell: -c alarmEmail=<address>")
    return int(dollars)
