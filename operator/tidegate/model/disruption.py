"""PodDisruptionBudgets, as the API server holds an eviction to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from tidegate.model.api import ApiServer
from tidegate.model.objects import Raw

KIND = "PodDisruptionBudget"
Labels = Mapping[str, str]


def refusal(api: ApiServer, labels: Labels, ready: bool, pods: Sequence[tuple[Labels, bool]]) -> str:  # noqa: FBT001
    """Why a pod with these labels can't be evicted now; empty when it can.

    `pods` are the labels of those that are there, and whether each is ready. How many there should be is how many
    there are: the ReplicaSets' controller replaces what is missing before anybody counts.
    """
    budgets = [budget for budget in api.list(KIND) if _selects(budget, labels)]
    if len(budgets) > 1:
        return "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    return next((why for budget in budgets if (why := _refusal(budget, ready, pods))), "")


def _refusal(budget: Raw, ready: bool, pods: Sequence[tuple[Labels, bool]]) -> str:  # noqa: FBT001
    chosen = [answers for labels, answers in pods if _selects(budget, labels)]
    healthy, needed = sum(chosen), _needed(budget["spec"], len(chosen))
    if healthy - ready >= needed:
        return ""
    name = budget["metadata"]["name"]
    return f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"


def _needed(spec: Raw, expected: int) -> int:
    if "maxUnavailable" in spec:
        return max(expected - _resolved(spec["maxUnavailable"], expected), 0)
    return _resolved(spec["minAvailable"], expected)


def _resolved(bound: Any, pods: int) -> int:
    text = str(bound)
    return ceil(pods * int(text[:-1]) / 100) if text.endswith("%") else int(text)


def _selects(budget: Raw, labels: Labels) -> bool:
    wanted: Labels = budget["spec"]["selector"].get("matchLabels") or {}
    return wanted.items() <= labels.items()
