"""Signature Version 4: of a request's headers, of a URL, of a form.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html and, for
forms, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace

from motorpool.aws.connection import Request
from motorpool.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one service in one region, at one time (seconds since 1970)."""

    service: str
    region: str
    credentials: Credentials
    at: float

    def signed(self, request: Request) -> Request:
        """The request with the headers that prove whose it is."""
        digest = hashlib.sha256(request.body).hexdigest()
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers |= {"host": request.host, "x-amz-date": self._time, "x-amz-content-sha256": digest}
        if self.credentials.token:
            headers["x-amz-security-token"] = self.credentials.token
        signature = self._of_request(request, headers, digest)
        headers["authorization"] = (
            f"{ALGORITHM} Credential={self._credential}, "
            f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
        )
        return replace(request, headers=headers)

    def presigned_url(self, request: Request, *, seconds: int) -> str:
        """A URL that anyone may use for that request, so long."""
        query = {
            **request.query,
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": self._credential,
            "X-Amz-Date": self._time,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
        if self.credentials.token:
            query["X-Amz-Security-Token"] = self.credentials.token
        asked = replace(request, query=query)
        signature = self._of_request(asked, {"host": request.host}, UNSIGNED)
        return f"{asked.origin}{asked.target}&X-Amz-Signature={signature}"

    def presigned_fields(
        self, fields: Mapping[str, str], conditions: list[object], *, seconds: int
    ) -> dict[str, str]:
        """The fields of a form that anyone may post so long, if it holds to the conditions.

        `fields` are required as they are; what is signed becomes one more field, the policy.
        """
        required = dict(fields) | {
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": self._credential,
            "x-amz-date": self._time,
        }
        if self.credentials.token:
            required["x-amz-security-token"] = self.credentials.token
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at + seconds))
        exact = [{name: value} for name, value in required.items()]
        policy = json.dumps({"expiration": expiration, "conditions": [*conditions, *exact]})
        encoded = b64encode(policy.encode()).decode()
        return required | {"policy": encoded, "x-amz-signature": self._signature(encoded)}

    @property
    def _time(self) -> str:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.at))

    @property
    def _scope(self) -> tuple[str, str, str, str]:
        return self._time[:8], self.region, self.service, "aws4_request"

    @property
    def _credential(self) -> str:
        return "/".join((self.credentials.key_id, *self._scope))

    def _of_request(self, request: Request, headers: Mapping[str, str], digest: str) -> str:
        lines = [
            request.method,
            request.encoded_path,
            request.encoded_query,
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            ";".join(sorted(headers)),
            digest,
        ]
        hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return self._signature("\n".join([ALGORITHM, self._time, "/".join(self._scope), hashed]))

    def _signature(self, text: str) -> str:
        key = f"AWS4{self.credentials.secret}".encode()
        for part in (*self._scope, text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()
