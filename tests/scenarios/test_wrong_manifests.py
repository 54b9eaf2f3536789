"""Mistakes that only the operator can see, since it takes two objects to tell: a condition names them."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator

import pytest

from dev.cluster import RunningCluster
from dev.cluster.commands import kubectl
from dev.cluster.operator_access import EVERY_RIGHT, install_operator_access
from dev.operator_process import OperatorProcess
from tests.chart.operated import Operated
from tests.manifests.wrong import Seen, Wrong
from tests.manifests.wrong_others import WRONG_OTHERS

SECONDS = 20
OF_THEIR_OWN = ("split", "run")
"""Good objects that are no part of the Rollout: a split by hand would claim the Rollout's route."""
# What the condition says, where that is not in lint's words: (field, value, remedy).
IN_OTHER_WORDS = {
    "Service that is not there": ("canaryService", "shop-cnary", "create it"),
    "route that is not there": ("HTTPRoute", "shpo", "create it"),
    "rule that the route lacks": ("HTTPRoute shop", "main", "rule"),
    "template that is not there": ("strategy.canary.analysis", "erors", "create it"),
    "condition with one equals sign": ("successCondition", "'result[0] = 0.05'", "write =="),
    "condition that ends too early": ("successCondition", "'result[0] <='", "something is missing"),
    "condition with an unknown function": ("successCondition", "'avg'", "mean"),
    "argument that nobody gives": ("prometheus.query", "{{args.servcie}}", "give args servcie a value"),
    "argument in a condition that nobody gives": ("successCondition", "args.max", "add max to the args"),
    "template whose argument is not given": ("strategy.canary.analysis", "service", "analysis.args"),
    "field of a container with a typing error": ("spec.template.spec.containers[0].resource", "", "unknown field"),
    "port in quotes": ("containerPort", "", "int32"),
    "config that the template does not name": ("configRefs[0]", "setings", "correct it, or remove it"),
    "Service that selects other pods": ("Service shop-canary", "", "selector asks for labels"),
}


@pytest.fixture(scope="module")
def operator(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """The operator at work, with the chart's rights."""
    install_operator_access(cluster, settings=EVERY_RIGHT)
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    with OperatorProcess(cluster.operator_kubeconfig, log):
        yield cluster


@pytest.mark.parametrize("wrong", [w for w in WRONG_OTHERS if w.seen is Seen.OPERATOR], ids=lambda wrong: wrong.name)
def test_a_condition_names_field_value_and_remedy(operator: RunningCluster, wrong: Wrong) -> None:
    namespace = f"wrong-{zlib.crc32(wrong.name.encode())}"
    kubectl(operator.kubeconfig, "create", "namespace", namespace)
    place = Operated(operator, namespace)
    place.apply(raw for name, raw in wrong.objects().items() if name not in OF_THEIR_OWN)
    said = _told(place, IN_OTHER_WORDS.get(wrong.name, (wrong.field, wrong.value, wrong.remedy)))
    assert said == [], "the Rollout says: " + "\n".join(said)


def _told(place: Operated, parts: tuple[str, ...]) -> list[str]:
    """Nothing once a condition says all parts in one message; else what the conditions say in the end."""
    deadline = time.monotonic() + SECONDS
    said: list[str] = []
    while time.monotonic() < deadline:
        conditions = place.get("rollout", "shop").get("status", {}).get("conditions", [])
        said = [condition["message"] for condition in conditions if condition["message"]]
        if any(all(part in message for part in parts) for message in said):
            return []
        time.sleep(0.2)
    return said
