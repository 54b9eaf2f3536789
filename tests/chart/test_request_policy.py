"""The chart's policy on a real API server: nobody asks for something on a Rollout in another's name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dev.cluster import RunningCluster, credentials
from dev.cluster.commands import CommandError, kubectl
from dev.cluster.operator_access import install_operator_access
from tests.bed.kube import eventually
from tests.manifests.good import good

NAMESPACE = "people"
REQUEST, BY, GROUPS = (f"tidegate.dev/{name}" for name in ("request", "requested-by", "requested-groups"))
OF_ALICE = {REQUEST: '{"id": "a1"}', BY: "alice", GROUPS: "team-a"}
OWN_NAME, OWN_GROUPS = "ask in your own name", 'names a group that "bob" is not in'
EVERYTHING = ("create", "rolebinding", "everybody", "--clusterrole=cluster-admin", "--group=system:authenticated")


class People:
    """What users do with Rollouts in one namespace."""

    def __init__(self, cluster: RunningCluster) -> None:
        self._cluster = cluster

    def kubectl(self, user: str, *arguments: str, text: str | None = None) -> str:
        """As a user; raises CommandError with the API server's refusal."""
        return kubectl(self._cluster.kubeconfig_of(user), f"--namespace={NAMESPACE}", *arguments, text=text)

    def patch(self, user: str, patch: Any, *how: str, name: str = "shop") -> str:
        """A merge patch; by default the API server only says what it would do."""
        body = json.dumps(patch)
        return self.kubectl(user, "patch", "rollout.tidegate.dev", name, "--type=merge", f"--patch={body}", *how)

    def notes(self, name: str = "shop") -> dict[str, str]:
        """The annotations about requests."""
        raw = json.loads(self.kubectl("admin", "get", "rollout.tidegate.dev", name, "--output=json"))
        return {key: value for key, value in raw["metadata"].get("annotations", {}).items() if "/request" in key}


def manifest(name: str = "shop", notes: dict[str, str] | None = None) -> str:
    rollout = good()["rollout"]
    rollout["metadata"] = {"name": name, "annotations": notes or {}}
    return yaml.safe_dump(rollout)


def annotated(**notes: str | None) -> dict[str, Any]:
    keys = {"request": REQUEST, "by": BY, "groups": GROUPS}
    return {"metadata": {"annotations": {keys[name]: value for name, value in notes.items()}}}


@pytest.fixture(scope="module")
def people(cluster: RunningCluster) -> Iterator[People]:
    """Alice has asked for something; everybody may do everything, but for the policy."""
    install_operator_access(cluster)
    people = People(cluster)
    kubectl(cluster.kubeconfig, "create", "namespace", NAMESPACE)
    people.kubectl("admin", *EVERYTHING)
    people.kubectl("admin", "apply", "-f", "-", text=manifest())
    eventually(lambda: _refused(people, "alice", annotated(request="{}", by="bob")), "the policy is in force")
    people.patch("alice", {"metadata": {"annotations": OF_ALICE}})
    yield people
    kubectl(cluster.kubeconfig, "delete", "namespace", NAMESPACE, "--wait=false")


def _refused(people: People, user: str, patch: Any) -> bool:
    try:
        people.patch(user, patch, "--dry-run=server")
    except CommandError as error:
        return "ask in your own name" in str(error)
    return False


@pytest.mark.parametrize(
    ("user", "patch", "refusal"),
    [
        pytest.param("bob", annotated(request="{}", by="alice", groups="team-a"), OWN_NAME, id="in another's name"),
        pytest.param("bob", annotated(request='{"id": "b1"}'), OWN_NAME, id="another's request is changed"),
        pytest.param("bob", annotated(by=None), OWN_NAME, id="another's name is taken away"),
        pytest.param("bob", annotated(groups=None), OWN_NAME, id="another's groups are taken away"),
        pytest.param("bob", annotated(groups="team-a\nteam-b"), OWN_NAME, id="another's groups are changed"),
        pytest.param("bob", annotated(request="{}", by="bob"), OWN_GROUPS, id="with the groups of another"),
        pytest.param("bob", annotated(request="{}", by="bob", groups="team-b\nteam-a"), OWN_GROUPS, id="one of two"),
        pytest.param("bob", annotated(request="{}", by="bob", groups="team-b,team-a"), OWN_GROUPS, id="no list"),
        pytest.param("bob", annotated(request="{}", by="", groups=""), OWN_NAME, id="in nobody's name"),
        pytest.param("bob", annotated(request="{}", by="bob", groups="team-b"), "", id="in one's own name"),
        pytest.param("bob", annotated(request="{}", by="bob", groups=None), "", id="without groups"),
        pytest.param("bob", annotated(request=None, by=None, groups=None), "", id="all is taken away"),
        pytest.param("alice", annotated(request='{"id": "a2"}'), "", id="one's own is changed"),
        pytest.param("bob", {"metadata": {"labels": {"team": "b"}}}, "", id="something else is changed"),
        pytest.param("bob", {"spec": {"replicas": 2}}, "", id="the spec is changed"),
    ],
)
def test_who_may_change_a_request(people: People, user: str, patch: Any, refusal: str) -> None:
    if not refusal:
        people.patch(user, patch, "--dry-run=server")
        return
    with pytest.raises(CommandError, match=refusal):
        people.patch(user, patch, "--dry-run=server")


def test_a_rollout_is_not_created_with_anothers_request(people: People) -> None:
    create = ("create", "--dry-run=server", "-f", "-")
    with pytest.raises(CommandError, match=OWN_NAME):
        people.kubectl("bob", *create, text=manifest("new", OF_ALICE))
    people.kubectl("bob", *create, text=manifest("new"))
    people.kubectl("bob", *create, text=manifest("new", {REQUEST: "{}", BY: "bob"}))


def test_a_request_stands_through_what_others_do_to_the_rollout(people: People) -> None:
    people.kubectl("bob", "apply", "-f", "-", text=manifest())
    people.kubectl("bob", "apply", "--server-side", "--force-conflicts", "-f", "-", text=manifest())
    people.kubectl("bob", "scale", "rollout.tidegate.dev", "shop", "--replicas=4")
    people.patch(credentials.OPERATOR, {"status": {"phase": "Paused"}}, "--subresource=status")
    assert people.notes() == OF_ALICE


def test_no_request_comes_in_through_a_subresource(people: People) -> None:
    forged = {**annotated(request='{"id": "b1"}', by="alice"), "status": {"phase": "Healthy"}}
    people.patch("bob", forged, "--subresource=status")
    assert people.notes() == OF_ALICE


def test_whoever_replaces_the_manifest_takes_the_request_away_and_nobody_else_brings_it_back(people: People) -> None:
    people.kubectl("bob", "create", "-f", "-", text=manifest("other"))
    people.patch("alice", {"metadata": {"annotations": OF_ALICE}}, name="other")
    people.kubectl("bob", "replace", "-f", "-", text=manifest("other"))
    assert people.notes("other") == {}
    with pytest.raises(CommandError, match=OWN_NAME):
        people.patch("bob", {"metadata": {"annotations": OF_ALICE}}, name="other")
