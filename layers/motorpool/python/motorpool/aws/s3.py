"""S3: objects by bucket and key, and what lets a phone or a browser at one of them."""

from dataclasses import dataclass

from motorpool.aws.connection import Answer, Request
from motorpool.aws.service import Service


@dataclass(frozen=True, slots=True)
class Form:
    """A presigned POST: where to, and the fields that come before the file."""

    url: str
    fields: dict[str, str]


class S3(Service):
    """Buckets are addressed by host on AWS, by path where AWS_ENDPOINT_URL leads."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__("s3", timeout=timeout)

    def head(self, bucket: str, key: str) -> Answer:
        """An object's headers. Raises AwsError (404, or 403 for who may not list), Unreachable."""
        return self.answered(self._request("HEAD", bucket, key))

    def get(self, bucket: str, key: str, *, version_id: str) -> Answer:
        """A version of an object. Raises AwsError and Unreachable."""
        return self.answered(self._request("GET", bucket, key, version_id))

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        """Store an object. Raises AwsError and Unreachable."""
        headers = {"content-type": content_type}
        self.answered(self._request("PUT", bucket, key, headers=headers, body=body))

    def link(self, bucket: str, key: str, *, version_id: str | None, seconds: int) -> str:
        """A URL by which anyone may look at an object, so long."""
        return self.signer().presigned_url(
            self._request("GET", bucket, key, version_id), seconds=seconds
        )

    def form(
        self, bucket: str, key: str, content_type: str, *, most_bytes: int, seconds: int
    ) -> Form:
        """A form by which anyone may store 1 to `most_bytes` bytes of that type at that key."""
        fields = self.signer().presigned_fields(
            {"key": key, "Content-Type": content_type},
            [{"bucket": bucket}, ["content-length-range", 1, most_bytes]],
            seconds=seconds,
        )
        request = self._request("POST", bucket, "")
        return Form(f"{request.origin}{request.target}", fields)

    def _request(
        self,
        method: str,
        bucket: str,
        key: str,
        version_id: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Request:
        scheme, _, host = self.origin.partition("://")
        origin, path = (
            (f"{scheme}://{bucket}.{host}", f"/{key}")
            if host.endswith(".amazonaws.com")
            else (self.origin, f"/{bucket}/{key}" if key else f"/{bucket}")
        )
        query = {"versionId": version_id} if version_id else {}
        return Request(origin, method, path, query, headers or {}, body)
