"""The bed shows what users of a cluster would see: every loss, and none where nothing was done wrong."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from signal import Signals

import pytest
from kubernetes import client

from dev.cluster import Cluster, RunningCluster
from dev.cluster.parts import NoSuchPartError
from tests.bed import kube
from tests.bed.two_versions import service, two_versions

RATE = 200


def test_requests_are_shared_out_by_weight(bed: RunningCluster) -> None:
    with two_versions(bed, old=75, new=25) as scene:
        with bed.load(scene.host, RATE) as load:
            load.until(lambda seen: seen.answered > 800, "800 answers")
        seen = load.result()
        assert seen.failed == 0
        assert seen.sent == seen.answered == seen.count("v1") + seen.count("v2")
        # 4 standard deviations of 800 draws at 25 %.
        assert seen.count("v2") / seen.answered == pytest.approx(0.25, abs=0.0612)


def test_many_changes_of_weight_lose_nothing(bed: RunningCluster) -> None:
    with two_versions(bed, old=100, new=0) as scene:
        with bed.load(scene.host, RATE) as load:
            for new in [*range(0, 101, 10), 0, 100, *range(90, -1, -10)]:
                scene.weigh(old=100 - new, new=new)
            changed = load.snapshot().answered
            load.until(lambda seen: seen.answered > changed + RATE, "a second of answers after the last change")
        seen = load.result()
        assert (seen.failed, seen.answered) == (0, seen.sent)
        assert seen.count("v2") > 0


def test_pods_that_go_after_their_weight_lose_nothing(bed: RunningCluster) -> None:
    with two_versions(bed, old=50, new=50) as scene:
        with bed.load(scene.host, RATE) as load:
            load.until(lambda seen: seen.count("v2") > 50, "the new version answers")
            scene.weigh(old=100, new=0)
            scene.scale("new", 0)
            kube.eventually(lambda: not scene.pods("new"), "the pods of the new version are gone")
        seen = load.result()
        assert (seen.failed, seen.answered) == (0, seen.sent)


def test_pods_that_are_replaced_one_by_one_lose_nothing(bed: RunningCluster) -> None:
    with two_versions(bed, old=100, new=0) as scene:
        first = {pod.metadata.name for pod in scene.pods("old")}
        with bed.load(scene.host, RATE) as load:
            annotations = {"metadata": {"annotations": {"restarted": "once"}}}
            client.AppsV1Api(scene.admin).patch_namespaced_deployment(
                "old", scene.namespace, {"spec": {"template": annotations}}
            )
            replaced = lambda: not first & {pod.metadata.name for pod in scene.pods("old")}  # noqa: E731
            kube.eventually(replaced, "both pods were replaced")
        assert load.result().failed == 0


def test_a_weight_left_on_pods_that_go_is_seen_as_failures(bed: RunningCluster) -> None:
    with two_versions(bed, old=50, new=50) as scene:
        with bed.load(scene.host, RATE) as load:
            scene.scale("new", 0)
            load.until(lambda seen: seen.failed > RATE, "failures, with half of the weight on nobody")
        seen = load.result()
        assert seen.versions["v1"].failed == 0
        assert {failure.version for failure in seen.failures} == {""}


def test_a_scale_down_before_the_traffic_left_is_seen_as_failures(bed: RunningCluster) -> None:
    with two_versions(bed, old=0, new=100) as scene:
        with bed.load(scene.host, RATE) as load:
            scene.scale("new", 0)
            load.until(lambda seen: seen.failed > 0, "failures between the scale-down and the change of weight")
            scene.weigh(old=100, new=0)
            load.until(lambda seen: seen.count("v1") > RATE, "the old version answers")
        seen = load.result()
        assert max(failure.at for failure in seen.failures) < seen.ended - 0.5, "the failures came to an end"


def test_an_address_without_a_pod_loses_every_request(bed: RunningCluster) -> None:
    with two_versions(bed, old=100, new=0) as scene:
        core, slices = client.CoreV1Api(scene.admin), client.DiscoveryV1Api(scene.admin)
        core.delete_namespaced_service("new", scene.namespace)
        lone = service("new")
        del lone["spec"]["selector"]
        core.create_namespaced_service(scene.namespace, lone)
        slices.create_namespaced_endpoint_slice(scene.namespace, _nobody())
        scene.weigh(old=0, new=100)
        with bed.load(scene.host, RATE, seconds=2) as load:
            seen = load.result()
        assert seen.failed == seen.answered > 0
        assert {failure.status for failure in seen.failures} == {503}


def test_a_pod_answers_as_its_template_says_and_prometheus_sees_it(bed: RunningCluster) -> None:
    env = {"ERROR_RATE": "0.5", "LATENCY_MS": "30"}
    with two_versions(bed, old=50, new=50, new_env=env) as scene:
        with bed.load(scene.host, RATE) as load:
            load.until(lambda seen: seen.count("v2") > 300, "300 answers of the new version")
            errors = f'sum(rate(http_requests_total{{namespace="{scene.namespace}",version="v2",code="500"}}[5s]))'
            kube.eventually(lambda: _query(bed, errors) > 0, "Prometheus counts errors of the new version")
            old = f'sum(http_requests_total{{namespace="{scene.namespace}",version="v1",code="500"}})'
            assert _query(bed, old) == 0
        seen = load.result()
        new = seen.versions["v2"]
        assert new.failed / new.answered == pytest.approx(0.5, abs=0.12)
        assert new.latency / new.answered > 0.030
        assert new.first_failure is not None
        assert new.first_answer <= new.first_failure <= new.last_answer
        assert seen.versions["v1"].failed == 0


def test_a_gateway_controller_that_dies_and_comes_back_loses_nothing(bed: RunningCluster) -> None:
    with two_versions(bed, old=100, new=0) as scene:
        with bed.load(scene.host, RATE) as load:
            bed.signal("contour", Signals.SIGKILL)
            scene.weigh(old=0, new=100)
            load.until(lambda seen: seen.count("v2") > RATE, "the new version answers, once Contour is back")
        seen = load.result()
        assert (seen.failed, seen.answered) == (0, seen.sent)


def test_a_prometheus_that_hangs_goes_on_when_it_is_told(bed: RunningCluster) -> None:
    bed.signal("prometheus", Signals.SIGSTOP)
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{bed.prometheus_url}/-/ready", timeout=0.5)
    bed.signal("prometheus", Signals.SIGCONT)
    with urllib.request.urlopen(f"{bed.prometheus_url}/-/ready", timeout=10) as answer:
        assert answer.status == 200


def test_a_part_that_is_not_there_is_named(bed: RunningCluster) -> None:
    with pytest.raises(NoSuchPartError, match=r"istio does not run; these do: contour, .*prometheus"):
        bed.signal("istio", Signals.SIGKILL)


def test_a_load_out_of_bounds_is_refused(bed: RunningCluster) -> None:
    with pytest.raises(ValueError, match="rate is 1000000"):
        bed.load("demo.example.com", rate=1_000_000)


def test_two_data_planes_at_once_know_nothing_of_each_other(bed: RunningCluster) -> None:
    with two_versions(bed, old=100, new=0) as scene, Cluster(dataplane=True) as other:
        assert kube.answers(bed, scene.host)
        assert not kube.answers(other, scene.host)


def _nobody() -> dict[str, object]:
    return {
        "metadata": {"name": "nobody", "labels": {"kubernetes.io/service-name": "new"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.200.0.1"], "conditions": {"ready": True}}],
        "ports": [{"port": 8080, "protocol": "TCP", "name": ""}],
    }


def _query(bed: RunningCluster, query: str) -> float:
    """The value of a query, 0 where it has none."""
    url = f"{bed.prometheus_url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url) as answer:
        found = json.load(answer)["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0
