"""The URLs of webhooks: which may be registered, and what a request to one needs."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Self
from urllib.parse import urlsplit

from motorpool.errors import InvalidParameters
from motorpool.webhooks.addresses import Address, is_loopback, is_public

MOST_CHARACTERS = 2048
HTTPS_PORT, HTTP_PORT = 443, 80
FIRST_FREE_PORT = 1024

# The characters of RFC 3986. Others are read in different ways by different programs.
URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{LABEL}(\.{LABEL})+")
# Programs read a host that ends so as an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
NUMBER_AT_THE_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may have a webhook. Its host's addresses are checked when it is resolved.

    `host`: a name, or an address without brackets; in lower case. `path`: with the query.
    """

    url: str
    secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str, *, local: bool) -> Self:
        """The target at a URL. Raises InvalidParameters, which says what is wrong with the URL.

        `local`: on the local stack, where http to the loopback is allowed too.
        """
        try:
            return cls._parsed(url, local)
        except ValueError as wrong:
            raise InvalidParameters(("url", str(wrong))) from None

    @classmethod
    def _parsed(cls, url: str, local: bool) -> Self:
        if len(url) > MOST_CHARACTERS:
            raise ValueError(f"has more than {MOST_CHARACTERS} characters")
        if not URL.fullmatch(url):
            raise ValueError("must be written in ASCII, without spaces (a host as xn--…)")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("its host is malformed") from None
        secure = parts.scheme == "https"
        if not secure and not (local and parts.scheme == "http"):
            raise ValueError("must begin with https://")
        if "@" in parts.netloc:
            raise ValueError("must have no user name or password")
        if "#" in url:
            raise ValueError("must have no fragment (#)")
        host, bracketed, port = _host_and_port(parts.netloc)
        target = cls(
            url=url,
            secure=secure,
            host=host,
            port=port if port is not None else HTTPS_PORT if secure else HTTP_PORT,
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        )
        if secure and target.port != HTTPS_PORT and target.port < FIRST_FREE_PORT:
            raise ValueError(f"its port must be {HTTPS_PORT}, or {FIRST_FREE_PORT} or higher")
        target._ensure_host(bracketed)
        return target

    def _ensure_host(self, bracketed: bool) -> None:
        address = self.address
        if bracketed != isinstance(address, IPv6Address):
            raise ValueError("its host is malformed")
        if address is not None:
            if not self.allows(address):
                raise ValueError(self.refusal)
        elif not self.secure:
            if self.host != LOCALHOST:
                raise ValueError(self.refusal)
        elif f".{self.host}".rstrip(".").endswith(f".{LOCALHOST}"):
            raise ValueError(self.refusal)
        elif NUMBER_AT_THE_END.fullmatch(self.host):
            raise ValueError("its host looks like a number; write an address as 192.0.2.1")
        elif len(self.host) > 253 or not NAME.fullmatch(self.host):
            raise ValueError("its host must be a public name, such as hooks.example.com")

    @property
    def address(self) -> Address | None:
        """The host, if it is an address."""
        for kind in (IPv4Address, IPv6Address):
            try:
                return kind(self.host)
            except AddressValueError:
                continue
        return None

    @property
    def authority(self) -> str:
        """The `Host` header of a request: the port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        own = HTTPS_PORT if self.secure else HTTP_PORT
        return host if self.port == own else f"{host}:{self.port}"

    def allows(self, address: Address) -> bool:
        """Whether a request may go to that address: public for https, the loopback for http."""
        return is_public(address) if self.secure else is_loopback(address)

    @property
    def refusal(self) -> str:
        """What is said about a host with an address that is not allowed; not which address."""
        if self.secure:
            return "every address of its host must be public"
        return "must begin with https://; only to the loopback it may be http://"


def _host_and_port(netloc: str) -> tuple[str, bool, int | None]:
    """Host in lower case, whether it was in brackets, port. Raises ValueError if malformed."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]%]+))(?::([0-9]{1,5}))?", netloc)
    if not found:
        raise ValueError("its host or port is malformed")
    bracketed, plain, port = found.groups()
    if port is not None and not 0 < int(port) < 2**16:
        raise ValueError("its port is malformed")
    return (bracketed or plain).lower(), bracketed is not None, int(port) if port else None
