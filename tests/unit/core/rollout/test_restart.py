"""Whose turn it is in a restart, which of its pods may go, and what is told meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    DAY_BEFORE,
    FIFTH,
    NEW,
    NEW_NAME,
    NOW,
    OLD,
    OLD_NAME,
    PAUSE,
    THIRD,
    ago,
    route,
    rs,
    scene,
    seconds,
)
from tidegate.api.meta import time_text
from tidegate.core.actions import RestartPods
from tidegate.core.pods import PodView, RestartProgress
from tidegate.core.rollout import plan
from tidegate.core.rollout.eviction import choose
from tidegate.core.rollout.replicas import sizes
from tidegate.core.rollout.restart import due, evict, finish, look_again_at, wait
from tidegate.core.rollout.restart_bounds import most_missing, users_need_it
from tidegate.core.rollout.steps.outcome import Wait

ASKED = ago(10)


def progress(left: int, refused: str = "", *, older_than: datetime = ASKED, at: datetime = NOW) -> RestartProgress:
    return RestartProgress(older_than, left, at, refused)


def young(view: Any) -> Any:
    return replace(view, meta=replace(view.meta, created_at=ago(5)))


@pytest.mark.parametrize(
    ("spec", "status", "moment"),
    [
        pytest.param(None, {}, None, id="nobody asked"),
        pytest.param(ASKED, {}, ASKED, id="the manifest"),
        pytest.param(None, {"restart_at": ASKED}, ASKED, id="a request"),
        pytest.param(ago(60), {"restart_at": ASKED}, ASKED, id="the later counts"),
        pytest.param(NOW + seconds(5), {}, None, id="not yet"),
        pytest.param(NOW + seconds(5), {"restart_at": ASKED}, ASKED, id="one now and one later"),
        pytest.param(ASKED, {"restarted_at": ASKED}, None, id="done"),
        pytest.param(ASKED, {"restarted_at": ago(60)}, ASKED, id="another one after one that is done"),
        pytest.param(NOW, {"restarted_at": ASKED}, NOW, id="one that was set for later while the last went on"),
        pytest.param(ASKED + seconds(0.7), {}, ASKED, id="in whole seconds, as pods are dated"),
    ],
)
def test_when(spec: datetime | None, status: dict[str, Any], moment: datetime | None) -> None:
    asked = {"restartAt": spec} if spec else {}
    assert due(scene(FIFTH, spec=asked, status=status)) == moment


@pytest.mark.parametrize(
    ("old", "new", "seen", "turn"),
    [
        pytest.param(rs(OLD), rs(NEW, 2), {}, [(OLD_NAME, 1)], id="the stable version first"),
        pytest.param(rs(OLD), rs(NEW, 2), {OLD_NAME: progress(2)}, [(OLD_NAME, 1)], id="until all are replaced"),
        pytest.param(rs(OLD), rs(NEW, 2), {OLD_NAME: progress(0)}, [(NEW_NAME, 1)], id="then the new one"),
        pytest.param(
            rs(OLD), rs(NEW, 2), {OLD_NAME: progress(0, older_than=ago(60))}, [(OLD_NAME, 1)], id="an earlier restart"
        ),
        pytest.param(rs(OLD, 0), rs(NEW, 2), {}, [(NEW_NAME, 1)], id="no pods, nothing to do"),
        pytest.param(young(rs(OLD)), rs(NEW, 2), {}, [(NEW_NAME, 1)], id="a version that is younger than the restart"),
        pytest.param(rs(OLD), rs(NEW, 2), {OLD_NAME: progress(5, "no", at=ago(1))}, [], id="refused a moment ago"),
        pytest.param(
            rs(OLD), rs(NEW, 2), {OLD_NAME: progress(5, "no", at=ago(2))}, [(OLD_NAME, 1)], id="refused a while ago"
        ),
    ],
)
def test_whose_turn(old: Any, new: Any, seen: dict[str, RestartProgress], turn: list[tuple[str, int]]) -> None:
    asked = scene(FIFTH, old=old, new=new, spec={"restartAt": ASKED}, restarts=seen, weight=20)
    assert [(each.meta.name, each.most) for each in evict(asked, ())] == turn


@pytest.mark.parametrize(
    ("bounds", "replicas", "most"),
    [
        pytest.param({}, 5, 1, id="a quarter of five is one"),
        pytest.param({"maxUnavailable": "50%"}, 5, 2, id="rounded down"),
        pytest.param({"maxUnavailable": 0, "maxSurge": 1}, 5, 1, id="one, though nothing may be missing in a release"),
        pytest.param({"maxUnavailable": "100%"}, 5, 4, id="never all"),
    ],
)
def test_how_many_may_be_missing(bounds: dict[str, Any], replicas: int, most: int) -> None:
    spec = {"restartAt": ASKED, "replicas": replicas}
    asked = scene(FIFTH, old=rs(OLD, replicas), new=None, spec=spec, canary=bounds)
    assert [each.most for each in evict(asked, ())] == [most]


def test_the_only_pod_of_a_version_with_users_gets_company_first() -> None:
    there = {"spec": {"restartAt": ASKED}, "weight": 20, "restarts": OLD_DONE}
    alone = scene(FIFTH, old=rs(OLD), new=rs(NEW, 1), **there)
    assert sizes(alone)[NEW] == 1
    assert [each.most for each in evict(alone, ())] == [0], "its pod may be young: somebody looks first"
    there["restarts"] = {**OLD_DONE, NEW_NAME: progress(1)}
    seen = scene(FIFTH, old=rs(OLD), new=rs(NEW, 1), **there)
    assert sizes(seen)[NEW] == 2
    assert not list(evict(seen, ()))
    both = scene(FIFTH, old=rs(OLD), new=rs(NEW, 2), **there)
    assert [(each.meta.name, each.size, each.most) for each in evict(both, ())] == [(NEW_NAME, 2, 1)]
    done = scene(FIFTH, old=rs(OLD), new=rs(NEW, 2), **{**there, "restarts": {**OLD_DONE, NEW_NAME: progress(0)}})
    assert sizes(finish(done))[NEW] == 1


def test_an_operator_that_knows_nothing_of_the_second_pod_keeps_it_until_it_has_looked() -> None:
    there = {"spec": {"restartAt": ASKED}, "weight": 20}
    assert sizes(scene(FIFTH, old=rs(OLD), new=rs(NEW, 2), **there))[NEW] == 2
    assert sizes(scene(FIFTH, old=rs(OLD), new=rs(NEW, 1), **there))[NEW] == 1


def test_where_max_surge_leaves_no_room_for_company_it_stays() -> None:
    seen = {**OLD_DONE, NEW_NAME: progress(1)}
    there = {"spec": {"restartAt": ASKED}, "weight": 20, "restarts": seen, "canary": {"maxSurge": 1}}
    alone = scene(FIFTH, old=rs(OLD), new=rs(NEW, 1), **there)
    assert sizes(alone)[NEW] == 1
    assert not list(evict(alone, ()))
    assert finish(alone) is alone
    # The stable version gives up the pod whose share the canary has.
    assert sizes(scene(FIFTH, old=rs(OLD, 4), new=rs(NEW, 1), **there))[NEW] == 2


def test_the_only_pod_of_a_version_without_users_goes() -> None:
    asked = scene(PAUSE, old=rs(OLD), new=rs(NEW, 1), spec={"restartAt": ASKED}, weight=0, restarts=OLD_DONE)
    assert [(each.meta.name, each.most) for each in evict(asked, ())] == [(NEW_NAME, 1)]


def test_no_pod_of_the_new_version_goes_while_its_weight_moves() -> None:
    """The weight was decided for the pods that are there: one fewer, and it would be too much for the others."""
    seen = {**OLD_DONE, NEW_NAME: progress(3)}
    there = {"old": rs(OLD), "new": rs(NEW, 3), "spec": {"restartAt": ASKED}, "restarts": seen}
    assert not list(evict(scene(FIFTH, weight=0, **there), ()))
    assert not list(evict(scene(FIFTH, weight=20, routes=(route(20, accepted=False),), **there), ()))
    assert not list(evict(scene(FIFTH, index=1, weight=100, **there), ()))
    assert [each.most for each in evict(scene(FIFTH, weight=20, **there), ())] == [1]


OLD_DONE = {OLD_NAME: progress(0)}


def test_a_replicaset_that_this_pass_writes_has_its_turn_in_the_next() -> None:
    assert not list(evict(scene(FIFTH, spec={"restartAt": ASKED}), {OLD_NAME}))


def test_a_request_is_followed_when_it_stands_in_status() -> None:
    answered = scene(FIFTH, status={"restart_at": ASKED})
    assert [each.meta.name for each in evict(answered, ())] == [OLD_NAME]
    assert not list(evict(scene(FIFTH).facts(restart_at=ASKED), ()))


def test_it_is_over_when_no_version_has_older_pods() -> None:
    both = {OLD_NAME: progress(0), NEW_NAME: progress(0)}
    ended = finish(scene(FIFTH, old=rs(OLD), new=rs(NEW, 2), spec={"restartAt": ASKED}, restarts=both))
    assert ended.status.restarted_at == ASKED
    assert [event.reason for event in ended.events] == ["PodsRestarted"]
    assert (wait(ended), list(evict(ended, ())), look_again_at(ended)) == (None, [], [])


def test_a_manifest_with_a_time_of_long_ago_restarts_nothing_when_it_is_new() -> None:
    ended = finish(scene(FIFTH, old=young(rs(OLD)), new=None, spec={"restartAt": ASKED}))
    assert (ended.status.restarted_at, ended.events) == (ASKED, ())


def test_a_budget_that_says_no_is_told_and_asked_again_soon() -> None:
    seen = {OLD_NAME: progress(5, "The disruption budget web needs 5 healthy pods and has 5 currently")}
    asked = scene(FIFTH, spec={"restartAt": ASKED}, restarts=seen)
    told = wait(asked)
    assert told is not None
    assert (told.reason, told.message) == (
        "EvictionRefused",
        f"a pod of ReplicaSet {OLD_NAME} can't be replaced now: "
        "The disruption budget web needs 5 healthy pods and has 5 currently",
    )
    assert look_again_at(asked) == [NOW + seconds(2)]


def test_the_longer_a_budget_says_no_the_less_often_it_is_asked() -> None:
    seen, waits = None, []
    for _ in range(7):
        seen = progress(5, "no").after(seen)
        asked = scene(FIFTH, spec={"restartAt": ASKED}, restarts={OLD_NAME: seen})
        waits += [(time - NOW).total_seconds() for time in look_again_at(asked)]
    assert waits == [2, 4, 8, 16, 30, 30, 30]
    assert progress(4).after(seen).refusals == 0
    assert progress(5, "no", older_than=NOW).after(seen).refusals == 0


def test_a_restart_in_the_future_is_looked_at_then() -> None:
    assert look_again_at(scene(FIFTH, spec={"restartAt": NOW + seconds(90)})) == [NOW + seconds(90)]


def test_the_release_goes_on_and_tells_of_both() -> None:
    decided = plan(scene(FIFTH, PAUSE, index=1, weight=20, spec={"restartAt": ASKED}).world)
    assert decided.status is not None
    waiting = decided.status.patch["status"]["waitingFor"]
    assert waiting["reason"] == "Paused"
    assert waiting["message"].endswith("are being replaced")
    assert [type(each) for each in decided.actions][-1:] == [RestartPods]


def pod(
    name: str, born: datetime = DAY_BEFORE, *, ready: bool = True, owner: str = "uid", leaving: bool = False
) -> PodView:
    return PodView(name, name, owner, born, ready, leaving)


def looked(size: int = 3, most: int = 1, available: int | None = None) -> RestartPods:
    meta = replace(rs(THIRD).meta, uid="uid")
    return RestartPods(meta, THIRD, ASKED, size, size if available is None else available, most, NOW)


@pytest.mark.parametrize(
    ("pods", "evicted", "left"),
    [
        pytest.param([pod("a"), pod("b", DAY_BEFORE - seconds(1)), pod("c")], ["b"], 3, id="the oldest first"),
        pytest.param([pod("a"), pod("b"), pod("c", NOW, ready=False)], [], 3, id="the last is not ready again"),
        pytest.param([pod("a"), pod("b"), pod("c", NOW)], ["a"], 2, id="it is ready"),
        pytest.param([pod("a"), pod("b")], [], 3, id="the one in its place is not there yet"),
        pytest.param([pod("a"), pod("b"), pod("c", ready=False)], ["c"], 3, id="one that is broken costs nothing"),
        pytest.param([pod(n, NOW) for n in "abc"], [], 0, id="all are young"),
        pytest.param([pod(n, ASKED) for n in "abc"], [], 0, id="those of the same second are"),
        pytest.param([pod("a", NOW), pod("b", NOW), pod("c", NOW, ready=False)], [], 1, id="the last is not ready"),
        pytest.param([*(pod(n, NOW) for n in "abc"), pod("d", leaving=True)], [], 0, id="the last is going"),
        pytest.param([*(pod(n, NOW) for n in "abc"), pod("d", owner="x")], [], 0, id="another's is not ours"),
    ],
)
def test_which_go(pods: list[PodView], evicted: list[str], left: int) -> None:
    chosen, still = choose(pods, looked())
    assert ([each.name for each in chosen], still) == (evicted, left)


def test_a_pod_that_is_ready_and_not_available_yet_is_missing() -> None:
    """minReadySeconds holds between one pod and the next."""
    assert choose([pod("a"), pod("b"), pod("c", NOW)], looked(available=2))[0] == []


UNROUTED = {"trafficRouting": None, "canaryService": None, "stableService": None}


@pytest.mark.parametrize(
    ("here", "most"),
    [
        pytest.param(scene(FIFTH, weight=20, canary={"maxUnavailable": 3}), 3, id="as many as may be missing"),
        pytest.param(
            scene(FIFTH, canary={**UNROUTED, "maxUnavailable": 3}, new=rs(NEW, 2, 1)),
            2,
            id="pods answer for one another",
        ),
        pytest.param(
            scene(FIFTH, canary={**UNROUTED, "maxUnavailable": 3}, new=2), 3, id="all of the others are there"
        ),
        pytest.param(
            scene(FIFTH, canary={**UNROUTED, "maxUnavailable": 1}, new=rs(NEW, 3, 0)), 0, id="more are missing than may"
        ),
        pytest.param(
            scene(FIFTH, canary={**UNROUTED, "maxUnavailable": 2}, new=rs(NEW, 1, 2)),
            2,
            id="one too many is none missing",
        ),
        pytest.param(
            scene(FIFTH, weight=20, canary={"maxUnavailable": 3}, new=rs(NEW, 4, 1)),
            3,
            id="with a router each for itself",
        ),
        pytest.param(
            scene(
                FIFTH,
                old=1,
                weight=0,
                new=None,
                spec={"replicas": 1},
                canary={**UNROUTED, "maxSurge": 0, "maxUnavailable": 1},
            ),
            1,
            id="a service of one pod that may have no second",
        ),
        pytest.param(
            scene(
                FIFTH,
                old=1,
                new=rs(NEW, 1, 0),
                spec={"replicas": 2},
                canary={**UNROUTED, "maxSurge": 0, "maxUnavailable": 2},
            ),
            0,
            id="the only one of two that answers, and no room",
        ),
        pytest.param(
            scene(FIFTH, old=1, new=5, canary={**UNROUTED, "maxUnavailable": 3}), 1, id="no more than there are"
        ),
        pytest.param(scene(FIFTH, old=1, weight=0, new=None, spec={"replicas": 1}), 0, id="or gets one first"),
        pytest.param(
            scene(
                FIFTH,
                old=1,
                weight=0,
                new=None,
                spec={"replicas": 2},
                canary={**UNROUTED, "maxSurge": 0, "maxUnavailable": 1},
            ),
            0,
            id="the only one of two has users",
        ),
    ],
)
def test_how_many_pods_of_the_stable_version_may_be_missing(here: Any, most: int) -> None:
    assert most_missing(here, here.stable) == most


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({"new": None}, True),
        ({"new": rs(NEW, 1, 0)}, True),
        ({"new": 1}, False),
    ],
    ids=["it is alone", "the other does not answer", "the other answers"],
)
def test_without_a_router_any_pod_answers_for_it(fields: dict[str, Any], needed: bool) -> None:
    here = scene(FIFTH, old=1, canary=UNROUTED, **fields)
    assert here.stable is not None
    assert users_need_it(here, here.stable) is needed


def test_a_version_that_was_promoted_waits_for_no_weight() -> None:
    here = scene(FIFTH, index=1, weight=0, new=5, status={"stable_rs": NEW})
    assert here.new is not None
    assert most_missing(here, here.new) == 1


def test_pods_of_the_very_moment_are_not_older() -> None:
    same = replace(rs(OLD), meta=replace(rs(OLD).meta, created_at=ASKED))
    ended = finish(scene(FIFTH, old=same, new=None, spec={"restartAt": ASKED}))
    assert (ended.status.restarted_at, ended.events) == (ASKED, ())


def test_what_is_told_of_a_restart_under_way() -> None:
    here = scene(FIFTH, spec={"restartAt": ASKED})
    said = f"pods of ReplicaSet {OLD_NAME} from before {time_text(ASKED)} are being replaced"
    assert wait(here) == Wait("Restarting", said)
    assert look_again_at(here) == [NOW + seconds(30)]


def test_a_second_pod_is_no_reason_for_a_third() -> None:
    here = scene(FIFTH, old=rs(OLD), new=rs(NEW, 3), spec={"restartAt": ASKED}, weight=20)
    assert sizes(here)[NEW] == 2


def test_a_restart_that_begins_now_is_not_looked_at_again_for_its_beginning() -> None:
    born = replace(rs(OLD), meta=replace(rs(OLD).meta, created_at=NOW))
    assert look_again_at(scene(FIFTH, old=born, new=None, spec={"restartAt": NOW})) == []
