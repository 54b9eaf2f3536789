"""What only the operator would see in a webhook step: conditions that can't be read, facts that there are not."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.cli.linting.documents import Document
from tidegate.cli.linting.finding import Finding
from tidegate.cli.linting.references import parsed
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.release import ReleaseFacts
from tidegate.core.webhook.call import build_call

OWN = ("canary.images", "canary.weight", "revision", "step")
_FACTS = dict.fromkeys((*ReleaseFacts("", "", "", "", "", "", {}).arguments(), *OWN), "1")


def check(document: Document) -> Iterator[Finding]:
    """The webhooks of a Rollout. One that its schema refuses is not looked at."""
    spec = parsed(document) if document.kind == "Rollout" else None
    canary = spec.strategy.canary if spec is not None else None
    for index, step in enumerate(canary.steps if canary is not None else ()):
        if step.webhook is not None:
            try:
                build_call(step.webhook, _FACTS, "", 0)
            except AnalysisError as error:
                yield document.finding(("spec", "strategy", "canary", "steps", index, "webhook"), str(error))
