"""Logging in as the user's kubectl does: kubeconfig, context, namespace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from tidegate.cli.errors import CommandError, Exit

_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Login:
    """A client that is logged in, and the namespace that is meant when none is said."""

    api: client.ApiClient
    namespace: str
    context: str
    """For messages: which cluster this is."""


def log_in(kubeconfig: Path | None, context: str | None, namespace: str | None) -> Login:
    """Log in from the kubeconfig; inside of a pod without one, as its service account. Raises CommandError."""
    settings = client.Configuration()
    # One try: who waits at a terminal wants to know at once that nobody answers.
    settings.retries = False
    file = str(kubeconfig) if kubeconfig else None
    try:
        return _from_file(file, context, namespace, settings)
    except ConfigException as error:
        if file is None and context is None and _POD.exists():
            return _from_pod(namespace, settings)
        raise CommandError(_advice(error), Exit.USAGE) from None
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        # What the library says of a file that is no kubeconfig at all.
        raise CommandError(_advice(error), Exit.USAGE) from None
    except OSError as error:
        raise CommandError(f"can't read the kubeconfig: {error.strerror}: {error.filename}", Exit.USAGE) from None


def _from_file(file: str | None, context: str | None, namespace: str | None, settings: Any) -> Login:
    contexts, current = config.list_kube_config_contexts(file)
    chosen = next((each for each in contexts if each["name"] == context), None) if context else current
    if chosen is None:
        known = ", ".join(each["name"] for each in contexts) or "none"
        raise CommandError(f'there is no context "{context}" in the kubeconfig: known are {known}', Exit.USAGE)
    config.load_kube_config(file, context, settings)
    if not settings.verify_ssl:
        # The kubeconfig says so on purpose; a warning with each request would hide the answers.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    default = chosen["context"].get("namespace") or "default"
    return Login(client.ApiClient(settings), namespace or default, chosen["name"])


def _from_pod(namespace: str | None, settings: Any) -> Login:
    config.load_incluster_config(client_configuration=settings)
    return Login(client.ApiClient(settings), namespace or _POD.read_text().strip(), "this pod's service account")


def _advice(error: Exception) -> str:
    said = str(error).splitlines()[0].rstrip(".")
    return f"can't log in: {said}: give --kubeconfig, set KUBECONFIG, or choose another --context"
