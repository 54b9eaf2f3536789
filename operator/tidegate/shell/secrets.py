"""Secrets for analyses and webhooks: read at the moment of use, kept nowhere, only those that were opened to it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.core.analysis.errors import AnalysisError
from tidegate.observe.kinds import READABLE, SECRET
from tidegate.shell.client import Client
from tidegate.shell.errors import ForbiddenError, NotFoundError


class SecretReader:
    """Reads keys of Secrets. With `labelled_only`, just those that carry `tidegate.dev/readable: "true"`.

    Without the label, whoever may write a template could have any Secret of the namespace sent to a server of theirs.
    """

    def __init__(self, client: Client, labelled_only: bool) -> None:  # noqa: FBT001
        self._client = client
        self._labelled_only = labelled_only

    async def read(self, namespace: str, wanted: Mapping[str, SecretKeyRef]) -> dict[str, str]:
        """The values of `wanted`, by the same names.

        Raises AnalysisError, in words for the template's author, and UnavailableError when the API server is away.
        """
        names = sorted({ref.name for ref in wanted.values()})
        found = {name: await self._data(namespace, name) for name in names}
        return {argument: _value(found[ref.name], ref) for argument, ref in wanted.items()}

    async def _data(self, namespace: str, name: str) -> Mapping[str, str]:
        try:
            secret = await self._client.get(SECRET, namespace, name)
        except NotFoundError as error:
            raise AnalysisError(f"there is no Secret {name} in namespace {namespace}: create it") from error
        except ForbiddenError as error:
            raise AnalysisError(f"the operator may not read Secret {name} in namespace {namespace}") from error
        labels = secret["metadata"].get("labels") or {}
        if self._labelled_only and labels.get(READABLE) != "true":
            raise AnalysisError(f'Secret {name} is not opened to the operator: label it {READABLE}: "true"')
        return secret.get("data") or {}


def _value(data: Mapping[str, str], ref: SecretKeyRef) -> str:
    if ref.key not in data:
        raise AnalysisError(f"Secret {ref.name} has no key {ref.key}: add it, or correct secretKeyRef.key")
    try:
        return base64.b64decode(data[ref.key]).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AnalysisError(f"key {ref.key} of Secret {ref.name} is no text") from error
