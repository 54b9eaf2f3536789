"""Which revision is asked for where config is part of it, and what is said when that can't be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    NEW,
    NOW,
    ago,
    make_spec,
    make_status,
    meta,
    scene,
    seconds,
    template,
)
from tidegate.api.config import ConfigKind
from tidegate.core.actions import CopyConfig, Create, Plan
from tidegate.core.config.content import hash_of
from tidegate.core.config.revision import Versioned, pod_hash_of, settling, versioned
from tidegate.core.config.views import Config, ConfigView
from tidegate.core.rollout import plan
from tidegate.core.rollout.revision import content_hash
from tidegate.core.world import World

MAP, SECRET = ConfigKind.CONFIG_MAP, ConfigKind.SECRET
REFS = {"configRefs": [{"kind": "ConfigMap", "name": "settings"}]}
ALL = {"versionedConfig": True}


def reading(*, optional: bool = False) -> dict[str, Any]:
    """The template of version 2, which reads a ConfigMap and a Secret."""
    written = template("web:2")
    sources = ({"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "token"}})
    for source in sources:
        for ref in source.values():
            ref |= {"optional": True} if optional else {}
    written["spec"]["containers"][0]["envFrom"] = list(sources)
    return written


def view(kind: ConfigKind, name: str, content: str = "c1") -> ConfigView:
    return ConfigView(meta(name), Config(kind, name), content)


def world(*views: ConfigView, seen: tuple[ConfigKind, ...] = (MAP, SECRET), **fields: Any) -> World:
    configs = {each.config: each for each in views}
    return replace(scene().world, configs=configs, config_kinds=frozenset(seen), **fields)


SETTINGS, TOKEN = view(MAP, "settings"), view(SECRET, "token")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param({}, (), id="nothing is asked for"),
        pytest.param({"versionedConfig": False}, (), id="it is switched off"),
        pytest.param(ALL, (SETTINGS, TOKEN), id="all that the template names"),
        pytest.param(REFS, (SETTINGS,), id="what is listed"),
    ],
)
def test_what_is_part_of_the_revision(fields: Mapping[str, Any], found: tuple[ConfigView, ...]) -> None:
    spec = make_spec(**{"template": reading(), **fields})
    assert versioned(spec, world(SETTINGS, TOKEN)) == Versioned(found)


NEEDS_LABEL = 'create it with the label tidegate.dev/readable: "true", or add the label when it is there'
NO_MAP = "ConfigMap settings, which the template names, is not there: create it"
NO_SECRET = "Secret token, which the template names, is not there"
NOT_SEEN = (
    "Secret token: the operator may not see Secrets: install the chart with versionedConfig.secrets=true, "
    "or name in configRefs what is to be part of a release"
)


@pytest.mark.parametrize(
    ("here", "fields", "problem"),
    [
        pytest.param(world(TOKEN), ALL, NO_MAP, id="no ConfigMap"),
        pytest.param(world(SETTINGS), ALL, f"{NO_SECRET}: {NEEDS_LABEL}", id="no Secret, or none with the label"),
        pytest.param(
            world(SETTINGS, secrets_need_label=False), ALL, f"{NO_SECRET}: create it", id="no label is needed"
        ),
        pytest.param(world(), ALL, f"{NO_MAP}; {NO_SECRET}: {NEEDS_LABEL}", id="neither"),
        pytest.param(world(SETTINGS, seen=(MAP,)), ALL, NOT_SEEN, id="Secrets are not watched"),
        pytest.param(world(SETTINGS, seen=(MAP,)), REFS, "", id="and need not be"),
        pytest.param(
            world(SETTINGS),
            {"configRefs": [{"kind": "ConfigMap", "name": "setings"}]},
            "configRefs[0]: the template names no ConfigMap setings: correct it, or remove it",
            id="a typing error",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(here: World, fields: Mapping[str, Any], problem: str) -> None:
    assert versioned(make_spec(**{"template": reading(), **fields}), here).problem == problem


def test_what_is_optional_and_not_there_is_left_out() -> None:
    spec = make_spec(**{"template": reading(optional=True), **ALL})
    assert versioned(spec, world(SETTINGS)) == Versioned((SETTINGS,))
    assert versioned(spec, world()) == Versioned()


@pytest.mark.parametrize(
    ("ages", "settles_in"),
    [
        pytest.param([], None, id="nobody knows when it changed"),
        pytest.param([2.0], 1.0, id="just now"),
        pytest.param([60.0, 1.0], 2.0, id="one of them just now"),
        pytest.param([3.0], None, id="a while ago"),
        pytest.param([-2.0], 5.0, id="the API server's clock is ahead"),
        pytest.param([-3.0], None, id="far ahead"),
    ],
)
def test_what_has_just_changed_may_go_on_changing(ages: list[float], settles_in: float | None) -> None:
    found = tuple(replace(SETTINGS, changed_at=ago(age)) for age in ages)
    config = settling(Versioned(found), NOW)
    assert config.settles_at == (None if settles_in is None else NOW + seconds(settles_in))
    assert config.told == (settles_in is None)


def planned(status: Mapping[str, Any], age: float = 1.0) -> Plan:
    """What is done about a Rollout whose config has changed a second ago."""
    spec = make_spec(FIFTH, template=reading(), **ALL)
    here = world(replace(SETTINGS, changed_at=ago(age)), TOKEN)
    return plan(replace(here, rollout=replace(here.rollout, spec=spec, status=make_status(spec, **status))))


def test_no_release_begins_and_nothing_is_made_while_it_may_go_on_changing() -> None:
    waits = planned({"stable_rs": NEW, "current_pod_hash": NEW})
    assert waits.status is not None
    assert waits.status.patch["status"]["waitingFor"]["reason"] == "ConfigChanged"
    assert waits.wake_at is not None
    assert seconds(1.9) < waits.wake_at - NOW < seconds(2.1)
    assert not any(isinstance(action, Create | CopyConfig) for action in waits.actions)
    later = planned({"stable_rs": NEW, "current_pod_hash": NEW}, age=10)
    assert [event.reason for event in later.events] == ["ReleaseStarted"]


def test_going_back_to_the_stable_version_waits_for_nothing() -> None:
    stable = pod_hash_of(reading(), Versioned((SETTINGS, TOKEN)))
    back = planned({"stable_rs": stable, "current_pod_hash": NEW})
    assert [event.reason for event in back.events] == ["RollingBack"]


def test_without_config_the_revision_is_the_hash_of_the_template_as_it_ever_was() -> None:
    assert pod_hash_of(template("web:2"), Versioned()) == content_hash(template("web:2")) == "lknxjjm2tc"


@pytest.mark.parametrize(
    ("found", "golden"),
    [
        pytest.param((SETTINGS,), "6gwqkn4wzg", id="a ConfigMap"),
        pytest.param((SETTINGS, TOKEN), "6qrcpll94w", id="and a Secret"),
        pytest.param((TOKEN, SETTINGS), "6qrcpll94w", id="in any order"),
        pytest.param((view(MAP, "settings", "c2"),), "8x2v8jxrxt", id="another content"),
    ],
)
def test_an_upgrade_of_the_operator_must_not_change_these(found: tuple[ConfigView, ...], golden: str) -> None:
    assert pod_hash_of(template("web:2"), Versioned(found)) == golden


@pytest.mark.parametrize(
    ("kind", "raw", "golden"),
    [
        pytest.param(MAP, {"data": {"a": "1"}}, "zvw78hmww7", id="texts"),
        pytest.param(MAP, {"data": {"a": "1"}, "binaryData": {"b": "AA=="}}, "6gxxjlx78m", id="and bytes"),
        pytest.param(MAP, {}, "67dns75th6", id="nothing in it"),
        pytest.param(SECRET, {"data": {"a": "MQ=="}}, "6bqjmtmgqn", id="a Secret"),
    ],
)
def test_nor_these(kind: ConfigKind, raw: dict[str, Any], golden: str) -> None:
    assert hash_of(kind, {"metadata": {"uid": "u1"}, **raw}) == golden


def test_labels_and_annotations_make_no_revision_and_a_secret_of_the_same_content_is_another() -> None:
    plain = {"metadata": {"uid": "u1"}, "data": {"a": "MQ=="}}
    marked = {**plain, "metadata": {"uid": "u1", "labels": {"a": "b"}, "resourceVersion": "9"}, "immutable": True}
    anew = {**plain, "metadata": {"uid": "u2"}}
    assert hash_of(MAP, plain) == hash_of(MAP, marked) == hash_of(MAP, anew)
    assert hash_of(SECRET, plain) == hash_of(SECRET, marked) != hash_of(SECRET, anew)
