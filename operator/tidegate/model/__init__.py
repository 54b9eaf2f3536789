"""A Kubernetes cluster in memory and in virtual time, with the operator's own decisions in it.

Knows nothing of tests: it also answers what a release would do before it is begun.
"""

from tidegate.model.cluster import Cluster

__all__ = ["Cluster"]
