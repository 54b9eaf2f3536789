"""How examples are drawn. The simplest values come first: what fails is shrunk towards them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.property.examples import Deed, Example, Kind
from tests.property.faults import FAULTS
from tests.scenarios import manifests as m
from tidegate.model.objects import Raw

AFTER = st.sampled_from([0.0, 0.05, 0.3, 1.0, 2.5, 7.0, 20.0])
SIZES = st.integers(1, 6)
ACTIONS = st.sampled_from(
    ["promote", "approve", "promoteFull", "skipStep", "abort", "retry", "pause", "resume", "restart"]
)
REQUESTS = st.tuples(ACTIONS, st.sampled_from([0, 0, 0, 1]), st.sampled_from([None, 0, 0, 1]))
ERRORS = st.tuples(st.sampled_from(["v2", "v3"]), st.sampled_from([0.01, 0.5, 0.07, None]))


@st.composite
def webhooks(draw: Any, endless: bool) -> Raw:
    """A call of another system, and what its failure does."""
    fails = draw(st.sampled_from(["Continue", "Abort", *(["Pause"] if endless else [])]))
    return m.webhook("http://gate/check", onFailure=fails, retries=draw(st.sampled_from([0, 2])), timeoutSeconds=3)


@st.composite
def approvals(draw: Any, endless: bool) -> Raw:
    """An approval by ann, who asks for everything, or by somebody who never comes."""
    late = draw(st.sampled_from(["Abort", *(["Pause", None] if endless else [])]))
    time = {"timeoutSeconds": draw(st.sampled_from([4, 30])), "onTimeout": late} if late else {}
    return m.approval(users=draw(st.sampled_from([["ann"], ["bob"]])), **time)


ROUTES = st.sampled_from([m.header_route(tester="yes"), m.mirror_route(), m.header_route(), m.mirror_route(path=None)])


@st.composite
def steps(draw: Any, most: int = 6, endless: bool = True) -> tuple[Raw, ...]:
    """Weights that rise, with pauses, approvals, calls, sizes and analyses between them."""
    found: list[Raw] = []
    weight = 0
    for kind in draw(st.lists(st.sampled_from("wwwppsavhr"), max_size=most)):
        if kind == "w":
            weight = min(100, weight + draw(st.sampled_from([20, 10, 33, 50])))
            found.append(m.weight(weight))
        elif kind == "p":
            found.append(m.pause(draw(st.sampled_from(["1s", "3s", *([None] if endless else [])]))))
        elif kind == "v":
            found.append(draw(approvals(endless)))
        elif kind == "h":
            found.append(draw(webhooks(endless)))
        elif kind == "r":
            found.append(draw(ROUTES))
        elif kind == "s":
            how = st.sampled_from([{"replicas": 1}, {"weight": 50}, {"matchTrafficWeight": True}, {"replicas": 3}])
            found.append(m.scale(**draw(how)))
        else:
            found.append(m.analysis())
    return tuple(found)


KINDS = st.sampled_from([Kind.ROUTED, Kind.ROUTED, Kind.SWITCHED, Kind.COUNTED])
BOUNDS = st.sampled_from([1, 2, "25%", "50%"])
ANALYSES = st.just(m.analysis()["analysis"])


@st.composite
def fields(draw: Any, kind: Kind) -> Raw:
    """More fields of a strategy."""
    if kind is Kind.SWITCHED:
        return dict(draw(BLUE_GREEN)) | draw(PROMOTIONS) | draw(roles("preview", "active"))
    if kind is Kind.COUNTED:
        return dict(draw(COUNTED)) | draw(roles("canary", "stable"))
    return dict(draw(canaries())) | draw(SIZING) | draw(roles("canary", "stable")) | draw(TURNS) | draw(FINE)


def roles(new: str, stable: str) -> st.SearchStrategy[Raw]:
    """What pods bear by their role, and which nodes they keep off."""
    put = {f"{role}Metadata": {"labels": {"role": role}, "annotations": {"role": role}} for role in (new, stable)}
    apart = {"antiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 1}}}
    return st.sampled_from([{}, {}, put, {**put, **apart}])


BLUE_GREEN = st.fixed_dictionaries(
    {},
    optional={
        "previewReplicaCount": st.sampled_from([1, 2]),
        "prePromotionAnalysis": ANALYSES,
        "postPromotionAnalysis": ANALYSES,
        "scaleDownDelaySeconds": st.sampled_from([0, 20]),
        "abortScaleDownDelaySeconds": st.sampled_from([5, 0]),
    },
)
PROMOTIONS = st.sampled_from([{}, {}, {"autoPromotionSeconds": 3}, {"autoPromotionEnabled": False}])
TURNS = st.sampled_from([{}, {}, {}, m.in_turn()])
ALL_OF_150 = {"trafficRouting": {**m.routing("testers", "copies")["trafficRouting"], "maxTrafficWeight": 150}}
FINE = st.sampled_from([{}, {}, {}, ALL_OF_150])
COUNTED = st.fixed_dictionaries({}, optional={"maxSurge": BOUNDS, "maxUnavailable": st.sampled_from([0, 1, "50%"])})
SIZING = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"maxSurge": BOUNDS}),
    st.fixed_dictionaries({}, optional={"minPodsPerReplicaSet": st.just(2)}),
)


@st.composite
def canaries(draw: Any) -> Raw:
    """Delays, and an analysis beside the steps, or a stable version that gives up pods."""
    if draw(st.sampled_from([False, False, False, True])):
        return {"dynamicStableScale": True}
    found: Raw = {}
    if draw(st.booleans()) and draw(st.booleans()):
        found["analysis"] = m.background(0)
    if draw(st.booleans()):
        found["abortScaleDownDelaySeconds"] = draw(st.sampled_from([1, 5, 0]))
    if draw(st.booleans()):
        found["scaleDownDelaySeconds"] = draw(st.sampled_from([0, 5]))
    return found


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "minReadySeconds": st.sampled_from([1]),
        "progressDeadlineSeconds": st.sampled_from([10, 30]),
        "progressDeadlineAbort": st.just(True),
        "revisionHistoryLimit": st.sampled_from([0, 1]),
        "onSupersede": st.sampled_from(["Queue", "KeepStep"]),
        "rollbackWindow": st.sampled_from([{"revisions": 1}, {"revisions": 3}]),
    },
)
RELEASED_CONFIG = {"versionedConfig": True, "container": m.reading("ConfigMap")}
DEED_OF: dict[str, st.SearchStrategy[Any]] = {
    "version": st.sampled_from(["v2", "v1", "v3", "crash"]),
    "nothing": st.none(),
    "request": REQUESTS,
    "replicas": st.sampled_from([1, 2, 4, 6, 0]),
    "errors": ERRORS,
    "paused": st.booleans(),
    "steps": steps(),
    "prometheus": st.booleans(),
    "gateway": st.booleans(),
    "gate": st.tuples(st.sampled_from([200, 503, 403, None]), st.sampled_from([0.05, 2.0, 5.0])),
    "weights": st.sampled_from([0, 50, 100]),
    "fail": st.tuples(st.sampled_from(["v2", "v1", "v3"]), st.integers(1, 3)),
    "config": st.sampled_from(["new", "old", ""]),
    "role": st.sampled_from(["steady", "calm"]),
    "strategy": st.sampled_from(Kind),
    "turns": st.booleans(),
    "schedule": st.sampled_from([3.0, 30.0, 86400.0, None]),
    "order": st.booleans(),
    "kill": st.none(),
    "second": st.sampled_from([0.5, 5.0]),
}


@st.composite
def deeds(draw: Any, *names: str) -> Deed:
    """One of these."""
    name = draw(st.sampled_from(names))
    return Deed(name, draw(DEED_OF[name]), draw(AFTER))


def examples(*names: str, faults: st.SearchStrategy[Any] = FAULTS, most: int = 6) -> st.SearchStrategy[Example]:
    """Examples that begin with a release of v2, and go on with deeds of these names."""
    return KINDS.flatmap(lambda kind: _examples(kind, st.lists(deeds(*names), max_size=most), faults))


def _examples(
    kind: Kind, later: st.SearchStrategy[list[Deed]], faults: st.SearchStrategy[Any]
) -> st.SearchStrategy[Example]:
    return st.builds(
        Example,
        steps=steps(),
        replicas=SIZES,
        kind=st.just(kind),
        canary=fields(kind),
        spec=st.tuples(SPECS, st.sampled_from([{}, {}, RELEASED_CONFIG])).map(lambda both: {**both[0], **both[1]}),
        ready_after=st.fixed_dictionaries({}, optional={"v2": st.sampled_from([0.2, 4.0])}),
        errors=st.fixed_dictionaries({}, optional={"v2": st.sampled_from([0.5, 0.07])}),
        deeds=later.map(lambda found: (Deed("version", "v2"), *found)),
        faults=faults,
        route_lag=st.sampled_from([0.15, 0.02, 2.0]),
    )
