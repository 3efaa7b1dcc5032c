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
from tests.e2e.proof.fuzzing import PHASES, Findings, Proposals, fuzzed
from tests.e2e.proof.world import Api, Headers, Tenant

APIS: tuple[ApiName, ...] = get_args(ApiName)
BOUNDED: dict[str, Any] = {"examples": 10, "steps": 4, "seconds": 9}
FULL: dict[str, Any] = {"examples": 200, "steps": 10, "seconds": None}

Populated = tuple[Headers, Proposals]


@pytest.fixture(scope="module")
def populated(api: Api) -> Populated:
    """The credentials of a client whose partner has some of everything."""
    return _populated(api)


def _populated(api: Api) -> Populated:
    tenant = Tenant.signed()
    credentials = tenant.client()
    return credentials, Proposals.of(api, tenant, credentials)


def _run(
    api: Api, name: ApiName, headers: Headers, proposals: Proposals, **strength: Any
) -> Findings:
    document = proposals.named_in(json.loads(as_json(described(name))))
    findings = fuzzed(document, api.urls[name], headers, **strength)
    print(f"\n{name} API: {findings}")
    assert findings.problems == [], "\n\n".join(findings.problems[:20])
    return findings


@pytest.mark.parametrize("name", APIS)
def test_no_answer_breaks_the_document(api: Api, name: ApiName, populated: Populated) -> None:
    headers, proposals = populated
    _run(api, name, headers, proposals, **BOUNDED)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "by"), [("partner", "headers"), ("supplier", "headers"), ("supplier", "token")]
)
def test_no_answer_breaks_the_document_at_full_strength(api: Api, name: ApiName, by: str) -> None:
    headers, proposals = _populated(api)
    if by == "token":
        headers = {"Authorization": f"Bearer {api.token(headers)}"}
    findings = _run(api, name, headers, proposals, **FULL)
    assert set(findings.cases) == set(PHASES)
    public = {"POST /oauth/token"} if by == "token" else set()
    assert findings.never_served <= public
