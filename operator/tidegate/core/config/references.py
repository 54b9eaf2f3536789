"""Where a pod template names ConfigMaps and Secrets, and the template with other names in these places.

Volumes, projected volumes, `envFrom` and the `valueFrom` of `env`, in every kind of container. What pulls images or
belongs to a service account is no config of the program, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tidegate.api.config import ConfigKind
from tidegate.core.config.views import Config

_VOLUMES = (("configMap", "name", ConfigKind.CONFIG_MAP), ("secret", "secretName", ConfigKind.SECRET))
_SOURCES = (("configMap", "name", ConfigKind.CONFIG_MAP), ("secret", "name", ConfigKind.SECRET))
_ENV_FROM = (("configMapRef", "name", ConfigKind.CONFIG_MAP), ("secretRef", "name", ConfigKind.SECRET))
_VALUE_FROM = (("configMapKeyRef", "name", ConfigKind.CONFIG_MAP), ("secretKeyRef", "name", ConfigKind.SECRET))
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(slots=True)
class _Place:
    """One place of a template that names a ConfigMap or a Secret."""

    config: Config
    optional: bool
    holder: dict[str, Any]
    field: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a template names; `optional` when pods start without it, wherever it is named."""

    config: Config
    optional: bool


def named(template: Mapping[str, Any]) -> tuple[Named, ...]:
    """Each ConfigMap and Secret once, in the order of the template."""
    found: dict[Config, bool] = {}
    for place in _places(template):
        found[place.config] = found.get(place.config, True) and place.optional
    return tuple(Named(config, optional) for config, optional in found.items())


def renamed(template: Mapping[str, Any], name_of: Callable[[Config], str]) -> dict[str, Any]:
    """The template that names others in their place. Nothing of `template` is changed."""
    result: dict[str, Any] = deepcopy(dict(template))
    for place in _places(result):
        place.holder[place.field] = name_of(place.config)
    return result


def _places(template: Mapping[str, Any]) -> Iterable[_Place]:
    """The template is the user's, and only the API server judges it: what has another shape is passed over."""
    pod = _object(template.get("spec"))
    for volume in _objects(pod.get("volumes")):
        yield from _refs(volume, _VOLUMES)
        for source in _objects(_object(volume.get("projected")).get("sources")):
            yield from _refs(source, _SOURCES)
    for container in (each for kind in _CONTAINERS for each in _objects(pod.get(kind))):
        for source in _objects(container.get("envFrom")):
            yield from _refs(source, _ENV_FROM)
        for variable in _objects(container.get("env")):
            yield from _refs(_object(variable.get("valueFrom")), _VALUE_FROM)


def _refs(parent: dict[str, Any], table: tuple[tuple[str, str, ConfigKind], ...]) -> Iterable[_Place]:
    for field, name_field, kind in table:
        holder = _object(parent.get(field))
        name = holder.get(name_field)
        if isinstance(name, str) and name:
            yield _Place(Config(kind, name), holder.get("optional") is True, holder, name_field)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
