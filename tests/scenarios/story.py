"""The language of the stories: what is given, what somebody does, what is then so. The same on every stage.

    story.given(steps=[m.weight(20), m.pause()])     version v1 serves
    story.release("v2")                              somebody changes the manifest
    story.until(phase="Paused", weight=20)           time passes until it is so
    story.then(sizes={"v1": 3, "v2": 1})             and this is so by then

What `until` and `then` take are the facts of `facts`; of a fact with names in it, those that are named.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.facts import facts_of, holds, version_of, weight_of
from tests.scenarios.stages.stage import Raw, Stage
from tidegate.core.rollout.revision import content_hash

GOOD, UNCLEAR, BAD = 0.01, 0.07, 0.5
"""Shares of errors that pass, decide nothing, and fail, by the template of the manifests."""
NEITHER = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}
"""Nobody waits for the default half minute."""


class Story:
    """One Rollout with what stands around it, and what is done to it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._version, self._replicas = "v1", 3
        self._steps: list[m.Manifest] = []
        self._canary: dict[str, Any] = {}
        self._spec: dict[str, Any] = {}
        self._requests = 0
        self._mark = 0

    # Given

    def prepare(self, *, services: bool = True, route: bool = True) -> None:
        """What stands around a Rollout."""
        self.stage.apply(m.template(address=self.stage.prometheus_address))
        for service in m.services() if services else ():
            self.stage.apply(service)
        if route:
            self.stage.apply(m.route())

    def given(self, **manifest: Any) -> None:
        """Version v1 serves, and nothing is left to be done. `manifest` is that of `change`."""
        self.prepare()
        self.change(**manifest)
        self.until(phase="Healthy", pods={"v1": self._replicas})
        self.begin_budget()

    def begin_budget(self) -> None:
        """What the operator writes from here on counts."""
        self._mark = self.stage.mark()

    # When

    def change(
        self,
        version: str | None = None,
        *,
        replicas: int | None = None,
        steps: list[m.Manifest] | None = None,
        canary: Raw | None = None,
        **spec: Any,
    ) -> None:
        """Somebody edits the manifest and applies it; what is not named stays as it was."""
        self._version = version or self._version
        self._replicas = self._replicas if replicas is None else replicas
        self._steps = self._steps if steps is None else steps
        self._canary |= canary or {}
        self._spec |= spec
        self.stage.apply(self.manifest)

    def scale(self, replicas: int) -> None:
        """An autoscaler sets the size of the whole service."""
        self._replicas = replicas
        self.stage.scale(replicas)

    @property
    def manifest(self) -> Raw:
        """The Rollout as its author has it."""
        return m.rollout(self._version, self._steps, self._replicas, {**NEITHER, **self._canary}, **self._spec)

    def release(self, version: str, *, errors: float | None = GOOD) -> None:
        """A new version, of whose answers this share is errors; None: Prometheus knows nothing of it."""
        self.errors(version, errors)
        self.change(version)

    def errors(self, version: str, share: float | None) -> None:
        """What Prometheus says of a version from now on."""
        self.stage.measured(hash_of(version), *(() if share is None else (share,)))

    def look(self, count: int) -> None:
        """From now on an analysis takes so many measurements, a second apart."""
        self.stage.apply(m.template(count=count, address=self.stage.prometheus_address))

    def ask(
        self,
        action: str,
        *,
        step: int | None = None,
        revision: int | None = None,
        by: str = "ann",
        group: str = "",
    ) -> Raw:
        """Somebody asks for something; the answer."""
        asked = self._asked(action, step, revision)
        assert not self.stage.ask(json.dumps(asked), by, group)
        self.stage.until(lambda: self._answer.get("id") == asked["id"], lambda: f"no answer to {asked}")
        return self._answer

    def forge(self, action: str, *, step: int, by: str, writer: str) -> str:
        """The same, in the name of somebody else: why it is refused."""
        refusal = ""

        def refused() -> bool:
            nonlocal refusal
            refusal = self.stage.ask(json.dumps(self._asked(action, step, None)), by, writer=writer)
            return bool(refusal)

        # A policy takes a moment to be in force everywhere.
        self.stage.until(refused, lambda: f"{writer} may ask in the name of {by}")
        return refusal

    def _asked(self, action: str, step: int | None, revision: int | None) -> Raw:
        self._requests += 1
        asked: dict[str, Any] = {"id": f"r{self._requests}", "action": action}
        asked["revision"] = self.status["currentRevision"] if revision is None else revision
        return asked if step is None else {**asked, "step": step}

    def write(self, request: Raw) -> None:
        """Somebody writes a request into the annotation, and waits for nothing."""
        assert not self.stage.ask(json.dumps(request), "ann")

    @property
    def _answer(self) -> Raw:
        return self.status.get("lastRequest") or {}

    def set_weights(self, canary: int) -> None:
        """Somebody writes weights of their own into the route."""
        route = m.route()["spec"]
        for ref, weight in zip(route["rules"][-1]["backendRefs"], (100 - canary, canary), strict=True):
            ref["weight"] = weight
        self.stage.merge("HTTPRoute", m.NAME, {"spec": {"rules": route["rules"]}})

    # Then

    def until(self, **wanted: Any) -> None:
        """Let time pass until all of this is so."""
        self.stage.until(lambda: self._is_current() and not self._missing(wanted), lambda: self._explain(wanted))

    def until_current(self) -> None:
        """Let time pass until the operator has seen the manifest as it is."""
        self.until()

    def then(self, **wanted: Any) -> None:
        """All of this is so."""
        self.stage.at_once(lambda: not self._missing(wanted), lambda: self._explain(wanted))

    def stays(self, seconds: float, **wanted: Any) -> None:
        """All of this is so, and stays so."""
        self.stage.stays(lambda: not self._missing(wanted), lambda: self._explain(wanted), seconds)

    def budget(self, writes: int) -> None:
        """The operator wrote no more than this since what was given, Events counted. The last word of a story.

        In the model to the last write. On a real cluster a quarter more: pods come one by one and the weight follows
        each, and on a busy machine a status is due between two things that elsewhere come at the same moment.
        """
        written = self.stage.writes(self._mark)
        allowed = writes if self.stage.ordered else writes + 2 + writes // 4
        assert len(written) <= allowed, f"{len(written)} writes, and {allowed} are allowed: {sorted(written)}"

    @property
    def written(self) -> list[str]:
        """What the operator wrote since what was given. It is stopped for that."""
        return self.stage.writes(self._mark)

    @property
    def status(self) -> Raw:
        """The Rollout's status as it stands."""
        return (self.stage.find("Rollout", m.NAME) or {}).get("status") or {}

    def facts(self) -> dict[str, Any]:
        """What is so now."""
        return facts_of(self.stage)

    @property
    def weights(self) -> list[int]:
        """What the route ever gave the canary, one after the other."""
        routes = [c.object for c in self.stage.changes() if c.kind == "HTTPRoute" and not c.gone]
        return [weight for weight, _ in groupby(weight_of(route) for route in routes)]

    @property
    def most_pods(self) -> int:
        """How many pods all ReplicaSets together ever asked for."""
        sizes: dict[str, int] = {}
        totals = [0]
        for change in self.stage.changes():
            if change.kind == "ReplicaSet":
                sizes[version_of(change.object)] = 0 if change.gone else change.object["spec"]["replicas"]
                totals.append(sum(sizes.values()))
        return max(totals)

    @property
    def route(self) -> Raw:
        """What stands in the route's spec."""
        found = self.stage.find("HTTPRoute", m.NAME)
        assert found is not None, "there is no route"
        return dict(found["spec"])

    @property
    def pods(self) -> frozenset[str]:
        """The names of the pods that are there."""
        return frozenset(self.stage.pods())

    def until_said(self, reason: str, text: str = "") -> None:
        """Let time pass until an Event of this reason tells of `text`."""
        self.stage.until(
            lambda: any(text in message for said, message in self.stage.said() if said == reason),
            lambda: f"no Event {reason} with {text!r}: {self.stage.said()}",
        )

    def _is_current(self) -> bool:
        rollout = self.stage.find("Rollout", m.NAME)
        return rollout is None or self.status.get("observedGeneration") == rollout["metadata"]["generation"]

    def _missing(self, wanted: Raw) -> dict[str, Any]:
        facts = self.facts()
        return {name: facts[name] for name, value in wanted.items() if not holds(facts[name], value)}

    def _explain(self, wanted: Raw) -> str:
        return f"wanted {wanted}, and it is {self._missing(wanted)}; all: {self.facts()}"


def hash_of(version: str) -> str:
    """The pod template hash of a version."""
    return content_hash(m.rollout(version, [])["spec"]["template"])
