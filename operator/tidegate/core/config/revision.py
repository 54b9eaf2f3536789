"""Which revision the user asks for, where config is part of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tidegate.api.config import ConfigKind
from tidegate.api.rollout import RolloutSpec
from tidegate.core.config.references import Named, named
from tidegate.core.config.views import Config, ConfigView
from tidegate.core.rollout.revision import content_hash
from tidegate.core.world import World

_VALUE_OF = {ConfigKind.CONFIG_MAP: "versionedConfig.configMaps", ConfigKind.SECRET: "versionedConfig.secrets"}


@dataclass(frozen=True, slots=True)
class Versioned:
    """The ConfigMaps and Secrets of the revision that the user asks for."""

    found: tuple[ConfigView, ...] = ()
    problem: str = ""
    """Which of them is missing and what to do: the revision can't be told then. Empty when it can."""
    settles_at: datetime | None = None
    """Until when what else changes is awaited: the revision is not taken up before."""

    @property
    def told(self) -> bool:
        """Whether the revision is known: else nothing is made for it."""
        return not self.problem and self.settles_at is None


UNVERSIONED = Versioned()
SETTLE = timedelta(seconds=3)
"""A tool that applies a ConfigMap and then the Rollout means one release. Times in objects have no fractions."""


def asked_of(spec: RolloutSpec) -> tuple[Named, ...]:
    """What is part of a revision: all that the template names, or what `configRefs` chooses of it."""
    if spec.template is None or not (spec.versioned_config or spec.config_refs):
        return ()
    everything = named(spec.pods.as_written())
    chosen = {Config(ref.kind, ref.name) for ref in spec.config_refs}
    return tuple(each for each in everything if spec.versioned_config or each.config in chosen)


def versioned(spec: RolloutSpec, world: World) -> Versioned:
    """What there is of it. One that is optional and not there is left out: pods start without it."""
    asked = asked_of(spec)
    problems = [*(f"configRefs[{index}]: {said}" for index, said in not_named(spec)), *_missing(asked, world)]
    found = (world.configs.get(each.config) for each in asked)
    return Versioned(tuple(view for view in found if view is not None), "; ".join(problems))


def pod_hash_of(template: Mapping[str, Any], config: Versioned) -> str:
    """The name of the revision; without config it is the hash of the template, as it ever was."""
    if not config.found:
        return content_hash(template)
    contents = {f"{view.config.kind}/{view.config.name}": view.content_hash for view in config.found}
    return content_hash({"template": template, "config": contents})


def settling(config: Versioned, now: datetime) -> Versioned:
    """The same, when some of it has only just changed. A clock that is far from ours holds nothing up."""
    times = [view.changed_at for view in config.found if view.changed_at is not None]
    latest = max(times, default=None)
    if latest is None or abs(now - latest) >= SETTLE:
        return config
    return replace(config, settles_at=latest + SETTLE)


def not_named(spec: RolloutSpec) -> Iterable[tuple[int, str]]:
    """Index and remedy of each configRef that the template does not name: it would be left out in silence."""
    there = {each.config for each in asked_of(spec)}
    for index, ref in enumerate(spec.config_refs):
        if Config(ref.kind, ref.name) not in there:
            yield index, f"the template names no {ref.kind} {ref.name}: correct it, or remove it"


def _missing(asked: Iterable[Named], world: World) -> Iterable[str]:
    for each in asked:
        if each.config.kind not in world.config_kinds:
            yield (
                f"{each.config}: the operator may not see {each.config.kind}s: install the chart with "
                f"{_VALUE_OF[each.config.kind]}=true, or name in configRefs what is to be part of a release"
            )
        elif each.config not in world.configs and not each.optional:
            yield f"{each.config}, which the template names, is not there: {_remedy(each.config, world)}"


def _remedy(config: Config, world: World) -> str:
    if config.kind is ConfigKind.SECRET and world.secrets_need_label:
        return 'create it with the label tidegate.dev/readable: "true", or add the label when it is there'
    return "create it"
