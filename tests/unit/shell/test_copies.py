"""Copies of config: content goes through, none of it is kept, and what has changed is not copied."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.shell.api_server import fails, says, serving
from tidegate.api.config import ConfigKind
from tidegate.core.actions import CopyConfig
from tidegate.core.config.content import hash_of
from tidegate.core.config.views import Config
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier, RefusedError
from tidegate.shell.errors import ConflictError

OWNER = {"kind": "ReplicaSet", "name": "web-abc", "uid": "u9", "controller": True}
BASE = "/api/v1/namespaces/shop"


def secret(*, label: str = "true", value: str = "czNjcmV0") -> dict[str, Any]:
    metadata = {"name": "token", "namespace": "shop", "uid": "u1", "labels": {"tidegate.dev/readable": label}}
    return {"kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {"token": value}}


def settings() -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop", "uid": "u2"}, "data": {"a": "1"}}


def copy(raw: dict[str, Any]) -> CopyConfig:
    kind, name = ConfigKind(raw["kind"]), raw["metadata"]["name"]
    return CopyConfig("shop", Config(kind, name), hash_of(kind, raw), f"{name}-abc", "abc", OWNER)


def found(owner: str = "u9", **metadata: Any) -> dict[str, Any]:
    owners = [{"uid": owner, "controller": True}]
    return {"metadata": {"name": "settings-abc", "namespace": "shop", "ownerReferences": owners, **metadata}}


async def test_it_is_read_and_created_and_the_store_sees_nothing_of_it() -> None:
    store, woken = Store(), []
    async with serving(says(secret()), says({}, 201)) as (api, client):
        await Applier(client, store, woken.append).apply([copy(secret())])
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("GET", f"{BASE}/secrets/token"),
        ("POST", f"{BASE}/secrets"),
    ]
    assert api.asked[1].body["data"] == {"token": "czNjcmV0"}
    assert api.asked[1].body["immutable"] is True
    assert (len(store.secrets), woken) == (0, [])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(secret(value="b3RoZXI=")), id="another content"),
        pytest.param(says(secret(label="false")), id="it is not opened any more"),
        pytest.param(fails(404, "NotFound"), id="it is gone"),
    ],
)
async def test_what_is_not_what_was_decided_on_is_looked_at_again(answer: Any) -> None:
    async with serving(answer) as (api, client):
        with pytest.raises(ConflictError) as raised:
            await Applier(client, Store(), lambda _: None).apply([copy(secret())])
    assert "czNjcmV0" not in str(raised.value)
    assert [asked.method for asked in api.asked] == ["GET"]


async def test_without_the_need_of_a_label_any_secret_is_copied() -> None:
    async with serving(says(secret(label="")), says({}, 201)) as (api, client):
        await Applier(client, Store(), lambda _: None, secrets_need_label=False).apply([copy(secret())])
    assert len(api.asked) == 2


TAKEN = fails(409, "AlreadyExists")


async def test_one_of_ours_that_is_there_is_success() -> None:
    async with serving(says(settings()), TAKEN, says(found())) as (api, client):
        await Applier(client, Store(), lambda _: None).apply([copy(settings())])
    assert api.asked[2].path == f"{BASE}/configmaps/settings-abc"


async def test_one_of_somebody_else_is_told() -> None:
    async with serving(says(settings()), TAKEN, says(found(owner="u7"))) as (_, client):
        with pytest.raises(RefusedError, match="settings-abc is there and belongs to somebody else: delete or rename"):
            await Applier(client, Store(), lambda _: None).apply([copy(settings())])


@pytest.mark.parametrize("last", [says(found(deletionTimestamp="2026-01-01T00:00:00Z")), fails(404, "NotFound")])
async def test_one_that_is_going_is_waited_for(last: Any) -> None:
    async with serving(says(settings()), TAKEN, last) as (_, client):
        with pytest.raises(ConflictError):
            await Applier(client, Store(), lambda _: None).apply([copy(settings())])


async def test_a_right_that_is_missing_is_told_and_names_what_could_not_be_copied() -> None:
    async with serving(fails(403, "Forbidden", "no right")) as (_, client):
        with pytest.raises(RefusedError, match="ConfigMap settings can't be copied: no right"):
            await Applier(client, Store(), lambda _: None).apply([copy(settings())])
