"""Which URLs may have a webhook, and which addresses a message may go to."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.errors import InvalidParameters
from motorpool.webhooks import resolution
from motorpool.webhooks.addresses import is_loopback, is_public
from motorpool.webhooks.resolution import (
    Resolver,
    Unresolved,
    addresses_of,
    by_the_system,
    ensure_registrable,
)
from motorpool.webhooks.url import Target

PUBLIC = "93.184.215.14"


def finds(*addresses: str) -> Resolver:
    return lambda host, port: addresses


def problem(url: str, *, local: bool = False, resolve: Resolver | None = None) -> str:
    """What is said about a URL that may not be registered."""
    with pytest.raises(InvalidParameters) as refused:
        ensure_registrable(Target.of(url, local=local), resolve=resolve or finds(PUBLIC))
    [(name, said)] = refused.value.problems
    assert name == "url"
    return said


PUBLIC_ONLY = "every address of its host must be public"


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
        ("HTTPS://Hooks.Example.com:443/a/b?c=d", "hooks.example.com", 443, "/a/b?c=d",
         "hooks.example.com"),
        ("https://xn--bcher-kva.example:8443/", "xn--bcher-kva.example", 8443, "/",
         "xn--bcher-kva.example:8443"),
        ("https://a_b.example.com:1024/?x", "a_b.example.com", 1024, "/?x", "a_b.example.com:1024"),
        (f"https://{PUBLIC}/in", PUBLIC, 443, "/in", PUBLIC),
        ("https://[2606:4700::1111]:65535/", "2606:4700::1111", 65535, "/",
         "[2606:4700::1111]:65535"),
    ],
)  # fmt: skip
def test_a_public_https_url_may_have_a_webhook(
    url: str, host: str, port: int, path: str, authority: str
) -> None:
    target = Target.of(url, local=False)
    ensure_registrable(target, resolve=finds(PUBLIC, "2606:4700::1111"))
    assert (target.host, target.port, target.path) == (host, port, path)
    assert target.authority == authority
    assert target.url == url
    assert target.secure


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.com/", "must begin with https://"),
        ("ftp://hooks.example.com/", "must begin with https://"),
        ("hooks.example.com", "must begin with https://"),
        ("//hooks.example.com/", "must begin with https://"),
        ("https://user@hooks.example.com/", "no user name or password"),
        ("https://user:word@hooks.example.com/", "no user name or password"),
        ("https://good.example\\@127.0.0.1/", "must be written in ASCII"),
        ("https://good.example%20@127.0.0.1/", "no user name or password"),
        ("https://hooks.example.com/#part", "no fragment"),
        ("https://hooks.example.com/#", "no fragment"),
        ("https://hooks.example.com/a b", "without spaces"),
        ("https://hooks.example.com/\r\nx: y", "without spaces"),
        ("https://hooks.example.com/\n", "without spaces"),
        ("https://bücher.example/", "written in ASCII"),
        ("https://hooks.example.com:80/", "its port must be 443, or 1024 or higher"),
        ("https://hooks.example.com:1023/", "its port must be 443, or 1024 or higher"),
        ("https://hooks.example.com:0/", "its port is malformed"),
        ("https://hooks.example.com:65536/", "its port is malformed"),
        ("https://hooks.example.com:/", "host or port is malformed"),
        ("https://hooks.example.com:+443/", "host or port is malformed"),
        ("https:///path", "host or port is malformed"),
        ("https://[::1", "its host is malformed"),
        ("https://[hooks.example.com]/", "its host is malformed"),
        ("https://[127.0.0.1]/", "its host is malformed"),
        ("https://hooks/", "must be a public name"),
        ("https://hooks.example.com./", "must be a public name"),
        ("https://-hooks.example.com/", "must be a public name"),
        ("https://hooks..example.com/", "must be a public name"),
        (f"https://{'a' * 64}.example.com/", "must be a public name"),
        (f"https://{'a.' * 130}example.com/", "must be a public name"),
        ("https://hooks.example.com%2f.evil.example/", "host or port is malformed"),
        (f"https://hooks.example.com/{'a' * 2023}", "more than 2048 characters"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, said: str) -> None:
    assert said in problem(url)


def test_a_url_may_have_2048_characters() -> None:
    url = f"https://hooks.example.com/{'a' * 2022}"
    assert len(url) == 2048
    Target.of(url, local=False)


BAD_HOSTS = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "192.0.0.8", "192.0.0.9", "192.88.99.1",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "[ff0e::1]",
    "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::8.8.8.8]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::1]", "[2002:808:808::1]", "[2001::1]", "[2001:0:4136:e378::1]",
    "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]",
]  # fmt: skip
NUMBERS = [
    "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1",
    "127.1", "127.0.1", "010.0.0.1", "127.0.0.01", "1.2.3.4.5", "256.1.1.1", "0x7f.1", "0x",
    "example.1", "3232235777",
]  # fmt: skip


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_an_address_that_is_not_public_is_refused(host: str) -> None:
    assert problem(f"https://{host}/") == PUBLIC_ONLY


@pytest.mark.parametrize("host", NUMBERS)
def test_an_address_in_another_notation_is_refused(host: str) -> None:
    """Whatever it would resolve to: programs do not agree what such a host is."""
    assert "looks like a number" in problem(f"https://{host}/")


@pytest.mark.parametrize("host", ["127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1", "[fe80::1%25eth0]",
                                  "[fe80::1%eth0]", "١٢٧.0.0.1", "ⓔxample.com"])  # fmt: skip
def test_dots_at_the_end_other_digits_and_zones_are_refused(host: str) -> None:
    assert problem(f"https://{host}/")


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "a.localhost", "localhost.",
                                  "a.localhost."])  # fmt: skip
def test_localhost_and_what_is_below_it_is_refused_by_name(host: str) -> None:
    assert problem(f"https://{host}/") == PUBLIC_ONLY


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_name_with_such_an_address_is_refused_also_if_another_one_is_public(host: str) -> None:
    bad = host.strip("[]")
    for found in ((bad,), (PUBLIC, bad), (bad, PUBLIC)):
        assert problem("https://hooks.example.com/", resolve=finds(*found)) == PUBLIC_ONLY
        with pytest.raises(Unresolved, match="address_not_allowed"):
            addresses_of(
                Target.of("https://hooks.example.com/", local=False),
                within_seconds=1,
                resolve=finds(*found),
            )


@pytest.mark.parametrize("text", ["fe80::1%eth0", "2606:4700::1111%eth0", "no address"])
def test_an_address_with_a_zone_or_one_that_cannot_be_read_is_refused(text: str) -> None:
    assert problem("https://hooks.example.com/", resolve=finds(text)) == PUBLIC_ONLY


def test_what_is_said_about_a_name_does_not_tell_its_addresses() -> None:
    said = problem("https://hooks.example.com/", resolve=finds("10.11.12.13"))
    assert "10.11" not in said


def test_a_name_that_nobody_knows_is_refused() -> None:
    def fails(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    for resolve in (fails, finds()):
        said = problem("https://hooks.example.com/", resolve=resolve)
        assert said == "its host cannot be found"


def test_name_servers_that_hang_are_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution, "REGISTERED_WITHIN_SECONDS", 0.05)
    ended = Event()

    def hangs(host: str, port: int) -> Sequence[str]:
        ended.wait()
        return ()

    said = problem("https://hooks.example.com/", resolve=hangs)
    ended.set()
    assert said == "its host's name servers do not answer"


def test_an_address_is_looked_up_by_nobody() -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError

    target = Target.of(f"https://{PUBLIC}/", local=False)
    assert addresses_of(target, within_seconds=1, resolve=never) == (IPv4Address(PUBLIC),)


def test_each_address_of_the_system_s_answer_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(2, 1, 6, "", (PUBLIC, 443)), (10, 1, 6, "", ("2606:4700::1111", 443, 0, 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found * 2)
    addresses = addresses_of(
        Target.of("https://hooks.example.com/", local=False),
        within_seconds=5,
        resolve=by_the_system,
    )
    assert addresses == (IPv4Address(PUBLIC), IPv6Address("2606:4700::1111"))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:5000/in", "http://localhost:5000/", "http://[::1]/", "http://127.9.9.9/"],
)
def test_on_the_local_stack_and_only_there_http_may_go_to_the_loopback(url: str) -> None:
    target = Target.of(url, local=True)
    assert addresses_of(target, within_seconds=1, resolve=finds("127.0.0.1", "::1"))
    assert problem(url) == "must begin with https://"


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/", "http://10.0.0.1/", "http://0.0.0.0/", "http://169.254.169.254/",
     "http://[::ffff:127.0.0.1]/", f"http://{PUBLIC}/", "https://127.0.0.1:5000/",
     "https://localhost/", "http://127.1/", "http://2130706433/"],
)  # fmt: skip
def test_on_the_local_stack_http_goes_nowhere_else(url: str) -> None:
    assert problem(url, local=True)


def test_on_the_local_stack_localhost_must_be_the_loopback() -> None:
    said = problem("http://localhost/", local=True, resolve=finds("127.0.0.1", "10.0.0.1"))
    assert "loopback" in said


@given(st.integers(0, 2**32 - 1))
def test_no_ipv6_address_that_contains_an_ipv4_address_is_public(number: int) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::"):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) | number))
    assert not is_public(IPv6Address(0x2002 << 112 | number << 80 | 1))
    assert not is_public(IPv6Address(0x20010000 << 96 | number))


@given(st.ip_addresses())
def test_a_public_address_is_none_of_a_machine_a_network_or_a_group(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        names = ("loopback", "link_local", "multicast", "private", "reserved", "unspecified")
        assert not [name for name in names if getattr(address, f"is_{name}")]
        assert not is_loopback(address)


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))
