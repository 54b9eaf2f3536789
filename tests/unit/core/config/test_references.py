"""Where a template names ConfigMaps and Secrets, and what it becomes with other names."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tidegate.api.config import ConfigKind
from tidegate.core.config.references import Named, named, renamed
from tidegate.core.config.views import Config

MAP, SECRET = Config(ConfigKind.CONFIG_MAP, "settings"), Config(ConfigKind.SECRET, "token")


def template(**pod: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}], **pod}}


def container(**fields: Any) -> dict[str, Any]:
    return template(containers=[{"name": "web", "image": "web:1", **fields}])


PLACES = [
    pytest.param(template(volumes=[{"name": "v", "configMap": {"name": "settings"}}]), MAP, id="a volume"),
    pytest.param(template(volumes=[{"name": "v", "secret": {"secretName": "token"}}]), SECRET, id="a secret volume"),
    pytest.param(
        template(volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]),
        MAP,
        id="a projected volume",
    ),
    pytest.param(
        template(volumes=[{"name": "v", "projected": {"sources": [{"secret": {"name": "token"}}]}}]),
        SECRET,
        id="a projected secret",
    ),
    pytest.param(container(envFrom=[{"configMapRef": {"name": "settings"}}]), MAP, id="envFrom"),
    pytest.param(container(envFrom=[{"secretRef": {"name": "token"}}]), SECRET, id="envFrom of a secret"),
    pytest.param(
        container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]),
        MAP,
        id="valueFrom",
    ),
    pytest.param(
        container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "token", "key": "a"}}}]),
        SECRET,
        id="valueFrom of a secret",
    ),
    pytest.param(
        template(initContainers=[{"name": "i", "envFrom": [{"configMapRef": {"name": "settings"}}]}]),
        MAP,
        id="an init container",
    ),
]


@pytest.mark.parametrize(("written", "config"), PLACES)
def test_each_place_is_found_and_gets_the_other_name(written: dict[str, Any], config: Config) -> None:
    assert named(written) == (Named(config, optional=False),)
    before = deepcopy(written)
    after = renamed(written, lambda each: f"{each.name}-2")
    assert named(after) == (Named(Config(config.kind, f"{config.name}-2"), optional=False),)
    assert written == before
    assert renamed(after, lambda each: each.name.removesuffix("-2")) == before, "nothing else is changed"


@pytest.mark.parametrize(
    ("optional", "everywhere"),
    [((True, True), True), ((True, False), False), ((False, True), False)],
)
def test_what_is_needed_in_one_place_is_needed(optional: tuple[bool, bool], everywhere: bool) -> None:
    sources = [{"configMapRef": {"name": "settings", "optional": each}} for each in optional]
    assert named(container(envFrom=sources)) == (Named(MAP, optional=everywhere),)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(template(imagePullSecrets=[{"name": "registry"}]), id="what pulls images"),
        pytest.param(template(serviceAccountName="web"), id="the service account"),
        pytest.param(
            container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]), id="fields"
        ),
        pytest.param(template(volumes=[{"name": "v", "emptyDir": {}}]), id="other volumes"),
        pytest.param(template(volumes={"name": "v"}), id="volumes that are no list"),
        pytest.param(template(volumes=["v", {"configMap": "settings"}]), id="volumes of another shape"),
        pytest.param(container(envFrom=[{"configMapRef": {"name": 7}}, {"secretRef": {}}]), id="names that are none"),
        pytest.param({"metadata": {}, "spec": None}, id="no pod"),
    ],
)
def test_all_else_is_no_config_and_is_left_as_it_is(written: dict[str, Any]) -> None:
    assert named(written) == ()
    assert renamed(written, lambda each: f"{each.name}-2") == written
