"""Signatures are those that botocore makes of the same request at the same time."""

import base64
import datetime
import json
from dataclasses import replace
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4PostAuth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from motorpool.aws.connection import Request
from motorpool.aws.credentials import Credentials
from motorpool.aws.signing import Signer

AT = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.UTC)
REGION = "eu-central-1"

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="/."), min_size=1)
CREDENTIALS = st.builds(Credentials, key_id=VISIBLE, secret=VISIBLE, token=VISIBLE | st.just(""))
REQUESTS = st.builds(
    Request,
    origin=st.sampled_from(
        ["https://dynamodb.eu-central-1.amazonaws.com", "http://127.0.0.1:4566"]
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    path=st.lists(KEYS).map(lambda parts: "/" + "/".join(parts)),
    query=st.dictionaries(KEYS, KEYS),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "X-Amz-Target"]), VISIBLE),
    body=st.binary(),
)


@pytest.fixture(autouse=True, scope="module")
def _botocores_clock() -> Any:
    now = AT.replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        yield


def signer(service: str, credentials: Credentials) -> Signer:
    return Signer(service, REGION, credentials, AT.timestamp())


def theirs(request: Request, credentials: Credentials) -> tuple[AWSRequest, BotocoreCredentials]:
    url = f"{request.origin}{request.target}"
    made: Any = AWSRequest(request.method, url, dict(request.headers), request.body)
    return made, BotocoreCredentials(
        credentials.key_id, credentials.secret, credentials.token or None
    )


@given(REQUESTS, CREDENTIALS)
def test_a_requests_headers_are_signed(request: Request, credentials: Credentials) -> None:
    signed = signer("s3", credentials).signed(request)
    expected, key = theirs(request, credentials)
    S3SigV4Auth(key, "s3", REGION).add_auth(expected)
    assert signed.headers["authorization"] == expected.headers["Authorization"]


@given(REQUESTS, CREDENTIALS)
def test_a_call_of_a_json_service_is_signed(request: Request, credentials: Credentials) -> None:
    request = replace(request, path="/", query={})
    signed = signer("dynamodb", credentials).signed(request)
    expected, key = theirs(request, credentials)
    expected.headers["X-Amz-Content-SHA256"] = signed.headers["x-amz-content-sha256"]
    SigV4Auth(key, "dynamodb", REGION).add_auth(expected)
    assert signed.headers["authorization"] == expected.headers["Authorization"]


@given(REQUESTS, CREDENTIALS, st.integers(1, 604_800))
def test_a_url_is_signed(request: Request, credentials: Credentials, seconds: int) -> None:
    url = signer("s3", credentials).presigned_url(
        Request(request.origin, "GET", request.path, request.query), seconds=seconds
    )
    bare = Request(request.origin, "GET", request.path, request.query)
    expected, key = theirs(bare, credentials)
    S3SigV4QueryAuth(key, "s3", REGION, expires=seconds).add_auth(expected)
    assert parse_qs(urlsplit(url).query) == parse_qs(urlsplit(str(expected.url)).query)
    assert urlsplit(url).path == urlsplit(str(expected.url)).path


@given(CREDENTIALS, st.integers(1, 604_800))
def test_a_forms_policy_is_signed(credentials: Credentials, seconds: int) -> None:
    fields = signer("s3", credentials).presigned_fields(
        {"key": "photos/1"}, [["content-length-range", 1, 5]], seconds=seconds
    )
    policy = json.loads(base64.b64decode(fields["policy"]))
    [expiration] = {policy["expiration"]}
    end = AT + datetime.timedelta(seconds=seconds)
    assert expiration == end.strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, value in fields.items():
        if name not in ("policy", "x-amz-signature"):
            assert {name: value} in policy["conditions"]
    assert ["content-length-range", 1, 5] in policy["conditions"]
    expected, key = theirs(Request("https://b.s3.amazonaws.com", "POST", "/"), credentials)
    context: Any = {
        "s3-presign-post-fields": {},
        "s3-presign-post-policy": {
            "expiration": expiration,
            "conditions": [["content-length-range", 1, 5], {"key": "photos/1"}],
        },
    }
    expected.context.update(context)
    S3SigV4PostAuth(key, "s3", REGION).add_auth(expected)
    assert fields == {"key": "photos/1"} | expected.context["s3-presign-post-fields"]


def test_what_is_secret_of_a_credential_is_not_shown() -> None:
    shown = repr(Signer("s3", REGION, Credentials("AKIA", "secret-1", "token-1"), 0.0))
    assert "AKIA" in shown
    assert "secret-1" not in shown
    assert "token-1" not in shown
