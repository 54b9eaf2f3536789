"""The ReplicaSets: one a revision, created at its first size; down only when traffic was seen to have left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    HALF,
    NEW,
    NEW_NAME,
    NOW,
    OLD,
    OLD_NAME,
    OWNER,
    SECOND,
    THIRD,
    THIRD_NAME,
    Step,
    aborted,
    ago,
    first,
    line,
    make_spec,
    meta,
    over,
    route,
    rs,
    scene,
    seconds,
    service,
    services,
)
from tidegate.api.rollout_status import Outcome
from tidegate.core.actions import Create, Delete, Merge, Resource
from tidegate.core.rollout.replicas import aborted_until, grow, old_until, shrink, sizes
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import ReplicaSetView

TEN: Step = {"setCanaryScale": {"replicas": 10}}
ONE: Step = {"setCanaryScale": {"replicas": 1}}
LEADS_ELSEWHERE = services(service("web-canary", OLD, {OLD_NAME: 5}), service("web", OLD, {OLD_NAME: 5}))


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(first(FIFTH, new=None), 5, id="the first version: full at once"),
        pytest.param(over(FIFTH), 5, id="promoted"),
        pytest.param(scene(FIFTH, new=None), 1, id="what the weight needs"),
        pytest.param(scene(TEN, HALF, index=1), 10, id="what the steps say"),
        pytest.param(scene(FIFTH, index=1), 5, id="full to be promoted"),
        pytest.param(scene(HALF, FIFTH, index=1, weight=50, new=3), 3, id="down: not before the weight is"),
        pytest.param(
            scene(HALF, FIFTH, index=1, weight=20, new=3, routes=(route(50),)), 3, id="nor before a route has it"
        ),
        pytest.param(scene(HALF, FIFTH, index=1, weight=20, new=3), 1, id="down with the weight"),
        pytest.param(scene(FIFTH, weight=80, new=1, services=LEADS_ELSEWHERE), 1, id="the weight is another version's"),
        pytest.param(scene(FIFTH, weight=80, new=1, services={}), 1, id="there is no canaryService"),
        pytest.param(scene({"pause": {}}, new=None, services=LEADS_ELSEWHERE), 0, id="none before the first weight"),
        pytest.param(scene(ONE, HALF, index=1, weight=50, new=3), 1, id="a scale says so, whatever the weight needs"),
        pytest.param(scene(HALF, index=1, weight=100, new=5, spec={"replicas": 3}), 3, id="at the end just full"),
        pytest.param(scene(FIFTH, weight=None, new=None), 1, id="nothing is known of the routes"),
    ],
)
def test_the_size_of_the_new_version(here: Scene, size: int) -> None:
    assert sizes(here)[NEW] == size


def test_the_stable_version_keeps_its_full_size() -> None:
    assert sizes(scene(HALF, weight=50, new=3))[OLD] == 5
    assert sizes(aborted(HALF, weight=50, new=3))[OLD] == 5
    assert OLD not in sizes(scene(HALF, old=None))


BOUNDED = {"maxSurge": 1}


@pytest.mark.parametrize(
    ("replicas", "new", "weight", "kept"),
    [
        (6, 1, 0, 6),
        (6, 1, 15, 6),
        (6, 1, 16, 5),
        (6, 2, 16, 5),
        (3, 1, 33, 2),
        (3, 2, 66, 1),
        (300, 1, 0, 299),
        (300, 2, 0, 298),
        (300, 4, 0, 298),
        (300, 4, 1, 296),
        (5, 1, 20, 4),
        (5, 1, 60, 2),
    ],
)
def test_a_stable_version_gives_up_a_pod_for_each_new_one_that_has_all_it_can_carry(
    replicas: int, new: int, weight: int, kept: int
) -> None:
    here = scene({"setWeight": 80}, weight=weight, new=new, old=replicas, spec={"replicas": replicas}, canary=BOUNDED)
    assert sizes(here)[OLD] == kept
    assert scaled(shrink(here)).get(OLD_NAME) == (None if kept == replicas else to(kept))


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(aborted(HALF, new=3, weight=0), 3, id="a while yet"),
        pytest.param(aborted(HALF, new=3, weight=0, status={"aborted_at": ago(29.9)}), 3, id="nearly over"),
        pytest.param(aborted(HALF, new=3, weight=0, status={"aborted_at": ago(30)}), 0, id="the delay is over"),
        pytest.param(aborted(HALF, new=3, weight=50, status={"aborted_at": ago(30)}), 3, id="under traffic"),
        pytest.param(
            aborted(HALF, new=3, weight=0, routes=(route(50),), status={"aborted_at": ago(30)}), 3, id="a route is late"
        ),
        pytest.param(
            aborted(HALF, new=3, weight=0, status={"aborted_at": ago(9e6)}, canary={"abortScaleDownDelaySeconds": 0}),
            3,
            id="0 keeps them",
        ),
        pytest.param(aborted(HALF, new=None, weight=0), 0, id="there are none"),
    ],
)
def test_the_size_of_a_version_that_was_taken_back(here: Scene, size: int) -> None:
    assert sizes(here)[NEW] == size


@pytest.mark.parametrize(
    ("here", "until"),
    [
        pytest.param(aborted(HALF), NOW + seconds(20), id="thirty seconds"),
        pytest.param(aborted(HALF, canary={"abortScaleDownDelaySeconds": 90}), NOW + seconds(80), id="as is asked"),
        pytest.param(aborted(HALF, canary={"abortScaleDownDelaySeconds": 0}), None, id="never"),
        pytest.param(aborted(HALF, status={"aborted_at": None}), None, id="nobody knows when"),
        pytest.param(scene(HALF, status={"aborted_at": ago(10)}), None, id="it was not taken back"),
    ],
)
def test_how_long_an_aborted_version_keeps_its_pods(here: Scene, until: Any) -> None:
    assert aborted_until(here) == until


@pytest.mark.parametrize(
    ("history", "until"),
    [
        pytest.param([], None, id="nothing was promoted"),
        pytest.param(
            [line(1, outcome=Outcome.PROMOTED, finished_at=ago(10)), SECOND], NOW + seconds(20), id="the last"
        ),
        pytest.param(
            [
                line(1, outcome=Outcome.PROMOTED, finished_at=ago(60)),
                line(2, outcome=Outcome.FAST_PROMOTED, finished_at=ago(5)),
            ],
            NOW + seconds(25),
            id="the latest, skipped or not",
        ),
        pytest.param(
            [
                line(1, outcome=Outcome.PROMOTED, finished_at=ago(10)),
                line(2, outcome=Outcome.ABORTED, finished_at=ago(5)),
            ],
            NOW + seconds(20),
            id="one that was taken back promoted nobody",
        ),
        pytest.param([line(2, outcome=Outcome.ROLLED_BACK, finished_at=ago(5))], None, id="nor did one that went back"),
        pytest.param([line(1, outcome=Outcome.PROMOTED, finished_at=None)], None, id="nobody knows when"),
    ],
)
def test_how_long_the_version_before_keeps_its_pods(history: list[Any], until: Any) -> None:
    assert old_until(scene(HALF, status={"history": history})) == until


def promoted(age: float) -> dict[str, Any]:
    return {"history": [FIRST, line(2, outcome=Outcome.PROMOTED, finished_at=ago(age))]}


BOTH_NEW = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", NEW, {NEW_NAME: 5}))
STABLE_OLD = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", OLD, {OLD_NAME: 5}))


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(over(HALF, status=promoted(10)), 5, id="a while yet"),
        pytest.param(over(HALF, status=promoted(30)), 0, id="the delay is over"),
        pytest.param(
            over(HALF, status=promoted(30), canary={"scaleDownDelaySeconds": 60}), 5, id="the delay that is asked for"
        ),
        pytest.param(over(HALF, status=promoted(30), services=STABLE_OLD), 5, id="a Service leads to it yet"),
        pytest.param(over(HALF), 5, id="just promoted: the delay has not begun"),
        pytest.param(over(HALF, status={"history": []}), 0, id="nothing is known of a promotion"),
    ],
)
def test_the_size_of_the_version_before(here: Scene, size: int) -> None:
    assert sizes(here)[OLD] == size


def test_the_version_before_keeps_its_pods_until_it_is_written_that_it_is_stable_no_more() -> None:
    # A template that comes back before that write finds it called stable, and sends everybody to it.
    here = scene(HALF, services=BOTH_NEW, canary={"scaleDownDelaySeconds": 0}).facts(
        stable_rs=NEW, history=[FIRST, line(2, outcome=Outcome.PROMOTED, finished_at=NOW)]
    )
    assert sizes(here)[OLD] == 5


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(scene(FIFTH, others=[rs(THIRD, 2)]), 0, id="superseded: down at once"),
        pytest.param(
            scene(
                FIFTH,
                others=[rs(THIRD, 2)],
                status={"history": [line(1, outcome=Outcome.PROMOTED, finished_at=ago(5)), SECOND]},
            ),
            2,
            id="in the delay of the promotion before it",
        ),
        pytest.param(
            scene(
                FIFTH,
                others=[rs(THIRD, 2)],
                weight=20,
                services=services(service("web-canary", THIRD), service("web", OLD, {OLD_NAME: 5})),
            ),
            2,
            id="superseded under traffic",
        ),
        pytest.param(
            first(FIFTH, others=[rs(THIRD, 2, 0)]), 0, id="the first version is there: no need of what was tried"
        ),
        pytest.param(
            first(FIFTH, others=[rs(THIRD, 2, 1)]), 0, id="the first version is there, and where its users are"
        ),
        pytest.param(
            first(FIFTH, others=[rs(THIRD, 2, 1)], weight=None), 2, id="the same, and its route was not seen yet"
        ),
        pytest.param(
            first(FIFTH, others=[rs(THIRD, 2, 1)], services=services(service("web-canary", NEW, {NEW_NAME: 5}))),
            2,
            id="the same, and one of its Services was not seen yet",
        ),
        pytest.param(
            first(FIFTH, others=[rs(THIRD, 2)], new=rs(NEW, 5, 4)), 2, id="an attempt before may be all that answers"
        ),
        pytest.param(first(FIFTH, others=[rs(THIRD, 2)], new=None), 2, id="the same, before there is any other"),
    ],
)
def test_the_size_of_a_version_that_is_neither(here: Scene, size: int) -> None:
    assert sizes(here)[THIRD] == size


def test_the_replicaset_of_a_revision() -> None:
    (create,) = grow(scene(FIFTH, new=None, spec={"minReadySeconds": 7}))
    template = make_spec().template.as_written()
    labels = {"app": "web", "tidegate.dev/pod-template-hash": NEW}
    body = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": NEW_NAME,
            "namespace": "shop",
            "labels": labels,
            "annotations": {
                "tidegate.dev/revision": "2",
                "tidegate.dev/template": '{"metadata":{"labels":{"app":"web"}},'
                '"spec":{"containers":[{"image":"web:2","name":"web"}]}}',
            },
            "ownerReferences": [OWNER],
        },
        "spec": {
            "replicas": 1,
            "minReadySeconds": 7,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": template["spec"]},
        },
    }
    assert create == Create(Resource.REPLICASETS, "shop", NEW_NAME, body, "uid-web")


def test_it_is_found_by_the_labels_of_the_selector_and_has_all_of_the_template() -> None:
    wide = {
        "metadata": {"labels": {"app": "web", "tier": "front"}},
        "spec": {"containers": [{"name": "w", "image": "w:9"}]},
    }
    here = scene(FIFTH, new=None, spec={"template": wide})
    (create,) = grow(here)
    assert isinstance(create, Create)
    own = {"tidegate.dev/pod-template-hash": here.new_hash}
    assert create.body["spec"]["selector"] == {"matchLabels": {"app": "web", **own}}
    assert create.body["spec"]["template"]["metadata"]["labels"] == {"app": "web", "tier": "front", **own}
    assert create.body["metadata"]["labels"] == {"app": "web", "tier": "front", **own}


def test_what_was_taken_back_is_not_created_again() -> None:
    assert list(grow(aborted(FIFTH, new=None))) == []


def scaled(actions: Any) -> dict[str, Any]:
    found = {}
    for action in actions:
        assert isinstance(action, Merge)
        assert action.resource is Resource.REPLICASETS
        found[action.meta.name] = action.patch
    return found


def to(size: int) -> dict[str, Any]:
    return {"spec": {"replicas": size}}


@pytest.mark.parametrize(
    ("here", "grown", "shrunk"),
    [
        pytest.param(scene(HALF, new=3), {}, {}, id="as it should be"),
        pytest.param(scene(HALF, new=1), {NEW_NAME: to(3)}, {}, id="the new one grows"),
        pytest.param(scene(HALF, FIFTH, index=1, weight=20, new=3), {}, {NEW_NAME: to(1)}, id="and shrinks"),
        pytest.param(scene(HALF, new=3, old=4), {OLD_NAME: to(5)}, {}, id="somebody scaled the stable one down"),
        pytest.param(scene(HALF, new=3, old=9), {}, {OLD_NAME: to(5)}, id="the service was made smaller"),
        pytest.param(
            scene(HALF, new=3, old=9, weight=20, spec={"replicas": 4}),
            {},
            {OLD_NAME: to(4), NEW_NAME: to(2)},
            id="the service is made smaller in a release",
        ),
        pytest.param(
            scene(ONE, HALF, index=1, weight=50, new=3), {}, {NEW_NAME: to(1)}, id="the steps hold it at one pod"
        ),
        pytest.param(
            scene({"setCanaryScale": {"replicas": 0}}, HALF, index=1, weight=50, new=3),
            {},
            {NEW_NAME: to(1)},
            id="never to none under traffic, whatever the steps say",
        ),
        pytest.param(
            scene(FIFTH, image="web:3", new=3, others=[rs(THIRD, 1)], weight=50),
            {},
            {},
            id="superseded under traffic: it keeps its pods",
        ),
        pytest.param(
            scene(FIFTH, image="web:3", new=5, others=[rs(THIRD, 1)], weight=0, routes=(route(20),)),
            {},
            {},
            id="superseded while a route is late",
        ),
        pytest.param(
            scene(
                FIFTH,
                image="web:3",
                new=5,
                others=[rs(THIRD, 1)],
                weight=0,
                services=services(service("web-canary", THIRD), service("web", OLD, {OLD_NAME: 5})),
            ),
            {},
            {NEW_NAME: to(0)},
            id="superseded, and no Service leads to it any more",
        ),
        pytest.param(over(HALF, status=promoted(30)), {}, {OLD_NAME: to(0)}, id="the old one goes"),
    ],
)
def test_who_grows_and_who_shrinks(here: Scene, grown: dict[str, Any], shrunk: dict[str, Any]) -> None:
    assert scaled(grow(here)) == grown
    assert scaled(shrink(here)) == shrunk


@pytest.mark.parametrize(
    ("new", "patch"),
    [
        pytest.param(rs(NEW, 1, revision=2), {}, id="it has its number"),
        pytest.param(rs(NEW, 1, revision=3), {}, id="or a later one"),
        pytest.param(
            rs(NEW, 1, revision=1),
            {NEW_NAME: {"metadata": {"annotations": {"tidegate.dev/revision": "2"}}}},
            id="it comes again",
        ),
        pytest.param(
            rs(NEW, 0, revision=1),
            {NEW_NAME: {"spec": {"replicas": 1}, "metadata": {"annotations": {"tidegate.dev/revision": "2"}}}},
            id="it comes again, from nothing",
        ),
    ],
)
def test_a_version_that_comes_again_is_the_latest(new: ReplicaSetView, patch: dict[str, Any]) -> None:
    assert scaled(grow(scene(FIFTH, new=new, old=rs(OLD, revision=0)))) == patch


EMPTY = [rs(NEW, 0, revision=9), rs(THIRD, 0, revision=3), rs(OLD, 0, revision=7)]


@pytest.mark.parametrize(
    ("limit", "gone"),
    [
        pytest.param(3, [], id="within the limit"),
        pytest.param(2, [THIRD_NAME], id="one too many: the oldest"),
        pytest.param(0, [THIRD_NAME, OLD_NAME, NEW_NAME], id="none is kept"),
    ],
)
def test_old_replicasets_beyond_the_limit_are_deleted(limit: int, gone: list[str]) -> None:
    here = scene(
        image="web:9", status={"stable_rs": "another"}, replicasets=tuple(EMPTY), spec={"revisionHistoryLimit": limit}
    )
    assert [action.meta.name for action in shrink(here) if isinstance(action, Delete)] == gone
    assert all(action.resource is Resource.REPLICASETS for action in shrink(here))


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(rs(THIRD, 2), id="it has pods"),
        pytest.param(rs(THIRD, 0, replicas=1), id="its last pod is going"),
    ],
)
def test_a_replicaset_with_pods_is_not_deleted(kept: ReplicaSetView) -> None:
    here = scene(FIFTH, others=[kept], spec={"revisionHistoryLimit": 0})
    assert not [action for action in shrink(here) if isinstance(action, Delete)]


def test_neither_the_new_nor_the_stable_one_is_ever_deleted() -> None:
    here = aborted(FIFTH, new=0, old=0, spec={"revisionHistoryLimit": 0, "replicas": 0})
    assert list(shrink(here)) == []


DYNAMIC = {"dynamicStableScale": True}


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(scene(HALF, weight=50, new=3, canary=DYNAMIC), 3, id="what it still carries"),
        pytest.param(scene(HALF, FIFTH, index=1, weight=50, new=3, canary=DYNAMIC), 4, id="what the steps give back"),
        pytest.param(scene(HALF, weight=20, new=3, routes=(route(50),), canary=DYNAMIC), 4, id="what is asked for"),
        pytest.param(scene(HALF, weight=50, new=3, routes=(route(20),), canary=DYNAMIC), 4, id="what was seen"),
        pytest.param(
            scene(HALF, weight=None, new=3, routes=(route(50),), canary=DYNAMIC), 5, id="nothing is asked for"
        ),
        pytest.param(scene(HALF, weight=50, new=3, routes=(), canary=DYNAMIC), 5, id="nothing was seen"),
        pytest.param(scene(HALF, index=1, weight=100, new=5, canary=DYNAMIC), 0, id="nothing is left to it"),
        pytest.param(
            scene({"setWeight": 80}, weight=80, new=4, canary={**DYNAMIC, "minPodsPerReplicaSet": 2}), 2, id="the least"
        ),
        pytest.param(
            scene(HALF, index=1, weight=100, new=5, canary={**DYNAMIC, "minPodsPerReplicaSet": 2}),
            0,
            id="a version without traffic has none",
        ),
        pytest.param(
            scene(
                {"setWeight": 90},
                weight=90,
                new=1,
                old=1,
                canary={**DYNAMIC, "minPodsPerReplicaSet": 2},
                spec={"replicas": 1},
            ),
            1,
            id="no more than the service has",
        ),
    ],
)
def test_a_stable_version_that_gives_up_pods_has_what_may_come_back_to_it(here: Scene, size: int) -> None:
    assert sizes(here)[OLD] == size


@pytest.mark.parametrize(
    ("here", "size"),
    [
        pytest.param(scene(HALF, weight=0, new=None, old=5, canary=BOUNDED), 1, id="one place"),
        pytest.param(scene(HALF, weight=0, new=1, old=5, canary=BOUNDED), 1, id="it is taken"),
        pytest.param(scene(HALF, weight=0, new=1, old=4, canary=BOUNDED), 2, id="the stable one made room"),
        pytest.param(scene(HALF, weight=0, new=2, old=6, canary=BOUNDED), 2, id="nothing is taken away for its sake"),
        pytest.param(scene(HALF, weight=0, new=None, old=5, canary={"maxSurge": 2}), 2, id="two places"),
        pytest.param(scene(HALF, weight=0, new=None, old=6, canary=BOUNDED), 0, id="none"),
        pytest.param(scene(FIFTH, weight=0, new=None, old=1, canary=BOUNDED), 1, id="no more than it needs"),
        pytest.param(
            scene(HALF, weight=0, new=1, old=3, others=[rs(THIRD, 1)], canary=BOUNDED), 2, id="a superseded one counts"
        ),
    ],
)
def test_the_new_version_has_the_room_that_max_surge_leaves(here: Scene, size: int) -> None:
    assert sizes(here)[NEW] == size


def kept(limit: int, *others: ReplicaSetView) -> list[int]:
    """The sizes of superseded versions in the delay of a promotion."""
    status = {"history": [line(1, outcome=Outcome.PROMOTED, finished_at=ago(5)), SECOND]}
    here = scene(FIFTH, others=others, canary={"scaleDownDelayRevisionLimit": limit}, status=status)
    return [sizes(here)[rs.pod_hash] for rs in others]


def older(number: int, size: int) -> ReplicaSetView:
    return replace(rs(THIRD, size, revision=number), pod_hash=f"hash{number}", meta=meta(f"web-hash{number}"))


@pytest.mark.parametrize(
    ("limit", "sets", "left"),
    [
        (0, [older(3, 2)], [0]),
        (1, [older(3, 2)], [2]),
        (1, [older(3, 2), older(4, 2)], [0, 2]),
        (2, [older(3, 2), older(4, 2)], [2, 2]),
        (1, [older(3, 2), older(4, 0)], [2, 0]),
        (1, [older(3, 2), older(4, 1)], [0, 1]),
    ],
    ids=["none", "one", "the latest of two", "both", "one without pods does not count", "one with a single pod does"],
)
def test_no_more_versions_stand_in_their_delay_than_the_limit(
    limit: int, sets: list[ReplicaSetView], left: list[int]
) -> None:
    assert kept(limit, *sets) == left


@pytest.mark.parametrize(
    ("weight", "carried", "kept_pods"),
    [(0, 10, 298), (10, 0, 298), (10, 10, 296)],
    ids=["nothing is asked for", "nothing was seen", "both"],
)
def test_what_is_given_up_in_a_great_service(weight: int, carried: int, kept_pods: int) -> None:
    here = scene(
        {"setWeight": 1},
        weight=weight,
        routes=(route(carried),),
        new=4,
        old=300,
        spec={"replicas": 300},
        canary=DYNAMIC,
    )
    assert sizes(here)[OLD] == kept_pods
