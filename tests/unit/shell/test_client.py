"""The client: what it asks for, how it tries again, and which errors it tells apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest

from tests.unit.shell.api_server import breaks_off, fails, hangs, says, serving
from tidegate.observe import kinds
from tidegate.shell import client as client_module
from tidegate.shell.client import TRIES
from tidegate.shell.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

OBJECT = {"metadata": {"name": "web", "resourceVersion": "7"}}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same number of tries, a thousandth of the time between them."""
    monkeypatch.setattr(client_module, "FIRST_PAUSE", 0.0001)
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.005)
    return


async def test_a_merge_goes_to_the_subresource_as_a_merge_patch() -> None:
    async with serving(says(OBJECT)) as (api, client):
        found = await client.merge(kinds.ROLLOUT, "shop", "web", {"status": {"phase": "Healthy"}}, "status")
    (asked,) = api.asked
    assert found == OBJECT
    assert asked.method == "PATCH"
    assert asked.path == "/apis/tidegate.dev/v1alpha1/namespaces/shop/rollouts/web/status"
    assert asked.content == "application/merge-patch+json"
    assert asked.body == {"status": {"phase": "Healthy"}}
    assert api.seen == [("patch", "rollouts", 200)]


async def test_a_creation_lets_no_unknown_field_pass_in_silence() -> None:
    async with serving(says(OBJECT, 201)) as (api, client):
        await client.create(kinds.REPLICASET, "shop", OBJECT)
    assert (api.asked[0].method, api.asked[0].path) == ("POST", "/apis/apps/v1/namespaces/shop/replicasets")
    assert api.asked[0].query == {"fieldValidation": "Strict"}


async def test_the_core_group_has_a_root_of_its_own() -> None:
    async with serving(says(OBJECT)) as (api, client):
        await client.get(kinds.SERVICE, "shop", "web")
    assert api.asked[0].path == "/api/v1/namespaces/shop/services/web"


async def test_a_deletion_names_the_uid_that_it_means() -> None:
    async with serving(says(OBJECT)) as (api, client):
        await client.delete(kinds.RUN, "shop", "a", "uid-1")
    assert api.asked[0].method == "DELETE"
    assert api.asked[0].body == {"preconditions": {"uid": "uid-1"}}


async def test_a_list_asks_for_metadata_alone_and_lets_the_server_select() -> None:
    listing = {"metadata": {"resourceVersion": "9"}, "items": [OBJECT]}
    async with serving(says(listing), says({**listing, "items": None})) as (api, client):
        found = await client.list_metadata(kinds.REPLICASET, None, "0")
        empty = await client.list_metadata(kinds.REPLICASET, "shop")
    assert (found.resource_version, found.items) == ("9", (OBJECT,))
    assert empty.items == ()
    assert [asked.path for asked in api.asked] == [
        "/apis/apps/v1/replicasets",
        "/apis/apps/v1/namespaces/shop/replicasets",
    ]
    assert api.asked[0].query == {"labelSelector": "tidegate.dev/pod-template-hash", "resourceVersion": "0"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fails(409, "Conflict"), ConflictError),
        (fails(409, "AlreadyExists"), AlreadyExistsError),
        (fails(404, "NotFound"), NotFoundError),
        (fails(403, "Forbidden"), ForbiddenError),
        (fails(400, "BadRequest"), InvalidError),
        (fails(422, "Invalid"), InvalidError),
        (fails(401, "Unauthorized"), UnavailableError),
    ],
    ids=lambda value: getattr(value, "__name__", str(getattr(value, "status", ""))),
)
async def test_what_another_try_would_not_mend_is_told_at_once(answer: object, error: type[ApiError]) -> None:
    async with serving(answer) as (api, client):  # type: ignore[arg-type]
        with pytest.raises(error, match="no"):
            await client.get(kinds.SERVICE, "shop", "web")
    assert len(api.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_that_is_busy_is_asked_again(status: int) -> None:
    async with serving(fails(status), fails(status), says(OBJECT)) as (api, client):
        assert await client.merge(kinds.SERVICE, "shop", "web", {}) == OBJECT
    assert len(api.asked) == 3
    assert [code for _, _, code in api.seen] == [status, status, 200]


async def test_a_connection_that_breaks_is_made_again() -> None:
    async with serving(breaks_off, says(OBJECT)) as (api, client):
        assert await client.merge(kinds.SERVICE, "shop", "web", {}) == OBJECT
    assert [code for _, _, code in api.seen] == [0, 200]


async def test_a_server_that_never_answers_is_unavailable_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.02))
    async with serving(hangs) as (api, client):
        with pytest.raises(UnavailableError, match="does not answer"):
            await client.get(kinds.SERVICE, "shop", "web")
    assert len(api.asked) == TRIES


async def test_a_server_that_stays_broken_is_unavailable_with_its_own_words() -> None:
    async with serving(fails(500, message="etcdserver: no leader")) as (_, client):
        with pytest.raises(UnavailableError, match="etcdserver: no leader"):
            await client.get(kinds.SERVICE, "shop", "web")


async def test_the_server_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 5.0)
    waits: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waits.extend([seconds] if seconds else [])
        await sleep(0)

    async with serving(fails(429, Retry_After="3"), says(OBJECT)) as (_, client):
        monkeypatch.setattr(asyncio, "sleep", note)
        await client.get(kinds.SERVICE, "shop", "web")
    assert waits == [3.0]


async def test_an_absurd_wait_is_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(fails(429, Retry_After="86400"), says(OBJECT)) as (_, client):
        assert await asyncio.wait_for(client.get(kinds.SERVICE, "shop", "web"), 5) == OBJECT


async def test_a_test_of_a_json_patch_that_fails_is_a_conflict_and_a_wrong_result_is_not() -> None:
    generic = "the server rejected our request due to an error in our request"
    wrong = 'HTTPRoute "web" is invalid: spec.rules[0].weight: Invalid value: -3'
    async with serving(fails(422, "Invalid", generic), fails(422, "Invalid", wrong)) as (api, client):
        with pytest.raises(ConflictError):
            await client.patch(kinds.HTTPROUTE, "shop", "web", [{"op": "test", "path": "/a", "value": 1}])
        with pytest.raises(InvalidError, match="weight"):
            await client.patch(kinds.HTTPROUTE, "shop", "web", [])
    assert api.asked[0].content == "application/json-patch+json"
    assert api.asked[0].body == [{"op": "test", "path": "/a", "value": 1}]


async def test_a_page_of_a_proxy_is_an_error_with_its_text() -> None:
    async with serving(says("<html>gateway</html>", 400)) as (_, client):
        with pytest.raises(InvalidError, match="gateway"):
            await client.get(kinds.SERVICE, "shop", "web")


async def test_a_redirect_is_not_followed_with_our_credentials() -> None:
    async with serving(says({}, 302, Location="http://elsewhere.example/")) as (api, client):
        with pytest.raises(ApiError):
            await client.get(kinds.SERVICE, "shop", "web")
    assert len(api.asked) == 1


async def test_long_messages_are_cut() -> None:
    async with serving(fails(422, message="x" * 10_000)) as (_, client):
        with pytest.raises(InvalidError) as error:
            await client.get(kinds.SERVICE, "shop", "web")
    assert len(str(error.value)) < 1000
