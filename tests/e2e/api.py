"""The two APIs as a caller meets them, over HTTP; every answer is held to what all answers have."""

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Self

import httpx

from infra.local.world import new_phone
from motorpool.errors import MotorpoolError

VEHICLES = "/vehicle-suppliers/vehicles"
TRANSFERS = "/vehicle-suppliers/transfers"
ORGANIZATIONS = "/vehicle-suppliers/organizations"
TOKEN = "/oauth/token"

# The business rules that the documents answer with 500; any other 5xx is a failure.
DOCUMENTED_500 = {
    error.partner.code
    for error in MotorpoolError.__subclasses__()
    if error.partner and error.partner.status == 500 and error.expected
}

# What was sent of which no log line may hold a trace: header values and personal fields.
PERSONAL_FIELDS = {"firstName", "lastName", "phone", "email"}
private: set[str] = set()


class Api:
    """The partner API as one caller meets it, who sends those headers.

    Every answer has a request id, and an envelope when it is an error; none may be a 5xx that the
    documents do not know.
    """

    envelopes: ClassVar[tuple[set[str], ...]] = ({"error_code", "error_message"},)

    def __init__(
        self, url: str, credentials: dict[str, str], http: httpx.Client | None = None
    ) -> None:
        self.url = url
        self.credentials = credentials
        self.http = http or httpx.Client(timeout=60)
        private.update(value for value in credentials.values() if len(value) > 8)

    def of(self, credentials: dict[str, str]) -> Self:
        """The same API as a caller with other headers meets it, over the same connections."""
        return type(self)(self.url, credentials, self.http)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request. `path` is below the stage."""
        self._remember(request)
        headers = httpx.Headers(self.credentials)
        headers.update(request.pop("headers", None))
        answer = self.http.request(method, self.url + path, headers=headers, **request)
        if answer.status_code >= 500:
            assert answer.json().get("error_code") in DOCUMENTED_500, answer.text
        assert answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/json"
        if answer.status_code >= 400:
            assert set(answer.json()) in self.envelopes
            assert all(isinstance(text, str) and text for text in answer.json().values())
        return answer

    def _remember(self, request: dict[str, Any]) -> None:
        headers = request.get("headers") or {}
        pairs = headers.items() if isinstance(headers, dict) else headers
        private.update(value for _, value in pairs if isinstance(value, str) and len(value) > 8)
        if isinstance(body := request.get("json"), dict):
            private.update(
                value
                for name, value in body.items()
                if name in PERSONAL_FIELDS and isinstance(value, str) and len(value) > 8
            )

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.call("GET", path, **request)

    def post(self, path: str, json: Any = None, **request: Any) -> httpx.Response:
        return self.call("POST", path, json=json, **request)

    def put(self, path: str, json: Any = None, **request: Any) -> httpx.Response:
        return self.call("PUT", path, json=json, **request)


class Supplier(Api):
    """The supplier API as one caller meets it."""

    envelopes = ({"code", "message"}, {"error", "error_description"})

    def transfer(self, vehicle_id: str, owner_id: Any, **more: Any) -> httpx.Response:
        """Ask for a transfer; `headers` among `more` are headers, the rest is of the body."""
        headers = more.pop("headers", {})
        body = {"new_owner_id": owner_id} | more
        return self.post(f"{VEHICLES}/{vehicle_id}/transfer", body, headers=headers)

    def moved(self, vehicle_id: str, owner_id: str, **more: Any) -> dict[str, Any]:
        """Transfer a vehicle and wait for it; the transfer as it ended."""
        answer = self.transfer(vehicle_id, owner_id, **more)
        assert answer.status_code == 200, answer.text
        return self.ended(answer.json()["transfer"]["id"])

    def transfer_of(self, transfer_id: str) -> dict[str, Any]:
        """A transfer as it is now."""
        transfer: dict[str, Any] = self.get(f"{TRANSFERS}/{transfer_id}").json()["transfer"]
        return transfer

    def ended(self, transfer_id: str) -> dict[str, Any]:
        """A transfer as soon as it is not accepted any more."""

        def look() -> dict[str, Any] | None:
            found = self.transfer_of(transfer_id)
            return None if found["status"] == "accepted" else found

        return until(look)

    def assign(self, vehicle_id: str, driver_id: Any, **more: Any) -> httpx.Response:
        body = {"driver_id": driver_id}
        return self.post(f"{VEHICLES}/{vehicle_id}/assign", body, **more)

    def unassign(self, vehicle_id: str, **more: Any) -> httpx.Response:
        return self.call("POST", f"{VEHICLES}/{vehicle_id}/unassign", **more)

    def vehicle(self, vehicle_id: str) -> dict[str, Any]:
        vehicle: dict[str, Any] = self.get(f"{VEHICLES}/{vehicle_id}").json()["vehicle"]
        return vehicle

    def listed(self, owner_id: str) -> list[str]:
        """The ids of all vehicles of an organization, by pages of 100."""
        ids: list[str] = []
        query = {"owner_id": owner_id, "page_size": "100"}
        while True:
            answer = self.get(VEHICLES, params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            ids += [vehicle["id"] for vehicle in page["vehicles"]]
            if page["next_page_token"] is None:
                return ids
            query["page_token"] = page["next_page_token"]

    def custody(self, vehicle_id: str) -> list[dict[str, Any]]:
        chain: list[dict[str, Any]] = self.get(f"{VEHICLES}/{vehicle_id}/custody").json()["custody"]
        return chain

    def token(self, **form: str) -> httpx.Response:
        """Ask for a token with the client's own id and secret, unless `form` says otherwise."""
        own = {
            "grant_type": "client_credentials",
            "client_id": self.credentials["clientId"],
            "client_secret": self.credentials["clientSecret"],
        }
        answer = self.of({}).call("POST", TOKEN, data=own | form)
        if answer.status_code == 200:
            private.add(answer.json()["access_token"])
        return answer

    def with_token(self, **form: str) -> "Supplier":
        """The same client with a new bearer token."""
        answer = self.token(**form)
        assert answer.status_code == 200, answer.text
        return self.bearing(answer.json()["access_token"])

    def bearing(self, token: str) -> "Supplier":
        """Somebody with that token."""
        return self.of({"Authorization": f"Bearer {token}"})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    body = answer.json()
    return answer.status_code, body.get("error_code") or body.get("code") or body.get("error", "")


def message(answer: httpx.Response) -> str:
    """What a refusal says to people."""
    body = answer.json()
    text: str = body["error_message"] if "error_message" in body else body["message"]
    return text


def served(answer: httpx.Response) -> Any:
    """The JSON of an answer that is no refusal; None when it has no body."""
    assert answer.status_code < 300, f"{answer.request.method} {answer.url}: {answer.text}"
    return answer.json() if answer.content else None


def a_person(**changes: Any) -> dict[str, Any]:
    """The request for a user whom nobody has seen before; `...` leaves a field out."""
    mark = secrets.token_hex(6)
    person = {
        "firstName": f"Dana-{mark}",
        "lastName": f"Reyes-{mark}",
        "phone": new_phone(),
        "email": f"{mark}@example.com",
        "address": {"state": "NY"},
    }
    return {name: value for name, value in (person | changes).items() if value is not ...}


_plates = itertools.count(secrets.randbelow(1 << 30))


def new_plate() -> str:
    """A plate that was not used before."""
    return f"P{next(_plates):08X}"


def sent_by_phone(form: dict[str, Any], file: bytes, **changes: str) -> httpx.Response:
    """What S3 answers to a file sent with a form, some of whose fields are changed."""
    fields = form["uploadFields"] | changes
    return httpx.post(form["uploadUrl"], data=fields, files={"file": ("a", file)}, timeout=30)


def until[Seen](look: Callable[[], Seen | None], *, within_seconds: float = 30) -> Seen:
    """What `look` sees as soon as it sees something; it looks often."""
    deadline = time.monotonic() + within_seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not seen within {within_seconds} s"
        time.sleep(0.02)
    return seen


def becomes(look: Callable[[], object], wanted: object) -> bool:
    """Whether `look` sees what is wanted within 10 s, as it does of a list behind an index.

    Such a list is eventually consistent on AWS.
    """
    deadline = time.monotonic() + 10
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    # For pytest's report.
    assert seen == wanted
    return True


def at_once(
    api: Api, number: int, call: Callable[[Api, int], httpx.Response]
) -> list[httpx.Response]:
    """What so many callers with the same credentials are answered who call in the same moment."""
    start = threading.Barrier(number)

    def called(place: int) -> httpx.Response:
        caller = api.of(api.credentials)
        caller.get("/")  # the connection is open, and no function was called
        start.wait()
        return call(caller, place)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(called, range(number)))
