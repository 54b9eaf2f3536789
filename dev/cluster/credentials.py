"""Certificates, tokens and kubeconfigs of one cluster: worth nothing outside it, gone with its folder."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import trustme
import yaml

ADMIN = "admin"
OPERATOR = "tidegate-operator"
# `alice` and `bob` are people without any rights until a test gives them some.
_GROUPS = {ADMIN: ["system:masters"], OPERATOR: ["tidegate"], "alice": ["team-a"], "bob": ["team-b"]}
USERS = tuple(_GROUPS)


def new_tokens() -> dict[str, str]:
    """A fresh bearer token for each user."""
    return {user: secrets.token_hex(16) for user in USERS}


def write(folder: Path, url: str, tokens: dict[str, str]) -> None:
    """Write `serving.pem`, `service-accounts.key` and `tokens.csv` for the API server, and kubeconfigs."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "serving.pem")
    )
    authority.issue_cert("service-accounts").private_key_pem.write_to_path(str(folder / "service-accounts.key"))
    lines = (f'{token},{user},{user},"{",".join(_GROUPS[user])}"' for user, token in tokens.items())
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n")
    for user, token in tokens.items():
        write_kubeconfig(kubeconfig_path(folder, user), url, folder / "ca.pem", user, token)


def kubeconfig_path(folder: Path, user: str) -> Path:
    """Where the user's kubeconfig stands; the admin's has the plain name."""
    return folder / ("kubeconfig" if user == ADMIN else f"kubeconfig-{user}")


def write_kubeconfig(target: Path, url: str, authority: Path, user: str, token: str) -> None:
    """Write a kubeconfig that holds everything in itself, so that it may be copied anywhere."""
    certificate = base64.b64encode(authority.read_bytes()).decode()
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "local",
        "clusters": [{"name": "local", "cluster": {"server": url, "certificate-authority-data": certificate}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user, "namespace": "default"}}],
    }
    target.write_text(yaml.safe_dump(content))
    target.chmod(0o600)
