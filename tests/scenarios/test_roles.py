"""What pods bear by the role of their version: labels and annotations in place, and other nodes."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.stages.stage import Raw
from tests.scenarios.story import Story, hash_of

STOP = [m.weight(30), m.pause(), m.weight(60)]


def by_role(canary: str = "canary", stable: str = "stable") -> Raw:
    """canaryMetadata and stableMetadata."""
    return {
        "canaryMetadata": {"labels": {"role": canary}, "annotations": {"role": "1"}},
        "stableMetadata": {"labels": {"role": stable}},
    }


@scenario
def test_pods_change_their_role_in_place_at_the_promotion(story: Story) -> None:
    story.given(steps=STOP, canary=by_role())
    story.then(roles={"v1 stable": 3})
    story.release("v2")
    story.until(phase="Paused", weight=30, roles={"v1 stable": 3, "v2 canary 1": 1})
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, roles={"v2 stable": 3}, pods={"v1": 0, "v2": 3})


@scenario
def test_pods_that_are_there_get_what_is_edited_and_lose_what_is_removed(story: Story) -> None:
    story.given(steps=STOP)
    pods = story.pods
    story.then(roles={"v1": 3})
    story.change(canary=by_role())
    story.until(roles={"v1 stable": 3})
    story.change(canary=by_role(stable="steady"))
    story.until(roles={"v1 steady": 3})
    story.change(canary={field: {"labels": {"tier": "web"}} for field in by_role()})
    story.until(roles={"v1": 3})
    story.then(phase="Healthy", revision=1)
    assert story.pods == pods


@scenario
def test_a_version_that_is_taken_back_and_comes_again_has_the_role_of_each_time(story: Story) -> None:
    story.given(steps=STOP, canary=by_role())
    story.release("v2")
    story.until(phase="Paused", roles={"v1 stable": 3, "v2 canary 1": 1})
    story.change("v1")
    story.until(phase="Healthy", sizes={"v1": 3, "v2": 0}, roles={"v1 stable": 3})
    story.change("v2")
    story.until(phase="Paused", weight=30, roles={"v1 stable": 3, "v2 canary 1": 1})


@scenario
def test_an_operator_that_was_down_at_the_edit_puts_it_right(story: Story) -> None:
    story.given(steps=STOP, canary=by_role())
    story.stage.kill_operator()
    story.change(canary=by_role(stable="steady"))
    story.stage.start_operator()
    story.until(roles={"v1 steady": 3}, phase="Healthy")


@scenario
def test_pods_are_written_once_for_a_role_and_never_looked_at_again(story: Story) -> None:
    story.given(steps=STOP, canary=by_role())
    story.change(canary=by_role(stable="steady"))
    story.until(roles={"v1 steady": 3})
    story.stays(3, roles={"v1 steady": 3})
    # The template, three pods, the mark; and a status for the new generation.
    story.budget(writes=7)


# Back on v1, its new pod and the weight that leaves v3 have nothing to do with each other.
@raced
def test_the_pods_of_a_new_version_keep_off_the_nodes_of_the_stable_one(story: Story) -> None:
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 7}}
    story.given(steps=STOP, canary={"antiAffinity": preferred})
    story.release("v2")
    story.until(phase="Paused", weight=30)
    assert apart(story) == {"v1": None, "v2": [7, [hash_of("v1")]]}
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, sizes={"v1": 0})
    story.change("v3")
    story.until(phase="Paused", revision=3, weight=30)
    assert apart(story)["v3"] == [7, [hash_of("v2")]]
    story.change("v1")
    # It was the first version, and keeps off the second one now.
    story.until(phase="Paused", revision=4, sizes={"v1": 1, "v3": 0})
    assert apart(story)["v1"] == [7, [hash_of("v2")]]


def apart(story: Story) -> dict[str, object]:
    """Of each version the weight with which it keeps off others, and whom."""
    return {_version(rs): _apart(rs["spec"]["template"]["spec"]) for rs in story.stage.all_of("ReplicaSet")}


def _version(replicaset: Raw) -> str:
    return str(replicaset["spec"]["template"]["spec"]["containers"][0]["image"]).partition(":")[2]


def _apart(pod: Raw) -> object:
    terms = ((pod.get("affinity") or {}).get("podAntiAffinity") or {}).get(
        "preferredDuringSchedulingIgnoredDuringExecution"
    )
    if not terms:
        return None
    (term,) = terms
    assert term["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
    return [term["weight"], term["podAffinityTerm"]["labelSelector"]["matchExpressions"][0]["values"]]


@scenario
def test_the_preview_and_the_active_version_have_roles_too(story: Story) -> None:
    roles = {f"{role}Metadata": {"labels": {"role": role}} for role in ("active", "preview")}
    story.given(strategy=m.blue_green(autoPromotionEnabled=False, **roles))
    story.then(roles={"v1 active": 3})
    story.release("v2")
    story.until(phase="Paused", roles={"v1 active": 3, "v2 preview": 3})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, roles={"v2 active": 3}, pods={"v1": 0, "v2": 3})
