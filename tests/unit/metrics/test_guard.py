"""Which addresses a template may send the operator to."""

from __future__ import annotations

import pytest

from tidegate.metrics.guard import ForbiddenAddressError, Guard, forbidden


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_own_machine_link_local_and_metadata_are_forbidden(address: str) -> None:
    assert forbidden(address)


@pytest.mark.parametrize(
    "address", ["10.96.0.10", "172.16.3.4", "192.168.1.1", "fd12::1", "93.184.216.34", "2606:2800::1"]
)
def test_cluster_and_public_addresses_may_be_asked(address: str) -> None:
    assert forbidden(address) is None


def test_only_the_permitted_of_several_addresses_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", (each, 80)) for each in ("127.0.0.1", "10.0.0.7", "10.0.0.7")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    assert Guard().resolve("mixed.example", 80) == ["10.0.0.7"]
    assert Guard.of(["Mixed.Example"]).resolve("mixed.example", 80) == ["127.0.0.1", "10.0.0.7"]


def test_the_refusal_names_host_and_address() -> None:
    with pytest.raises(ForbiddenAddressError, match=r"localhost is at .*, the operator's own machine"):
        Guard().resolve("localhost", 80)
