"""Ports inside the data plane's network namespace, which has all of them to itself, and the names of the gateway."""

from __future__ import annotations

API = 16443
XDS = 16001
CONTOUR_METRICS = 16002
CONTOUR_HEALTH = 16003
CONTOUR_DEBUG = 16004
ENVOY_STATS = 16005
PROMETHEUS = 19090
POD_METRICS = 19091
# Contour listens at the port of the Gateway's listener plus 8000. 18080 leaves 8080 to the pods.
GATEWAY_LISTENER = 10080
GATEWAY = 18080
# Where pods answer that do not say at which port they listen.
POD_DEFAULT = 8080

GATEWAY_NAMESPACE = "tidegate-demo"
GATEWAY_NAME = "gateway"
LOAD_SOCKET = "load.sock"
ENVOY_ADMIN_SOCKET = "envoy.sock"
