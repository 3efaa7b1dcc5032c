"""The addresses of a webhook's host: all of them are checked, and a request goes to one of those.

A name that resolved to a public address may resolve to another one a moment later. So nothing
resolves it again between the check and the connection.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Literal

from motorpool.errors import InvalidParameters
from motorpool.webhooks.addresses import Address
from motorpool.webhooks.url import Target

# The addresses of a host, as text. Raises OSError.
Resolver = Callable[[str, int], Sequence[str]]

Problem = Literal["host_not_found", "address_not_allowed", "timeout"]
SHOWN: dict[Problem, str] = {
    "host_not_found": "its host cannot be found",
    "timeout": "its host's name servers do not answer",
}
REGISTERED_WITHIN_SECONDS = 3.0


class Unresolved(Exception):
    """There is no address that a request may go to."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def by_the_system(host: str, port: int) -> Sequence[str]:
    """The addresses that the operating system finds. May take as long as name servers hang."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def addresses_of(
    target: Target, *, within_seconds: float, resolve: Resolver = by_the_system
) -> tuple[Address, ...]:
    """All addresses of the host, each of which is allowed; `resolve` is called at most once.

    Raises Unresolved, also when only one of several addresses is not allowed.
    """
    own = target.address
    texts = [str(own)] if own else _asked(target, resolve, within_seconds)
    try:
        addresses = tuple(ip_address(text) for text in dict.fromkeys(texts))
    except ValueError:
        raise Unresolved("address_not_allowed") from None
    if not addresses:
        raise Unresolved("host_not_found")
    if not all(map(target.allows, addresses)):
        raise Unresolved("address_not_allowed")
    return addresses


def ensure_registrable(target: Target, *, resolve: Resolver = by_the_system) -> None:
    """Raises InvalidParameters, which says why the target's host cannot have a webhook now."""
    try:
        addresses_of(target, within_seconds=REGISTERED_WITHIN_SECONDS, resolve=resolve)
    except Unresolved as failure:
        said = SHOWN.get(failure.problem, target.refusal)
        raise InvalidParameters(("url", said)) from None


def _asked(target: Target, resolve: Resolver, within_seconds: float) -> Sequence[str]:
    """What `resolve` answers. In a thread, because a look-up cannot be ended."""
    answers: SimpleQueue[Sequence[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        # A name may be valid in a URL and too long for the name system: UnicodeError.
        except (OSError, UnicodeError):
            answers.put(())

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=max(within_seconds, 0))
    except Empty:
        raise Unresolved("timeout") from None
