"""Which rule is meant, and what is said when that can't be told or can't be done."""

from __future__ import annotations

import pytest

from tests.unit.routes.making import API, WEB, Raw, apply, ref, route, rule, spec
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.routes.httproute import observe, patch_for

PAIR = (ref("web", 100), ref("web-canary", 0))
ASKED = spec(web=80, web_canary=20)
MAIN = spec({"name": "web", "rule": "main"}, web=80, web_canary=20)


def on_port(port: int) -> TrafficSplitSpec:
    first = ASKED.backends[0].model_copy(update={"port": port})
    return ASKED.model_copy(update={"backends": [first, ASKED.backends[1]]})


@pytest.mark.parametrize(
    ("raw", "asked", "problem"),
    [
        pytest.param(
            route(rule(ref("web")), rule(ref("other"), name="x")),
            ASKED,
            'no rule names Service web and Service web-canary together (the rules are: spec.rules[0], rule "x"): '
            "add the missing one to the backendRefs of the rule that is meant, with weight 0",
            id="no rule names both",
        ),
        pytest.param(
            {**route(), "spec": {"parentRefs": [{"name": "public"}]}},
            ASKED,
            "no rule names Service web and Service web-canary together (the rules are: none): "
            "add the missing one to the backendRefs of the rule that is meant, with weight 0",
            id="no rules",
        ),
        pytest.param(
            route(rule(*PAIR, name="main"), rule(*PAIR)),
            ASKED,
            'rule "main", spec.rules[1] each name Service web and Service web-canary: give the rule that is meant a '
            "name, and write this name as `rule` beside the route's name",
            id="two rules name both",
        ),
        pytest.param(
            route(rule(*PAIR), rule(*PAIR, name="b")),
            MAIN,
            'no rules are named "main" (the rules are: spec.rules[0], rule "b"): '
            "give the rule that is meant this name, and no other",
            id="no rule of that name",
        ),
        pytest.param(
            route(rule(*PAIR, name="main"), rule(*PAIR, name="main")),
            MAIN,
            '2 rules are named "main" (the rules are: rule "main", rule "main"): '
            "give the rule that is meant this name, and no other",
            id="two rules of that name",
        ),
        pytest.param(
            route(rule(ref("web"), name="main")),
            MAIN,
            'rule "main" does not name Service web-canary: add it to the rule\'s backendRefs with weight 0',
            id="the named rule lacks one",
        ),
        pytest.param(
            route(rule(ref("web", namespace="other"), ref("web-canary", group="x"), ref("web", kind="Y"))),
            ASKED,
            "no rule names Service web and Service web-canary together (the rules are: spec.rules[0]): "
            "add the missing one to the backendRefs of the rule that is meant, with weight 0",
            id="what bears the name is no Service of this namespace",
        ),
        pytest.param(
            route(rule(ref("web", 1), ref("web", 1, port=81), ref("web-canary", 0), name="main")),
            ASKED,
            'rule "main" names Service web 2 times: keep one backendRef of it, '
            "or say which one is meant by the backend's port",
            id="a Service twice",
        ),
        pytest.param(
            route(rule(*PAIR)),
            on_port(81),
            "no rule names Service web on port 81 and Service web-canary together (the rules are: spec.rules[0]): "
            "add the missing one to the backendRefs of the rule that is meant, with weight 0",
            id="not on that port",
        ),
        pytest.param(
            route(rule(ref("web", 0), ref("web-canary", 0), ref("legacy"), name="main")),
            ASKED,
            'rule "main" gives Services web and web-canary no weight: give Service web a weight greater than 0',
            id="nothing to divide",
        ),
        pytest.param(
            route(rule(ref("web", 0), ref("web-canary", 0))),
            ASKED,
            "spec.rules[0] gives Services web and web-canary no weight: give Service web a weight greater than 0",
            id="a rule that gives nobody anything",
        ),
        pytest.param(
            route(rule(ref("web", 999_983), ref("web-canary", 0), ref("legacy", 1))),
            ASKED,
            "spec.rules[0] can't be divided 80 to 20 beside its other backends in whole numbers up to 1000000: "
            "write smaller weights in the rule",
            id="too fine",
        ),
    ],
)
def test_a_split_that_has_no_place_is_told_what_to_do(raw: Raw, asked: TrafficSplitSpec, problem: str) -> None:
    assert observe(raw, WEB, asked, asked.routes[0]).problem == problem
    assert patch_for(raw, WEB, asked) is None


def test_a_service_belongs_to_one_split_of_a_rule() -> None:
    raw = route(rule(*PAIR, name="main"))
    first = patch_for(raw, API, ASKED)
    assert first is not None
    taken = apply(raw, first)
    asked = spec(web=50, web_canary=50)
    view = observe(taken, WEB, asked, asked.routes[0])
    assert view.problem == (
        'rule "main" already has Services web and web-canary divided by TrafficSplit api: '
        "a Service of a rule can belong to one TrafficSplit only, remove it from one of them"
    )
    assert view.weights == {"web": 80, "web-canary": 20}
    assert patch_for(taken, WEB, asked) is None
    one = spec(web=50, other=50)
    taken["spec"]["rules"][0]["backendRefs"].append(ref("other"))
    assert "already has Service web divided" in observe(taken, WEB, one, one.routes[0]).problem


@pytest.mark.parametrize(
    ("raw", "asked", "weights"),
    [
        pytest.param(
            route(rule(ref("other")), rule(*PAIR)), ASKED, {"web": 100, "web-canary": 0}, id="the one that names both"
        ),
        pytest.param(
            route(rule(*PAIR, name="a"), rule(ref("web", 7), ref("web-canary", 3), name="main")),
            MAIN,
            {"web": 7, "web-canary": 3},
            id="the one of that name",
        ),
        pytest.param(
            route(rule(ref("web", 1), ref("web", 2, port=81), ref("web-canary"))),
            on_port(81),
            {"web": 2, "web-canary": 1},
            id="the backendRef of that port; an absent weight is 1",
        ),
        pytest.param(
            route(rule(ref("web", 4, kind="Service", group="", namespace="shop"), ref("web-canary", 1))),
            ASKED,
            {"web": 4, "web-canary": 1},
            id="all that could be left out written down",
        ),
    ],
)
def test_the_weights_that_a_rule_carries_are_seen(raw: Raw, asked: TrafficSplitSpec, weights: dict[str, int]) -> None:
    view = observe(raw, WEB, asked, asked.routes[0])
    assert (view.problem, dict(view.weights)) == ("", weights)
