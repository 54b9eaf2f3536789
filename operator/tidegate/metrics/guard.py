"""Where queries and calls go: never to the operator's own machine or a cloud's metadata, whatever a name resolves to.

A template comes from somebody who may write templates, not from somebody who may read node credentials.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# Metadata services outside of the link-local range: AWS over IPv6, Alibaba, Azure, Oracle, Google over IPv6.
_METADATA = frozenset(
    ip_address(each) for each in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254")
)
_NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(Exception):
    """The host is at an address that queries must not go to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Resolves names to the addresses that may be connected to. `allowed` are hosts that may be anywhere."""

    allowed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Collection[str]) -> Guard:
        """A guard that lets these host names or addresses through."""
        return cls(frozenset(host.strip("[]").lower() for host in hosts))

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of `host` that may be connected to. Raises ForbiddenAddressError when there are none such.

        Raises OSError (socket.gaierror) when the name has no address.
        """
        found = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        if host.strip("[]").lower() in self.allowed:
            return found
        permitted = [each for each in found if not forbidden(each)]
        if not permitted:
            raise ForbiddenAddressError(f"{host} is at {found[0]}, {forbidden(found[0])}")
        return permitted


def forbidden(written: str) -> str | None:
    """Why queries must not go to this address; None when they may."""
    address = _inner(ip_address(written.partition("%")[0]))
    if address in _METADATA:
        return "a cloud's metadata service"
    if address.is_loopback or address.is_unspecified:
        return "the operator's own machine"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast or address.is_reserved:
        return "a reserved address"
    return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does: the packet would end there."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
