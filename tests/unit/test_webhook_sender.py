"""One try to deliver a message, against real receivers on 127.0.0.1."""

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import pytest_socket
import trustme

from motorpool.webhooks import sender, signature, url
from motorpool.webhooks.addresses import is_loopback
from motorpool.webhooks.sender import Outcome, seconds_asked, send, system_trust
from motorpool.webhooks.url import Target
from tests.receiver import (
    Behavior,
    Receiver,
    answers,
    closes,
    drips,
    garbage,
    hangs,
    ok,
    redirects,
    sends,
)

BODY = b'{"id":"evt_1"}'
SECRET = signature.new_secret()
# In the place of 15 s.
SHORT = 0.4


@pytest.fixture(autouse=True)
def _sockets(_no_sockets: None) -> None:
    pytest_socket.enable_socket()


def sent(target: Target | Receiver, *, within_seconds: float = 5, **settings: object) -> Outcome:
    """A message to that target, or to the receiver's URL as on the local stack."""
    if isinstance(target, Receiver):
        target = Target.of(target.url, local=True)
    headers = signature.headers("evt_1", int(time.time() * 1000), BODY, [SECRET])
    return send(target, BODY, headers, within_seconds=within_seconds, **settings)  # type: ignore[arg-type]


def test_a_receiver_gets_the_message_signed() -> None:
    with Receiver(secrets=[SECRET]) as receiver:
        outcome = sent(Target.of(f"{receiver.url}/a?b=c", local=True))
    [message] = receiver.received
    assert outcome.delivered
    assert (outcome.status, outcome.failure, outcome.retry_after_seconds) == (200, None, None)
    assert (message.method, message.path, message.body) == ("POST", "/hooks/a?b=c", BODY)
    assert message.verified
    assert message.headers["user-agent"] == "Motorpool-Webhooks/1"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert 0 <= outcome.duration_ms < 1000


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_done(status: int) -> None:
    with Receiver(then=answers(status)) as receiver:
        assert sent(receiver).delivered


@pytest.mark.parametrize("status", [300, 400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_not(status: int) -> None:
    with Receiver(then=answers(status)) as receiver:
        outcome = sent(receiver)
    assert (outcome.status, outcome.delivered, outcome.gone) == (status, False, status == 410)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Receiver() as elsewhere, Receiver(then=redirects(elsewhere.url, status)) as receiver:
        outcome = sent(receiver)
    assert (outcome.status, outcome.delivered) == (status, False)
    assert elsewhere.received == []


@pytest.mark.parametrize(
    "behavior",
    [
        garbage,
        closes,
        sends(b""),
        sends(b"HTTP/1.1 abc def\r\n\r\n"),
        sends(b"HTTP/1.1 99999 Status\r\n\r\n"),
        sends(b"HTTP/1.1 200 " + b"o" * 70_000),
        sends(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n"),
        sends(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n"),
    ],
)
def test_what_is_no_http_answer_is_a_failure(behavior: Behavior) -> None:
    with Receiver(then=behavior) as receiver:
        outcome = sent(receiver)
    assert (outcome.failure, outcome.status, outcome.delivered) == ("no_answer", None, False)


@pytest.mark.parametrize(
    "behavior",
    [
        hangs,
        drips(b"HTTP/1.1 ", b"2"),
        drips(b"HTTP/1.1 200 OK\r\n", b"x"),
        drips(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_receiver_that_hangs_or_drips_is_left_at_the_end_of_the_time(behavior: Behavior) -> None:
    with Receiver(then=behavior) as receiver:
        began = time.monotonic()
        outcome = sent(receiver, within_seconds=SHORT)
        took = time.monotonic() - began
    assert (outcome.failure, outcome.status, outcome.delivered) == ("timeout", None, False)
    assert SHORT <= took < SHORT + 0.4
    assert outcome.duration_ms == pytest.approx(took * 1000, abs=50)


@pytest.mark.parametrize(
    "behavior",
    [
        drips(b"HTTP/1.1 200 OK\r\n\r\n", b"body"),
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", b"x" * 65536, 0),
        drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n"),
    ],
)
def test_a_body_that_never_ends_or_is_huge_is_not_read(behavior: Behavior) -> None:
    with Receiver(then=behavior) as receiver:
        outcome = sent(receiver)
    assert outcome.delivered
    assert outcome.duration_ms < 1000


def test_a_receiver_that_never_reads_is_left_at_the_end_of_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target.of(f"http://127.0.0.1:{server.getsockname()[1]}/", local=True)
        outcome = send(target, b"x" * 50_000_000, {}, within_seconds=SHORT)
    assert outcome.failure == "timeout"
    assert outcome.duration_ms < (SHORT + 0.4) * 1000


def test_nobody_who_listens_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = sent(Target.of(f"http://127.0.0.1:{port}/", local=True))
    assert (outcome.failure, outcome.status) == ("not_connected", None)


def test_nothing_is_left_of_a_try() -> None:
    with Receiver(script=[hangs, ok, garbage], then=ok) as receiver:
        sent(receiver, within_seconds=0.1)
        for _ in range(3):
            sent(receiver)
        ours = [t for t in threading.enumerate() if isinstance(t, threading.Timer)]
    assert ours == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class TestByName:
    """`hooks.example.com`, which has addresses of the loopback: for these tests that is public."""

    @pytest.fixture(autouse=True)
    def _loopback_is_public(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(url, "is_public", is_loopback)

    @pytest.fixture
    def trust(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    @staticmethod
    def tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        return context

    @staticmethod
    def at(receiver: Receiver, host: str = "hooks.example.com") -> Target:
        return Target.of(f"https://{host}:{receiver.port}/in", local=False)

    def test_the_name_is_verified_and_the_address_is_used(
        self, authority: trustme.CA, trust: ssl.SSLContext
    ) -> None:
        asked = []

        def once(host: str, port: int) -> Sequence[str]:
            asked.append((host, port))
            # What comes next would be the machine's metadata.
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        names = []
        tls = self.tls(authority, "hooks.example.com")
        tls.sni_callback = lambda _, name, __: names.append(name)
        with Receiver(tls=tls, secrets=[SECRET]) as receiver:
            outcome = sent(self.at(receiver), resolve=once, trust=trust)
        assert outcome.delivered
        assert asked == [("hooks.example.com", receiver.port)]
        assert names == ["hooks.example.com"]
        [message] = receiver.received
        assert message.verified
        assert message.headers["host"] == f"hooks.example.com:{receiver.port}"

    def test_a_name_that_now_resolves_to_a_private_address_gets_nothing(
        self, authority: trustme.CA, trust: ssl.SSLContext
    ) -> None:
        tls = self.tls(authority, "hooks.example.com")
        with Receiver(tls=tls) as receiver:
            for found in (["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]):
                outcome = sent(self.at(receiver), resolve=lambda *_, f=found: f, trust=trust)
                assert outcome.failure == "address_not_allowed"
        assert receiver.received == []

    @pytest.mark.parametrize("names", [("other.example.com",), ("127.0.0.1",), ("*.com",)])
    def test_a_certificate_for_another_name_is_refused(
        self, authority: trustme.CA, trust: ssl.SSLContext, names: tuple[str, ...]
    ) -> None:
        with Receiver(tls=self.tls(authority, *names)) as receiver:
            outcome = sent(self.at(receiver), resolve=lambda *_: ["127.0.0.1"], trust=trust)
        assert outcome.failure == "certificate_refused"
        assert receiver.received == []

    def test_a_certificate_of_an_unknown_authority_is_refused(self, authority: trustme.CA) -> None:
        with Receiver(tls=self.tls(authority, "hooks.example.com")) as receiver:
            outcome = sent(self.at(receiver), resolve=lambda *_: ["127.0.0.1"])
        assert outcome.failure == "certificate_refused"
        assert receiver.received == []

    def test_a_host_that_is_an_address_needs_a_certificate_for_it(
        self, authority: trustme.CA, trust: ssl.SSLContext
    ) -> None:
        for name, delivered in (("127.0.0.1", True), ("hooks.example.com", False)):
            with Receiver(tls=self.tls(authority, name)) as receiver:
                assert sent(self.at(receiver, "127.0.0.1"), trust=trust).delivered is delivered

    def test_the_next_address_is_tried_when_one_refuses(
        self, authority: trustme.CA, trust: ssl.SSLContext
    ) -> None:
        tls = self.tls(authority, "hooks.example.com")
        with Receiver(tls=tls) as receiver:
            outcome = sent(
                self.at(receiver), resolve=lambda *_: ["127.0.0.2", "127.0.0.1"], trust=trust
            )
        assert outcome.delivered

    def test_a_receiver_without_tls_gets_nothing(self, trust: ssl.SSLContext) -> None:
        with Receiver() as receiver:
            outcome = sent(
                self.at(receiver),
                resolve=lambda *_: ["127.0.0.1"],
                trust=trust,
                within_seconds=SHORT,
            )
        assert outcome.failure in ("not_connected", "timeout")
        assert receiver.received == []

    def test_a_receiver_that_hangs_before_tls_is_left_at_the_end_of_the_time(
        self, trust: ssl.SSLContext
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            target = Target.of(f"https://hooks.example.com:{server.getsockname()[1]}/", local=False)
            outcome = sent(
                target, resolve=lambda *_: ["127.0.0.1"], trust=trust, within_seconds=SHORT
            )
        assert outcome.failure == "timeout"
        assert outcome.duration_ms < (SHORT + 0.4) * 1000

    def test_a_receiver_that_drips_over_tls_is_left_at_the_end_of_the_time(
        self, authority: trustme.CA, trust: ssl.SSLContext
    ) -> None:
        tls = self.tls(authority, "hooks.example.com")
        with Receiver(tls=tls, then=drips(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n")) as receiver:
            outcome = sent(
                self.at(receiver), resolve=lambda *_: ["127.0.0.1"], trust=trust, within_seconds=1
            )
        assert (outcome.failure, outcome.status) == ("timeout", None)
        assert outcome.duration_ms < 1400

    def test_name_servers_that_hang_are_left_at_the_end_of_the_time(self) -> None:
        ended = threading.Event()

        def never(host: str, port: int) -> Sequence[str]:
            ended.wait()
            return []

        outcome = sent(
            Target.of("https://hooks.example.com/", local=False),
            resolve=never,
            within_seconds=SHORT,
        )
        ended.set()
        assert outcome.failure == "timeout"
        assert outcome.duration_ms < (SHORT + 0.4) * 1000

    def test_a_name_that_nobody_knows_is_a_failure(self) -> None:
        def unknown(host: str, port: int) -> Sequence[str]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        outcome = sent(Target.of("https://hooks.example.com/", local=False), resolve=unknown)
        assert outcome.failure == "host_not_found"


def test_the_address_of_a_target_is_checked_at_each_try_too() -> None:
    """A rule may have changed since the webhook was registered."""
    target = replace(Target.of("https://hooks.example.com/", local=False), host="10.0.0.1")
    assert sent(target).failure == "address_not_allowed"


def test_certificates_and_names_are_verified_by_default() -> None:
    trust = system_trust()
    assert trust.verify_mode is ssl.CERT_REQUIRED
    assert trust.check_hostname
    assert trust.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_try_may_take_15_seconds() -> None:
    assert sender.WITHIN_SECONDS == 15


class TestRetryAfter:
    NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def asked(self, text: str) -> int | None:
        return seconds_asked(text, now=self.NOW.timestamp())

    def test_seconds_and_dates_are_understood(self) -> None:
        assert self.asked("120") == 120
        assert self.asked("0") == 0
        assert self.asked("000000000060") == 60
        in_a_minute = self.NOW + timedelta(minutes=1)
        assert self.asked(format_datetime(in_a_minute, usegmt=True)) == 60
        assert self.asked("Sun, 01 Mar 2026 13:00:00 +0100") == 0
        assert self.asked("Sun, 01 Mar 2026 12:01:00 -0000") == 60
        # The two old forms of a date (RFC 9110, section 5.6.7).
        assert self.asked("Sunday, 01-Mar-26 12:00:30 GMT") == 30
        assert self.asked("Sun Mar  1 12:00:30 2026") == 30

    def test_a_date_that_is_past_asks_for_no_wait(self) -> None:
        assert self.asked("Sun, 01 Mar 2026 11:00:00 GMT") == 0

    @pytest.mark.parametrize(
        "text", ["999999999999", "1" + "0" * 60_000, "Fri, 31 Dec 9999 23:59:59 GMT"]
    )
    def test_nobody_makes_it_wait_longer_than_76_hours(self, text: str) -> None:
        assert self.asked(text) == 76 * 3600

    @pytest.mark.parametrize(
        "text", ["", "soon", "-5", "1.5", "1e3", "٣", "5, 6", "Sun, 99 Mar 2026 12:00:00 GMT",
                 "Sun, 01 Mar 99999 12:00:00 GMT"]
    )  # fmt: skip
    def test_anything_else_is_ignored(self, text: str) -> None:
        assert self.asked(text) is None

    @pytest.mark.parametrize("status", [307, 429, 500, 503])
    def test_any_failure_may_ask_for_a_wait(self, status: int) -> None:
        with Receiver(then=answers(status, "Retry-After: 7")) as receiver:
            assert sent(receiver).retry_after_seconds == 7

    def test_a_success_does_not(self) -> None:
        with Receiver(then=answers(200, "Retry-After: 7")) as receiver:
            assert sent(receiver).retry_after_seconds is None
