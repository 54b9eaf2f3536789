"""A release as people write it, right in every detail: what the wrong manifests start from."""

from __future__ import annotations

import copy
from typing import Any

import yaml

_TEXT = """
rollout:
  apiVersion: tidegate.dev/v1alpha1
  kind: Rollout
  metadata: {name: shop}
  spec:
    replicas: 5
    selector:
      matchLabels: {app: shop}
    template:
      metadata:
        labels: {app: shop}
      spec:
        containers:
          - name: shop
            image: registry.example/shop:1.0
            ports: [{containerPort: 8080}]
            resources:
              limits: {cpu: 1, memory: 128Mi}
    strategy:
      canary:
        canaryService: shop-canary
        stableService: shop-stable
        trafficRouting:
          gatewayAPI:
            httpRoutes: [{name: shop}]
        analysis:
          templates: [{templateName: errors}]
          args: [{name: service, value: shop}]
          startingStep: 1
        steps:
          - setWeight: 20
          - pause: {duration: 10s}
          - analysis:
              templates: [{templateName: errors}]
              args: [{name: service, value: shop}]
          - setCanaryScale: {weight: 50}
          - setWeight: 50
          - pause: {}
stable:
  apiVersion: v1
  kind: Service
  metadata: {name: shop-stable}
  spec:
    selector: {app: shop}
    ports: [{port: 80, targetPort: 8080}]
canary:
  apiVersion: v1
  kind: Service
  metadata: {name: shop-canary}
  spec:
    selector: {app: shop}
    ports: [{port: 80, targetPort: 8080}]
route:
  apiVersion: gateway.networking.k8s.io/v1
  kind: HTTPRoute
  metadata: {name: shop}
  spec:
    parentRefs: [{name: gateway}]
    rules:
      - backendRefs:
          - {name: shop-stable, port: 80}
          - {name: shop-canary, port: 80}
template:
  apiVersion: tidegate.dev/v1alpha1
  kind: AnalysisTemplate
  metadata: {name: errors}
  spec:
    args: [{name: service}, {name: limit, value: "0.05"}]
    metrics:
      - name: error-rate
        interval: 5s
        count: 3
        successCondition: result[0] <= 0.05
        failureLimit: 1
        provider:
          prometheus:
            address: http://prometheus.monitoring:9090
            query: sum(rate(errors{service="{{args.service}}"}[1m]))
split:
  apiVersion: tidegate.dev/v1alpha1
  kind: TrafficSplit
  metadata: {name: hand-made}
  spec:
    routes: [{name: shop}]
    backends:
      - {service: shop-stable, weight: 9}
      - {service: shop-canary, weight: 1}
run:
  apiVersion: tidegate.dev/v1alpha1
  kind: AnalysisRun
  metadata: {name: by-hand}
  spec:
    metrics:
      - name: errors
        provider:
          prometheus: {query: 'sum(rate(errors_total[1m]))'}
"""

OURS = ("rollout", "template", "split", "run")
"""The objects of our own kinds."""


def good() -> dict[str, dict[str, Any]]:
    """All objects by a short name; each call gives fresh ones."""
    return copy.deepcopy(yaml.safe_load(_TEXT))


def as_text(objects: dict[str, dict[str, Any]]) -> str:
    """The objects as one file."""
    return yaml.safe_dump_all(objects.values(), sort_keys=False)
