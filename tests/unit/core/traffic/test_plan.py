"""What one pass does for a TrafficSplit: whole plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.routes.making import Raw, apply, mark, ref, reset, route, rule, spec, weights, written
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.actions import STATUS_LAG, Event, Merge, PatchList, Plan, Resource
from tidegate.core.objects import Key, Meta
from tidegate.core.traffic.kinds import Edit
from tidegate.core.traffic.plan import plan_split
from tidegate.core.traffic.world import Route, SplitWorld
from tidegate.core.world import ServiceView, SplitView
from tidegate.routes import TABLE

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = Key("TrafficSplit", "shop", "web")
ROUTE = Key("HTTPRoute", "shop", "web")
OTHER = Key("HTTPRoute", "shop", "other")
ASKED = spec(web=80, web_canary=20)
PLAIN = route(rule(ref("web", 100), ref("web-canary", 0)))
LEAVE_ALONE = (
    "let whoever applies the route leave spec.rules[].backendRefs[].weight alone "
    "(Argo CD: no selfHeal, or ignoreDifferences; Flux: kustomize.toolkit.fluxcd.io/ssa: IfNotPresent on the route)"
)


def meta(name: str, generation: int = 1, **more: Any) -> Meta:
    return Meta("shop", name, f"uid-{name}", "7", generation, NOON, **more)


def split(asked: TrafficSplitSpec | None = ASKED, status: TrafficSplitStatus | None = None, **more: Any) -> SplitView:
    view = SplitView(meta("web", 2, **more), asked, status or TrafficSplitStatus())
    return view if asked else replace(view, spec_error="spec.backends[0].weight: -1 is less than 0: write 0 or more")


def services(**ready: int) -> dict[str, ServiceView]:
    named = {name.replace("_", "-"): count for name, count in ready.items()}
    return {name: ServiceView(meta(name), {}, {"pods": count} if count else {}) for name, count in named.items()}


def taken(raw: Raw) -> Raw:
    """The route as soon as its Gateway has taken it over."""
    seen = {"observedGeneration": raw["metadata"]["generation"], "status": "True", "reason": "", "message": ""}
    conditions = [{"type": kind, **seen} for kind in ("Accepted", "ResolvedRefs")]
    entry = {"parentRef": {"name": "public"}, "controllerName": "c", "conditions": conditions}
    return {**raw, "status": {"parents": [entry]}}


def world(*raws: Raw, view: SplitView | None = None, **more: Any) -> SplitWorld:
    found = {
        Key("HTTPRoute", "shop", raw["metadata"]["name"]): Route(meta(raw["metadata"]["name"]), raw) for raw in raws
    }
    known = {"services": services(web=3, web_canary=1), "split": view or split(), **more}
    return SplitWorld(NOON, KEY, routes=found, **known)


def other(raw: Raw) -> Raw:
    """The same route under the name `other`."""
    return {**raw, "metadata": {**raw["metadata"], "name": "other"}}


def planned(w: SplitWorld) -> Plan:
    return plan_split(w, TABLE)


def after(w: SplitWorld, plan: Plan | None = None) -> dict[Key, Raw]:
    """The routes after the actions of a plan."""
    found = {key: dict(one.raw) for key, one in w.routes.items()}
    for action in (plan or planned(w)).actions:
        assert isinstance(action, PatchList)
        key = Key("HTTPRoute", "shop", action.meta.name)
        found[key] = apply(found[key], Edit(action.operations))
    return found


def status(plan: Plan, before: TrafficSplitStatus | None = None) -> TrafficSplitStatus:
    """The status after a plan, which must write one."""
    assert isinstance(plan.status, Merge)
    assert (plan.status.resource, plan.status.status) == (Resource.SPLITS, True)
    old = (before or TrafficSplitStatus()).model_dump(mode="json", exclude_none=True)
    return TrafficSplitStatus.model_validate({**old, **plan.status.patch["status"]})


def told(s: TrafficSplitStatus) -> dict[str, str]:
    return {condition.type: condition.status.value for condition in s.conditions}


def reason(s: TrafficSplitStatus) -> tuple[str, str]:
    reasons = {(condition.reason, condition.message) for condition in s.conditions}
    assert len(reasons) == 1
    return reasons.pop()


def steered(asked: TrafficSplitSpec = ASKED) -> Raw:
    """The route with the split in force, taken over by its Gateway."""
    return taken(after(world(PLAIN, view=split(asked)))[ROUTE])


PROGRAMMED = {"Programmed": "True", "Ready": "True", "Reconciling": "False", "Stalled": "False"}
RECONCILING = {"Programmed": "False", "Ready": "False", "Reconciling": "True", "Stalled": "False"}
STALLED = {"Programmed": "False", "Ready": "False", "Reconciling": "False", "Stalled": "True"}


def test_a_pass_that_writes_routes_leaves_the_status_to_the_one_that_sees_them_written() -> None:
    edit = TABLE["HTTPRoute"].patch_for(PLAIN, KEY, ASKED)
    assert edit is not None
    action = PatchList(Resource.HTTPROUTES, meta("web"), edit.operations)
    assert planned(world(PLAIN)) == Plan((action,), lag=STATUS_LAG)


def test_all_is_well_when_the_routes_carry_it_and_their_parents_have_taken_it_over() -> None:
    plan = planned(world(steered()))
    condition = {"lastTransitionTime": "2026-05-01T12:00:00.000Z", "observedGeneration": 2, "reason": "Programmed"}
    condition["message"] = "all routes carry web 80, web-canary 20"
    expected = {
        "observedGeneration": 2,
        "routes": [
            {
                "kind": "HTTPRoute",
                "name": "web",
                "accepted": True,
                "observedGeneration": 4,
                "weights": [{"service": "web", "weight": 80}, {"service": "web-canary", "weight": 20}],
                "message": "",
            }
        ],
        "conditions": [{"type": kind, "status": status, **condition} for kind, status in PROGRAMMED.items()],
    }
    assert plan == Plan(status=Merge(Resource.SPLITS, split().meta, {"status": expected}, status=True))


def test_nothing_is_written_twice() -> None:
    done = status(planned(world(steered())))
    later = replace(world(steered(), view=split(status=done)), now=NOON + timedelta(hours=1))
    assert planned(later) == Plan()


def test_the_status_of_a_split_that_a_rollout_owns_waits_longer() -> None:
    done = status(planned(world(steered())))
    more = spec(web=60, web_canary=40)
    owned = world(steered(more), view=split(more, done, owner_uid="r"))
    assert planned(owned).lag == timedelta(seconds=60)
    assert planned(replace(owned, split=split(more, done))).lag == STATUS_LAG
    over = spec(web=100, web_canary=0)
    assert planned(world(steered(over), view=split(over, done, owner_uid="r"))).lag == STATUS_LAG, "the release is over"
    assert planned(world(steered(), view=split(owner_uid="r"))).lag == STATUS_LAG, "nobody waits long for the first"


def test_the_time_of_a_condition_is_kept_until_it_changes() -> None:
    done = status(planned(world(steered())))
    more = spec(web=60, web_canary=40)
    later = replace(world(steered(more), view=split(more, done)), now=NOON + timedelta(hours=1))
    again = status(planned(later), done)
    assert reason(again)[1] == "all routes carry web 60, web-canary 40"
    assert {condition.last_transition_time for condition in again.conditions} == {NOON}


@pytest.mark.parametrize(
    ("w", "conditions", "why"),
    [
        pytest.param(
            world(after(world(PLAIN))[ROUTE]),
            RECONCILING,
            (
                "NotTakenOver",
                "HTTPRoute web: Gateway public has not said anything of it yet: "
                "does the parent exist, does its controller run?",
            ),
            id="the gateway has not taken it over",
        ),
        pytest.param(
            world(taken(PLAIN), services=services(web=3, web_canary=0)),
            RECONCILING,
            ("NoReadyEndpoints", "no endpoint of Service web-canary is ready: no weight until one is"),
            id="the canary has no endpoints",
        ),
        pytest.param(
            world(steered(), services=services(web=0, web_canary=0)),
            PROGRAMMED,
            ("Programmed", "all routes carry web 80, web-canary 20"),
            id="nobody has endpoints: as asked",
        ),
    ],
)
def test_what_passes_by_itself_is_reconciling_and_in_no_hurry(
    w: SplitWorld, conditions: dict[str, str], why: tuple[str, str]
) -> None:
    plan = planned(w)
    assert (plan.actions, plan.urgent, plan.events) == ((), False, ())
    assert (told(status(plan)), reason(status(plan))) == (conditions, why)


@pytest.mark.parametrize(
    ("w", "why"),
    [
        pytest.param(
            world(view=split(None)),
            ("InvalidSpec", "spec.backends[0].weight: -1 is less than 0: write 0 or more"),
            id="a spec that can't be read",
        ),
        pytest.param(
            world(),
            ("RouteUnusable", "HTTPRoute web: not found in namespace shop: create it, or correct the name"),
            id="no such route",
        ),
        pytest.param(
            world(taken(route(rule(ref("web"), name="x")))),
            (
                "RouteUnusable",
                "HTTPRoute web: no rule names Service web and Service web-canary together "
                '(the rules are: rule "x"): add the missing one to the backendRefs of the rule that is meant, '
                "with weight 0",
            ),
            id="no such rule",
        ),
        pytest.param(
            world(taken(PLAIN), services=services(web=3)),
            ("ServiceNotFound", "there is no Service web-canary in namespace shop: create it"),
            id="no such Service",
        ),
        pytest.param(
            world(taken(PLAIN), services={}, view=split(spec(web=100, web_canary=0))),
            ("ServiceNotFound", "there is no Service web and no Service web-canary in namespace shop: create it"),
            id="no Services",
        ),
    ],
)
def test_what_needs_a_person_is_told_at_once_and_once(w: SplitWorld, why: tuple[str, str]) -> None:
    plan = planned(w)
    said = status(plan)
    assert (told(said), reason(said), plan.urgent) == (STALLED, why, True)
    assert plan.events == (Event(*why, warning=True),)
    assert plan.actions == ()
    assert w.split is not None
    assert planned(replace(w, split=replace(w.split, status=said))) == Plan()


def test_a_spec_that_can_not_be_read_moves_no_traffic() -> None:
    done = status(planned(world(steered())))
    plan = planned(world(steered(), view=split(None, done)))
    assert plan.actions == ()
    assert status(plan, done).routes == done.routes


def test_what_was_refused_is_told_and_tried_again() -> None:
    refusal = "HTTPRoute web can't be changed: not allowed"
    plan = planned(world(PLAIN, apply_error=refusal))
    assert len(plan.actions) == 1
    assert (told(status(plan)), reason(status(plan))) == (STALLED, ("Refused", refusal))
    # The shell says it where it happens.
    assert (plan.urgent, plan.events) == (True, ())


def test_an_end_of_the_trouble_is_told_at_once_too() -> None:
    before = status(planned(world()))
    plan = planned(world(steered(), view=split(status=before)))
    assert plan.urgent
    assert told(status(plan, before)) == PROGRAMMED


class TestSeveralRoutes:
    BOTH = spec("web", "other", web=80, web_canary=20)

    def test_all_of_them_are_written(self) -> None:
        found = after(world(PLAIN, other(PLAIN), view=split(self.BOTH)))
        assert (weights(found[ROUTE]), weights(found[OTHER])) == ([80, 20], [80, 20])

    def test_one_that_is_missing_is_named_and_the_other_is_written(self) -> None:
        w = world(PLAIN, view=split(self.BOTH))
        assert weights(after(w)[ROUTE]) == [80, 20]
        said = status(planned(w))
        problem = "not found in namespace shop: create it, or correct the name"
        assert reason(said) == ("RouteUnusable", f"HTTPRoute other: {problem}")
        assert [(one.name, one.message) for one in said.routes][1] == ("other", problem)

    def test_one_that_is_no_longer_named_is_given_back(self) -> None:
        raws = after(world(PLAIN, other(PLAIN), view=split(self.BOTH)))
        found = after(world(*raws.values()))
        assert weights(found[ROUTE]) == [80, 20]
        assert written(found[OTHER]) == written(other(PLAIN))


class TestTheEnd:
    @pytest.mark.parametrize("view", [None, split(deleting=True)], ids=["gone", "going"])
    def test_of_a_split_gives_all_its_routes_back(self, view: SplitView | None) -> None:
        raws = after(world(PLAIN, other(PLAIN), view=split(spec("web", "other", web=80, web_canary=20))))
        w = replace(world(*raws.values()), split=view)
        plan = planned(w)
        found = after(w, plan)
        assert [written(found[key]) for key in (ROUTE, OTHER)] == [written(PLAIN), written(other(PLAIN))]
        assert plan.status is None

    def test_of_a_split_that_has_left_nothing_is_nothing(self) -> None:
        assert planned(replace(world(PLAIN), split=None)) == Plan()


class TestEndpoints:
    def test_no_weight_goes_where_nobody_answers(self) -> None:
        w = world(steered(), services=services(web=3, web_canary=0))
        assert written(after(w)[ROUTE]) == written(taken(PLAIN))

    def test_what_has_endpoints_again_has_its_weight_again(self) -> None:
        raw = after(world(steered(), services=services(web=3, web_canary=0)))[ROUTE]
        assert weights(after(world(raw))[ROUTE]) == [80, 20]

    def test_a_service_that_is_gone_gets_nothing(self) -> None:
        assert weights(after(world(steered(), services=services(web=3)))[ROUTE]) == [100, 0]


def corrected(*seconds: float, count: int = 0) -> TrafficSplitStatus:
    times = [NOON - timedelta(seconds=second) for second in seconds]
    return TrafficSplitStatus(corrections=count or len(times), corrected_at=times)


class TestDrift:
    RAW = reset(steered(), 100, 0)

    def test_is_put_right_counted_and_told_once(self) -> None:
        w = world(self.RAW)
        plan = planned(w)
        said = status(plan)
        assert weights(after(w)[ROUTE]) == [80, 20]
        assert (said.corrections, said.corrected_at, plan.urgent) == (1, [NOON], True)
        message = f"somebody else had changed the weights of the routes, they were put right again: {LEAVE_ALONE}"
        assert plan.events == (Event("WeightsCorrected", message, warning=True),)
        assert plan.wake_at is None

    def test_again_is_counted_and_not_told_again(self) -> None:
        plan = planned(world(self.RAW, view=split(status=corrected(30, count=7))))
        assert status(plan).corrections == 8
        assert plan.events == ()

    def test_on_two_routes_at_once_is_one_correction(self) -> None:
        both = spec("web", "other", web=80, web_canary=20)
        assert status(planned(world(self.RAW, other(self.RAW), view=split(both)))).corrections == 1

    def test_that_happens_to_be_what_is_asked_now_is_no_correction(self) -> None:
        w = world(self.RAW, view=split(spec(web=100, web_canary=0)))
        assert mark(after(w)[ROUTE]) is None
        assert planned(w).status is None


class TestWar:
    RAW = reset(steered(), 100, 0)
    BEFORE = corrected(40, 30, 20, 10)
    CONTESTED = (
        "Contested",
        f"somebody else keeps writing other weights into HTTPRoute web; they are put right again every 1 min only: "
        f"{LEAVE_ALONE}",
    )

    def test_is_told_with_the_fix_at_the_fifth_correction(self) -> None:
        plan = planned(world(self.RAW, view=split(status=self.BEFORE)))
        said = status(plan, self.BEFORE)
        assert len(plan.actions) == 1
        assert (told(said), reason(said)) == (STALLED, self.CONTESTED)
        assert plan.events == (Event(*self.CONTESTED, warning=True),)

    def test_is_fought_once_a_minute(self) -> None:
        war = corrected(40, 30, 20, 10, 5)
        plan = planned(world(self.RAW, view=split(status=war)))
        assert plan.actions == ()
        assert plan.wake_at == NOON + timedelta(seconds=55)
        seen = status(plan, war).routes[0]
        assert [one.weight for one in seen.weights] == [100, 0]
        late = replace(world(self.RAW, view=split(status=war)), now=NOON + timedelta(seconds=55))
        assert weights(after(late)[ROUTE]) == [80, 20]

    def test_never_holds_back_what_is_newly_asked(self) -> None:
        back = spec(web=95, web_canary=5)
        w = world(self.RAW, view=split(back, corrected(40, 30, 20, 10, 5)))
        assert weights(after(w)[ROUTE]) == [95, 5]

    def test_is_no_reason_not_to_give_the_route_back(self) -> None:
        w = replace(world(self.RAW, view=split(status=corrected(40, 30, 20, 10, 5))), split=None)
        assert written(after(w)[ROUTE]) == written(taken(PLAIN))

    def test_that_rests_still_stalls_while_the_routes_carry_what_is_asked(self) -> None:
        war = corrected(240, 230, 220, 210, 200)
        plan = planned(world(steered(), view=split(status=war)))
        assert told(status(plan, war)) == {**STALLED, "Programmed": "True"}
        assert plan.wake_at == NOON + timedelta(seconds=60)

    def test_is_over_after_five_quiet_minutes(self) -> None:
        peace = corrected(*(300 - 10 * n for n in range(5)))
        before = status(planned(world(steered(), view=split(status=corrected(240, 230, 220, 210, 200)))), peace)
        plan = planned(
            world(steered(), view=split(status=before.model_copy(update={"corrected_at": peace.corrected_at})))
        )
        assert plan.wake_at is None
        assert plan.urgent
        assert told(status(plan, before)) == PROGRAMMED


def test_a_release_of_ten_steps_moves_the_route_ten_times_and_writes_its_status_never_on_the_way() -> None:
    raw, writes = taken(PLAIN), 0
    for weight in range(10, 101, 10):
        asked = spec(web=100 - weight, web_canary=weight)
        w = world(raw, view=split(asked))
        plan = planned(w)
        assert (len(plan.actions), plan.status) == (1, None)
        raw, writes = taken(after(w, plan)[ROUTE]), writes + 1
        assert not planned(world(raw, view=split(asked))).urgent
    assert writes == 10


def test_traffic_never_goes_to_nobody() -> None:
    for ready in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for pair in ((100, 0), (0, 100), (80, 20)):
            known = services(web=ready[0], web_canary=ready[1])
            found = after(world(PLAIN, view=split(spec(web=pair[0], web_canary=pair[1])), services=known))
            assert any(weights(found[ROUTE]))
