"""Schemathesis sends what nobody would, to every operation of both documents.

Each answer is held to the document: a status that it names, the schema and headers of that status,
no 5xx but the contract's own refusals, 401 without credentials. All phases run: the documents'
examples, the schemas' edges (coverage), random requests (fuzzing), and what one answer says used in
the next request (stateful).
"""

import json
from typing import Any, get_args

import pytest

from infra.openapi import as_json, described
from infra.spec import ApiName
from tests.e2e.api import Api
from tests.e2e.proof.fuzzing import PHASES, Findings, Proposals, fuzzed
from tests.e2e.tenant import Tenant

APIS: tuple[ApiName, ...] = get_args(ApiName)
BOUNDED: dict[str, Any] = {"examples": 10, "steps": 4, "seconds": 9}
FULL: dict[str, Any] = {"examples": 200, "steps": 10, "seconds": None}

Populated = tuple[Tenant, Proposals]


@pytest.fixture(scope="module")
def populated(stack: dict[str, Any]) -> Populated:
    """A partner that has some of everything."""
    return _populated(stack)


def _populated(stack: dict[str, Any]) -> Populated:
    tenant = Tenant.new(stack)
    return tenant, Proposals.of(tenant)


def _run(name: ApiName, api: Api, proposals: Proposals, **strength: Any) -> Findings:
    document = proposals.named_in(json.loads(as_json(described(name))))
    findings = fuzzed(document, api.url, api.credentials, **strength)
    print(f"\n{name} API: {findings}")
    assert findings.problems == [], "\n\n".join(findings.problems[:20])
    return findings


@pytest.mark.parametrize("name", APIS)
def test_no_answer_breaks_the_document(name: ApiName, populated: Populated) -> None:
    tenant, proposals = populated
    _run(name, tenant.apis[name], proposals, **BOUNDED)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "by"), [("partner", "headers"), ("supplier", "headers"), ("supplier", "token")]
)
def test_no_answer_breaks_the_document_at_full_strength(
    stack: dict[str, Any], name: ApiName, by: str
) -> None:
    tenant, proposals = _populated(stack)
    api = tenant.supplier.with_token() if by == "token" else tenant.apis[name]
    findings = _run(name, api, proposals, **FULL)
    assert set(findings.cases) == set(PHASES)
    public = {"POST /oauth/token"} if by == "token" else set()
    assert findings.never_served <= public
