"""Config as part of a release: another ConfigMap is a release, and going back brings the old one."""

from __future__ import annotations

from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.stages.stage import Raw
from tests.scenarios.story import Story

STOP = [m.weight(30), m.pause(), m.weight(60)]


def given_config(story: Story, *kinds: str, **manifest: Any) -> None:
    """Version v1 serves with the setting `old`."""
    story.prepare()
    story.stage.apply(m.config("old"))
    story.stage.apply(m.secret("s3cret"))
    story.change(steps=STOP, versionedConfig=True, container=m.reading(*(kinds or ("ConfigMap",))), **manifest)
    story.until(phase="Healthy", pods={"v1": 3}, settings={"old": 3})
    story.begin_budget()


@scenario
def test_another_config_alone_is_a_release_and_promoting_it_makes_it_the_stable_one(story: Story) -> None:
    given_config(story)
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", revision=2, weight=30, settings={"old": 3, "new": 1})
    story.ask("promote", step=1)
    story.until(phase="Healthy", weight=0, settings={"old": 0, "new": 3}, outcomes=["Promoted", "Promoted"])
    # Two more than a release of an image: the copy, and the write that gives the pods their number once it is there.
    story.budget(writes=30)


@scenario
def test_going_back_brings_the_old_config_with_the_pods_that_never_lost_it(story: Story) -> None:
    given_config(story)
    before = story.pods
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", settings={"old": 3, "new": 1})
    story.ask("abort")
    story.until(phase="Degraded", weight=0, settings={"old": 3, "new": 0})
    assert before <= story.pods
    story.stage.apply(m.config("old"))
    story.until(
        phase="Healthy", revision=3, settings={"old": 3, "new": 0}, outcomes=["Promoted", "Aborted"], pods={"v1": 3}
    )
    assert before == story.pods


@scenario
def test_a_config_that_is_missing_holds_the_release_and_says_so(story: Story) -> None:
    story.given(steps=STOP)
    story.change(versionedConfig=True, container=m.reading("ConfigMap"))
    story.until(phase="Degraded", waiting="ConfigMissing", conditions={"Stalled": True, "Ready": False})
    story.then(revision=1, versions=["v1"], weight=0)
    assert "ConfigMap web-config" in story.status["message"]
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", revision=2, weight=30, settings={"new": 1})


@scenario
def test_a_config_that_goes_away_takes_no_pod_along(story: Story) -> None:
    given_config(story)
    story.stage.delete("ConfigMap", m.CONFIG)
    story.until(phase="Degraded", waiting="ConfigMissing")
    story.then(settings={"old": 3}, pods={"v1": 3})
    story.stage.apply(m.config("old"))
    story.until(phase="Healthy", revision=1, pods={"v1": 3}, settings={"old": 3})


@scenario
def test_an_optional_config_that_is_missing_is_left_until_it_comes(story: Story) -> None:
    story.given(steps=STOP, versionedConfig=True, container=m.reading("ConfigMap", optional=True))
    story.then(phase="Healthy", settings={})
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", revision=2, weight=30)


@scenario
def test_a_secret_is_a_release_too_and_its_copy_is_as_secret_as_it_was(story: Story) -> None:
    given_config(story, "ConfigMap", "Secret")
    story.stage.apply(m.secret("other"))
    story.until(phase="Paused", revision=2, weight=30)
    copies = [each for each in story.stage.all_of("Secret") if each["metadata"]["name"] != m.CONFIG]
    assert [each["immutable"] for each in copies] == [True, True]
    assert {each["data"]["TOKEN"] for each in copies} == {
        m.secret(value)["data"]["TOKEN"] for value in ("s3cret", "other")
    }
    assert not any("s3cret" in str(change.object) for change in story.stage.changes())
    assert not any("tidegate.dev/readable" in (each["metadata"].get("labels") or {}) for each in copies)


@scenario
def test_a_secret_without_the_label_is_not_looked_at(story: Story) -> None:
    story.prepare()
    story.stage.apply(m.secret("s3cret", readable=False))
    story.change(versionedConfig=True, container=m.reading("Secret"))
    story.until(waiting="ConfigMissing")
    assert 'label tidegate.dev/readable: "true"' in story.status["message"]
    story.then(versions=[])
    story.stage.apply(m.secret("s3cret"))
    story.until(phase="Healthy", pods={"v1": 3})


@scenario
def test_what_config_refs_name_is_part_of_a_release_and_nothing_else(story: Story) -> None:
    story.prepare()
    story.stage.apply(m.config("old"))
    story.stage.apply(m.secret("s3cret"))
    refs = [{"kind": "ConfigMap", "name": m.CONFIG}]
    story.change(steps=STOP, configRefs=refs, container=m.reading("ConfigMap", "Secret"))
    story.until(phase="Healthy", pods={"v1": 3}, settings={"old": 3})
    story.stage.apply(m.secret("other"))
    story.stays(1, phase="Healthy", revision=1)
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", revision=2, settings={"new": 1})


@scenario
def test_copies_go_with_their_version(story: Story) -> None:
    given_config(story, revisionHistoryLimit=0)
    story.stage.apply(m.config("new"))
    story.until(phase="Paused", settings={"new": 1})
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, settings={"new": 3})
    story.stage.until(lambda: copies_of(story) == ["new"], lambda: str(copies_of(story)))


@scenario
def test_an_operator_that_is_killed_between_two_writes_makes_every_copy_once(story: Story) -> None:
    given_config(story, "ConfigMap", "Secret")
    story.stage.kill_operator()
    story.stage.apply(m.config("new"))
    story.stage.apply(m.secret("other"))
    story.stage.start_operator()
    story.until(phase="Paused", revision=2, weight=30, settings={"old": 3, "new": 1})
    assert sorted(copies_of(story)) == ["new", "old"]


def copies_of(story: Story) -> list[str]:
    """What stands in the copies of the ConfigMap."""
    return [each["data"]["SETTING"] for each in story.stage.all_of("ConfigMap") if _is_copy(each)]


def _is_copy(each: Raw) -> bool:
    return bool(each["metadata"].get("ownerReferences"))


@scenario
def test_a_config_and_an_image_that_are_applied_one_after_the_other_are_one_release(story: Story) -> None:
    given_config(story)
    story.stage.apply(m.config("new"))
    story.until(waiting="ConfigChanged", phase="Progressing", conditions={"Ready": False})
    story.change("v2")
    story.until(phase="Paused", revision=2, settings={"old": 3, "new": 1}, sizes={"v1": 3, "v2": 1})
    story.then(outcomes=["Promoted", None])
