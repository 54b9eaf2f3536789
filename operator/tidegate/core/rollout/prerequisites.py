"""What a release needs before it takes a step: both Services, and analyses that can be made.

Looked at before the first step, not when the step is reached: a missing template is told when the manifest is
applied, not at 3 a.m. with 40 % of the traffic on the new version.
"""

from __future__ import annotations

from tidegate.api.location import field_path
from tidegate.core.analysis.release import AnalysisError, build_run
from tidegate.core.rollout import analysis
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.rollout.steps.webhook import webhook_facts
from tidegate.core.webhook.call import build_call


def missing(scene: Scene) -> Wait | None:
    """What keeps the release from its next step; None when it has all it needs."""
    config = missing_config(scene)
    if config is not None:
        return config
    service = missing_service(scene)
    if service is not None:
        return service
    return invalid_step(scene) if scene.stepping and scene.index == 0 else None


def not_begun(scene: Scene) -> bool:
    """The new version has no pods yet. Later, one whose pods serve is not taken away for a change of its steps."""
    return scene.stepping and scene.index == 0 and (scene.new is None or not scene.new.size)


def invalid_step(scene: Scene) -> Wait | None:
    """The first analysis or webhook that can't be made; None when all can."""
    problem = invalid_analysis(scene)
    if problem:
        return Wait("AnalysisInvalid", problem)
    problem = invalid_webhook(scene)
    return Wait("WebhookInvalid", problem) if problem else None


def missing_config(scene: Scene) -> Wait | None:
    """Without its config the revision can't be told, and without its copies no pod of it can start.

    A version that is taken back needs neither: going back waits for nothing.
    """
    if scene.status.abort:
        return None
    if scene.config.problem:
        return Wait("ConfigMissing", scene.config.problem)
    if scene.config.settles_at is not None:
        said = "its config has just changed: what else changes now is taken into the same release"
        return Wait("ConfigChanged", said, until=scene.config.settles_at)
    if scene.config.found and (scene.new is None or scene.new.awaits_copies):
        return Wait(
            "ConfigNotCopied", f"{len(scene.config.found)} ConfigMaps and Secrets are copied for {scene.new_name}"
        )
    return None


def missing_service(scene: Scene) -> Wait | None:
    """Without a Service nothing can be told of who answers, so nothing is moved."""
    strategy = scene.strategy
    stable, canary = strategy.service_fields
    named = ((strategy.canary_service, canary), (strategy.stable_service, stable))
    found = scene.world.services
    absent = [f"Service {n} ({field}) does not exist: create it" for n, field in named if n and n not in found]
    return Wait("ServiceNotFound", "; ".join(absent)) if absent else None


def invalid_analysis(scene: Scene) -> str:
    """Why one of the analyses can't be made; empty when all can."""
    for where, asked in scene.strategy.analyses():
        try:
            build_run(asked, scene.world.templates, analysis.release_facts(scene))
        except AnalysisError as error:
            return f"{field_path(where)}: {error}"
    return ""


def invalid_webhook(scene: Scene) -> str:
    """Why one of the calls can't be made; empty when all can."""
    for index, step in enumerate(scene.steps):
        if step.webhook is not None:
            try:
                build_call(step.webhook, webhook_facts(scene), "", 0)
            except AnalysisError as error:
                return f"{field_path((*scene.strategy.step_paths[index], 'webhook'))}: {error}"
    return ""
