"""Children belong to their Rollout, and do not keep it from being deleted."""

from __future__ import annotations

from tests.unit.core.rollout.making import meta
from tidegate.core.rollout.ownership import owner_reference


def test_the_owner_is_the_rollout_by_uid_and_its_deletion_is_never_held_up() -> None:
    assert owner_reference(meta("web", uid="4711")) == {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "name": "web",
        "uid": "4711",
        "controller": True,
        "blockOwnerDeletion": False,
    }
