"""Header and mirror routes under real traffic: testers and copies first, and nobody else is sent anywhere."""

from __future__ import annotations

from tests.e2e.manifests import JUDGE
from tests.e2e.world import App, World, explain, lost_nothing

TESTER = {"x-tester": "yes"}
HEADER_ROUTE = {
    "setHeaderRoute": {"name": "testers", "match": [{"headerName": "x-tester", "headerValue": {"exact": "yes"}}]}
}
# The load asks by POST, so that no client repeats a request in silence.
MIRROR_ROUTE = {"setMirrorRoute": {"name": "copies", "match": [{"method": {"exact": "POST"}}]}}


def routing(name: str, *managed: str) -> dict[str, object]:
    return {"gatewayAPI": {"httpRoutes": [{"name": name}]}, "managedRoutes": [{"name": each} for each in managed]}


def rules(app: App) -> list[str]:
    """The names of the route's rules, in their order."""
    return [rule.get("name", "") for rule in app.route["spec"]["rules"]]


def test_testers_meet_the_new_version_by_a_header_and_nobody_else_does(world: World) -> None:
    app = world.app(steps=[HEADER_ROUTE, {"pause": {}}], trafficRouting=routing("web", "testers"))
    app.set_up()
    with app.load() as everybody, world.bed.load(app.host, 20, headers=TESTER) as testers:
        app.release("v2")
        app.until(lambda status: status.get("phase") == "Paused", "it pauses")
        assert rules(app) == ["tidegate-web-testers", ""]
        before = testers.snapshot().count("v2")
        testers.until(lambda seen: seen.count("v2") > before + 20, "testers meet v2")
        assert everybody.snapshot().count("v2") == 0
        world.tidegate("abort", "web")
        app.until_aborted()
        app.until_gone("v2")
        after = testers.snapshot().count("v1")
        testers.until(lambda seen: seen.count("v1") > after + 20, "testers are back on v1")
    assert lost_nothing(everybody).count("v2") == 0
    assert lost_nothing(testers).count("v2") > 20
    assert app.route["spec"] == app.written_route


def test_a_bad_version_is_judged_by_copies_before_anybody_meets_it(world: World) -> None:
    app = world.app(
        steps=[MIRROR_ROUTE, {"pause": {"duration": "2s"}}, JUDGE, {"setWeight": 50}],
        trafficRouting=routing("web", "copies"),
    )
    app.set_up()
    with app.load() as load:
        app.release("v2", error_rate=0.5)
        app.until_aborted()
        app.until_gone("v2")
    seen = lost_nothing(load)
    assert seen.count("v2") == 0, explain(seen)
    assert list(app.runs().values()) == ["Failed"]
    assert app.route["spec"] == app.written_route
