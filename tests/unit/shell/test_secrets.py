"""Secrets: only those that their owner has opened, and none of their content in a message."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.shell.api_server import fails, says, serving
from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.core.analysis.errors import AnalysisError
from tidegate.shell.secrets import SecretReader

WANTED = {"token": SecretKeyRef(name="prom", key="token")}


def secret(value: bytes = b"s3cret", *, opened: bool = True) -> dict[str, Any]:
    labels = {"tidegate.dev/readable": "true"} if opened else {}
    return {"metadata": {"name": "prom", "labels": labels}, "data": {"token": base64.b64encode(value).decode()}}


async def test_a_secret_that_is_opened_is_read_once_for_all_its_keys() -> None:
    wanted = {**WANTED, "again": SecretKeyRef(name="prom", key="token")}
    async with serving(says(secret())) as (api, client):
        assert await SecretReader(client, True).read("shop", wanted) == {"token": "s3cret", "again": "s3cret"}
    assert [asked.path for asked in api.asked] == ["/api/v1/namespaces/shop/secrets/prom"]


async def test_nothing_is_asked_for_when_nothing_is_wanted() -> None:
    async with serving(says({})) as (api, client):
        assert await SecretReader(client, True).read("shop", {}) == {}
    assert api.asked == []


async def test_a_secret_without_the_label_is_not_used_and_the_remedy_is_said() -> None:
    async with serving(says(secret(opened=False))) as (_, client):
        with pytest.raises(AnalysisError, match=r'label it tidegate\.dev/readable: "true"'):
            await SecretReader(client, True).read("shop", WANTED)
        assert await SecretReader(client, False).read("shop", WANTED) == {"token": "s3cret"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fails(404, "NotFound"), "there is no Secret prom in namespace shop"),
        (fails(403, "Forbidden"), "may not read Secret prom"),
        (says({**secret(), "data": {}}), "has no key token"),
        (says(secret(b"\xff\xfe")), "is no text"),
    ],
    ids=["missing", "forbidden", "no key", "binary"],
)
async def test_what_is_wrong_with_a_secret_is_said_without_its_content(answer: Any, said: str) -> None:
    async with serving(answer) as (_, client):
        with pytest.raises(AnalysisError, match=said):
            await SecretReader(client, True).read("shop", WANTED)
