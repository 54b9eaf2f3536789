"""A route counts as taken over when every parent says so of its present generation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.routes.making import WEB, Raw, ref, route, rule, spec
from tidegate.core.world import RouteView
from tidegate.routes.httproute import observe

CONTOUR = "projectcontour.io/gateway-controller"
ASKED = spec(web=80, web_canary=20)


def condition(kind: str, status: str = "True", seen: int | None = 3, **more: str) -> Raw:
    found: Raw = {"type": kind, "status": status, "reason": kind, "message": "", **more}
    return found if seen is None else {**found, "observedGeneration": seen}


def parent(*conditions: Raw, name: str = "public", controller: str = CONTOUR, **ref: Any) -> Raw:
    return {"parentRef": {"name": name, **ref}, "controllerName": controller, "conditions": list(conditions)}


ACCEPTED = (condition("Accepted"), condition("ResolvedRefs"))


def seen(*parents: Raw, refs: list[Raw] | None = None) -> RouteView:
    """What is seen of a route in generation 3 behind the Gateway `public`."""
    raw = route(rule(ref("web", 80), ref("web-canary", 20)))
    raw["spec"]["parentRefs"] = [{"name": "public"}] if refs is None else refs
    if parents:
        raw["status"] = {"parents": list(parents)}
    return observe(raw, WEB, ASKED, ASKED.routes[0])


def test_a_route_that_its_parent_has_taken_over() -> None:
    assert seen(parent(*ACCEPTED)) == RouteView(
        "web", weights={"web": 80, "web-canary": 20}, accepted=True, observed_generation=3
    )


@pytest.mark.parametrize(
    ("parents", "observed", "message"),
    [
        pytest.param(
            [],
            None,
            "Gateway public has not said anything of it yet: does the parent exist, does its controller run?",
            id="no status",
        ),
        pytest.param(
            [parent(*ACCEPTED, name="other")],
            None,
            "Gateway public has not said anything of it yet: does the parent exist, does its controller run?",
            id="another parent's status",
        ),
        pytest.param(
            [parent(condition("Accepted", seen=2), condition("ResolvedRefs"))],
            2,
            f"Gateway public ({CONTOUR}) has not taken over generation 3 yet, it has seen 2",
            id="an older generation",
        ),
        pytest.param(
            [parent(condition("Accepted", seen=2, status="False"), condition("ResolvedRefs", seen=2))],
            2,
            f"Gateway public ({CONTOUR}) has not taken over generation 3 yet, it has seen 2",
            id="a refusal of an older generation is old news",
        ),
        pytest.param(
            [parent(condition("Accepted", seen=None), condition("ResolvedRefs"))],
            0,
            f"Gateway public ({CONTOUR}) has not taken over generation 3 yet, it has seen 0",
            id="no generation at all",
        ),
        pytest.param(
            [parent(condition("Accepted"))],
            0,
            f"Gateway public ({CONTOUR}) has not taken over generation 3 yet, it has seen 0",
            id="nothing said of references",
        ),
        pytest.param(
            [parent()], 0, f"Gateway public ({CONTOUR}) has not taken over generation 3 yet, it has seen 0", id="empty"
        ),
        pytest.param(
            [parent(condition("Accepted", status="Unknown"), condition("ResolvedRefs"))],
            3,
            f"Gateway public ({CONTOUR}) has not decided yet: Accepted is Unknown",
            id="undecided",
        ),
        pytest.param(
            [
                parent(*ACCEPTED),
                parent(condition("Accepted", seen=1), condition("ResolvedRefs", seen=1), controller="b"),
            ],
            1,
            "Gateway public (b) has not taken over generation 3 yet, it has seen 1",
            id="a second controller of the same parent",
        ),
    ],
)
def test_a_parent_that_is_not_there_yet_is_named(parents: list[Raw], observed: int | None, message: str) -> None:
    view = seen(*parents)
    assert (view.problem, view.accepted, view.message, view.observed_generation) == ("", False, message, observed)


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [
        pytest.param(
            (
                condition("Accepted", "False", reason="NoMatchingParent", message="no listener"),
                condition("ResolvedRefs"),
            ),
            "Gateway public does not take it: Accepted is False, NoMatchingParent: no listener",
            id="not accepted",
        ),
        pytest.param(
            (condition("Accepted"), condition("ResolvedRefs", "False", reason="BackendNotFound", message="no web")),
            "Gateway public does not take it: ResolvedRefs is False, BackendNotFound: no web",
            id="a reference that leads nowhere",
        ),
        pytest.param(
            (*ACCEPTED, condition("PartiallyInvalid", reason="UnsupportedValue", message="rule 2 dropped")),
            "Gateway public does not take it: PartiallyInvalid is True, UnsupportedValue: rule 2 dropped",
            id="some rules are left out",
        ),
    ],
)
def test_a_parent_that_refuses_is_a_problem(conditions: tuple[Raw, ...], problem: str) -> None:
    view = seen(parent(*conditions))
    assert (view.problem, view.accepted, view.message) == (problem, False, "")


def test_what_a_parent_says_is_cut() -> None:
    view = seen(parent(condition("Accepted", "False", message="x" * 5000), condition("ResolvedRefs")))
    assert len(view.problem) < 300


def test_a_partial_validity_that_is_false_is_none() -> None:
    assert seen(parent(*ACCEPTED, condition("PartiallyInvalid", "False"))).accepted


def test_a_route_without_parents_is_carried_by_nobody() -> None:
    view = seen(refs=[])
    assert view.problem == "it has no parentRefs, so no gateway carries it: add one"
    assert not view.accepted


MESH = {"group": "", "kind": "Service", "name": "web"}


@pytest.mark.parametrize(
    ("refs", "parents", "accepted"),
    [
        pytest.param([{"name": "a"}, {"name": "b"}], [parent(*ACCEPTED, name="a")], False, id="one of two"),
        pytest.param(
            [{"name": "a"}, {"name": "b"}],
            [parent(*ACCEPTED, name="a"), parent(*ACCEPTED, name="b"), parent(name="gone")],
            True,
            id="both of two, and what is left of a third",
        ),
        pytest.param(
            [{"name": "a"}],
            [
                parent(
                    *ACCEPTED,
                    name="a",
                    group="gateway.networking.k8s.io",
                    kind="Gateway",
                    namespace="shop",
                )
            ],
            True,
            id="defaults written down",
        ),
        pytest.param([MESH], [parent(*ACCEPTED, group="", kind="Service", name="web")], True, id="a mesh Service"),
        pytest.param([MESH], [parent(*ACCEPTED, name="web")], False, id="a Gateway of the Service's name"),
        pytest.param(
            [{"name": "a", "sectionName": "http"}, {"name": "a", "sectionName": "https"}],
            [parent(*ACCEPTED, name="a", sectionName="http")],
            False,
            id="another section of the same Gateway",
        ),
    ],
)
def test_every_parent_reference_has_its_own_say(refs: list[Raw], parents: list[Raw], accepted: bool) -> None:
    assert seen(*parents, refs=refs).accepted is accepted


def test_the_section_of_a_parent_is_named() -> None:
    assert seen(refs=[{"name": "a", "sectionName": "https"}]).message.startswith("Gateway a, section https has not")


def test_nobody_is_late_because_of_a_time_stamp() -> None:
    conditions = [condition(kind, lastTransitionTime="1999-01-01T00:00:00Z") for kind in ("Accepted", "ResolvedRefs")]
    assert seen(parent(*conditions)).accepted
