"""Which template is in hand: the manifest's, or that of the release under way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIRST, NEW, OLD, PAUSE, SECOND, line, rs, scene, template
from tidegate.api.rollout_status import Outcome
from tidegate.core.config.revision import UNVERSIONED, Versioned
from tidegate.core.rollout.admission import admit
from tidegate.core.rollout.plan import plan
from tidegate.core.rollout.revision import canonical_json
from tidegate.core.rollout.scene import Scene

QUEUE = {"onSupersede": "Queue"}


def under_way(image: str = "web:3", spec: dict[str, Any] | None = None, **status: Any) -> Scene:
    """Version 2 goes out over version 1, and the manifest asks for another."""
    known = {"current_pod_hash": NEW, **status}
    here = scene(PAUSE, image=image, spec=QUEUE if spec is None else spec, status=known)
    written = canonical_json(template("web:2"))
    there = tuple(replace(each, template=written if each.pod_hash == NEW else "") for each in (rs(OLD), rs(NEW, 1)))
    return replace(here, world=replace(here.world, replicasets=there))


def test_the_release_under_way_ends_first() -> None:
    here, wait = admit(under_way())
    assert wait is not None
    assert wait.reason == "Queued"
    assert "revision 2 is promoted or aborted" in wait.message
    assert here.new_hash == NEW
    assert here.spec.template.as_written() == template("web:2")


def test_a_version_without_pods_has_no_template_and_stays_in_hand() -> None:
    here = under_way()
    there = (rs(OLD), rs(NEW, 0))
    inner, wait = admit(replace(here, world=replace(here.world, replicasets=there)))
    assert wait is not None
    assert inner.new_hash == NEW


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(under_way(spec={}), id="the default begins at once"),
        pytest.param(under_way(spec={"onSupersede": "KeepStep"}), id="KeepStep begins at once"),
        pytest.param(under_way(image="web:2"), id="it is in hand already"),
        pytest.param(under_way(image="web:1"), id="the stable version never waits"),
        pytest.param(under_way(history=[FIRST, line(2, outcome=Outcome.ABORTED)]), id="the one before has ended"),
        pytest.param(under_way(stable_rs="", history=[SECOND]), id="nothing has worked yet"),
    ],
)
def test_it_begins_at_once(here: Scene) -> None:
    assert admit(here) == (here, None)


def test_without_its_replicaset_there_is_nothing_to_go_on_with() -> None:
    here = under_way()
    here = replace(here, world=replace(here.world, replicasets=(rs(OLD),)))
    assert admit(here) == (here, None)


FIRST_IN_ORDER = {"dependsOn": [{"name": "api"}]}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(
            {"current_pod_hash": ""}, "DependencyMissing", id="nothing is in hand: it waits for those before it"
        ),
        pytest.param({"current_pod_hash": OLD}, None, id="an attempt before it is in hand: nothing serves meanwhile"),
    ],
)
def test_the_first_version_of_all_waits_for_those_that_go_first(status: dict[str, Any], reason: str | None) -> None:
    here = scene(PAUSE, spec=FIRST_IN_ORDER, status={"stable_rs": "", "history": [], **status})
    _, wait = admit(here)
    assert (wait.reason if wait else None) == reason


def test_a_first_version_that_waits_is_told_and_nothing_is_made_for_it() -> None:
    status = {"stable_rs": "", "history": [], "current_pod_hash": "", "current_revision": 0}
    decided = plan(scene(PAUSE, new=None, old=None, weight=None, spec=FIRST_IN_ORDER, status=status).world)
    assert decided.actions == ()
    assert decided.urgent
    assert decided.status is not None
    assert decided.status.patch["status"]["waitingFor"]["reason"] == "DependencyMissing"


def test_a_version_in_hand_has_no_part_in_the_config_of_the_manifest() -> None:
    here = replace(under_way(), config=Versioned(problem="ConfigMap web is missing"))
    inner, wait = admit(here)
    assert wait is not None
    assert inner.config == UNVERSIONED
