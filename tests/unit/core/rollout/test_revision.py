"""Which version is which: hashes that no release of the operator may ever change, and the names made of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.rollout.making import template
from tidegate.api.template import PodTemplate
from tidegate.core.rollout.revision import canonical_json, content_hash, labelled, replicaset_name

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RICH = {
    "metadata": {"labels": {"app": "web", "tier": "front"}, "annotations": {"note": "größer ≥ 1"}},
    "spec": {
        "containers": [
            {"name": "web", "image": "web:1", "ports": [{"containerPort": 8080}], "env": [{"name": "A", "value": ""}]},
            {"name": "log", "image": "log:1", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}},
        ],
        "terminationGracePeriodSeconds": 5,
        "hostNetwork": False,
    },
}


@pytest.mark.parametrize(
    ("value", "golden"),
    [
        pytest.param(template("web:1"), "2zwrf7nf6s", id="a template"),
        pytest.param(template("web:2"), "lknxjjm2tc", id="another image"),
        pytest.param(RICH, "qs6gr8gg9w", id="a template with all kinds of values"),
        pytest.param([{"setWeight": 20}, {"pause": {}}], "9k55zmm26m", id="steps"),
        pytest.param({}, "67dns75th6", id="nothing in it"),
        pytest.param([1, "é"], "j4f9fmjnjd", id="letters beyond ASCII"),
        pytest.param("", "vn682m76dm", id="an empty text"),
    ],
)
def test_an_upgrade_of_the_operator_must_not_change_these(value: object, golden: str) -> None:
    assert content_hash(value) == golden


def test_a_model_of_the_template_has_the_hash_of_what_was_written() -> None:
    """A default that a model adds, now or in a later release, must not reach the hash."""
    written = PodTemplate.model_validate(RICH).as_written()
    assert written == RICH
    assert PodTemplate.model_validate(template("web:1")).as_written() == template("web:1")


def turned(value: Any) -> Any:
    """The same value with its keys in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@given(JSON)
def test_the_order_of_keys_says_nothing(value: Any) -> None:
    assert content_hash(turned(value)) == content_hash(value)


@given(JSON, JSON)
def test_other_values_have_other_hashes(one: Any, other: Any) -> None:
    assert (content_hash(one) == content_hash(other)) == (canonical_json(one) == canonical_json(other))


@given(JSON)
def test_a_hash_is_a_label_and_part_of_a_name(value: Any) -> None:
    assert len(content_hash(value)) == 10
    assert set(content_hash(value)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_the_order_of_a_list_does_say_something() -> None:
    assert content_hash([1, 2]) != content_hash([2, 1])


def test_canonical_json_has_sorted_keys_no_spaces_and_letters_as_they_are() -> None:
    assert canonical_json({"b": [1, None], "a": {"ü": True}}) == '{"a":{"ü":true},"b":[1,null]}'


@pytest.mark.parametrize(
    ("rollout", "name"),
    [
        pytest.param("web", "web-2zwrf7nf6s", id="rollout and hash"),
        pytest.param("w" * 235, "w" * 235 + "-2zwrf7nf6s", id="as long as may be"),
        pytest.param("w" * 236, "w" * 235 + "-2zwrf7nf6s", id="cut, with room for the six characters of a pod's name"),
    ],
)
def test_a_replicaset_is_named_after_rollout_and_hash(rollout: str, name: str) -> None:
    assert replicaset_name(rollout, "2zwrf7nf6s") == name
    assert len(name) + 6 <= 253


def test_the_label_is_added_and_all_else_stays_as_it_was_written() -> None:
    before = template("web:1")
    labels = {"app": "web", "tidegate.dev/pod-template-hash": "abc"}
    expected = {"metadata": {"labels": labels}, "spec": before["spec"]}
    assert labelled(before, "tidegate.dev/pod-template-hash", "abc") == expected
    assert before == template("web:1")


def test_a_template_without_metadata_gets_its_label() -> None:
    assert labelled({"spec": {}}, "a/b", "c") == {"spec": {}, "metadata": {"labels": {"a/b": "c"}}}
