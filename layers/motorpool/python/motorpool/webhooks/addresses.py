"""Which addresses a webhook may be sent to.

Receivers are named by partners. Without a rule, a partner could make the service send requests to
itself, to its neighbors or to the cloud's metadata (server-side request forgery).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# Beside what `is_global` refuses. It takes these for public, or for public in part.
# Source: IANA's special-purpose address registries (RFC 6890), for IPv4 and for IPv6.
NOT_PUBLIC_V4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("240.0.0.0/4"),  # reserved, and broadcast
)
# All public addresses of IPv6 are in here. So IPv4 addresses in IPv6 ones (mapped, compatible,
# translated by NAT64) are not.
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments, such as Teredo, which has IPv4 addresses
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, which has IPv4 addresses
    IPv6Network("3fff::/20"),  # documentation
)


def is_public(address: Address) -> bool:
    """Whether it is an address of the public internet, of one receiver.

    IPv6 addresses that contain an IPv4 address are not public here, whichever it is: only
    gateways between the two need them.
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in net for net in NOT_PUBLIC_V4)
    return (
        address in PUBLIC_V6
        and address.is_global
        and not address.is_multicast
        and address.scope_id is None
        and not any(address in net for net in NOT_PUBLIC_V6)
    )


def is_loopback(address: Address) -> bool:
    """Whether it is this machine's own address; not an IPv4 address that is mapped to IPv6."""
    if isinstance(address, IPv4Address):
        return address.is_loopback
    return address == IPv6Address("::1")
