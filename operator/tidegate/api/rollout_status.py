"""What the operator says of a Rollout. Everything here was observed or decided, never hoped for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import Condition, StatusModel, Time


class Phase(StrEnum):
    """The state in one word, as Argo Rollouts names it."""

    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    HEALTHY = "Healthy"
    DEGRADED = "Degraded"


class PauseReason(StrEnum):
    """Why a release stands still until its time is over or somebody promotes."""

    CANARY_PAUSE_STEP = "CanaryPauseStep"
    INCONCLUSIVE_ANALYSIS = "InconclusiveAnalysisRun"
    REQUEST = "PauseRequest"


class PauseCondition(StatusModel):
    """A pause that is in force."""

    reason: PauseReason
    start_time: Time


class WaitingFor(StatusModel):
    """What the release waits for now, and what would end the wait."""

    reason: Annotated[str, Field(description="One word for machines.")]
    message: Annotated[str, Field(description="A sentence for people.")]
    since: Annotated[Time | None, Field(description="When this wait began.")] = None
    until: Annotated[Time | None, Field(description="When it ends by itself, if it does.")] = None


class WeightDestination(StatusModel):
    """One side of the traffic."""

    weight: int
    pod_template_hash: str = ""
    service_name: str = ""


class Weights(StatusModel):
    """The weights that the routes were seen to carry."""

    canary: WeightDestination
    stable: WeightDestination
    asked: Annotated[int, Field(description="The canary's weight that was asked for last.")] = 0
    verified: Annotated[
        bool, Field(description="Whether every parent of every route has taken these weights over.")
    ] = False


class RunStatus(StatusModel):
    """An AnalysisRun of this release in brief."""

    name: str
    status: str
    message: str = ""


class CanaryStatus(StatusModel):
    """The canary's side of the status."""

    weights: Weights | None = None
    current_step_analysis_run_status: RunStatus | None = None
    current_background_analysis_run_status: RunStatus | None = None


class Outcome(StrEnum):
    """How a release ended."""

    PROMOTED = "Promoted"
    FAST_PROMOTED = "FastPromoted"
    ABORTED = "Aborted"
    SUPERSEDED = "Superseded"
    ROLLED_BACK = "RolledBack"


class Release(StatusModel):
    """One release: from the change of the template to its end."""

    revision: int
    pod_template_hash: str
    images: list[str] = []
    started_at: Time
    finished_at: Time | None = None
    outcome: Outcome | None = None
    cause: Annotated[str, Field(description="Why it ended so, where it was not promoted.")] = ""
    requester: Annotated[str, Field(description="Who asked for the end, where somebody did.")] = ""
    cadence_seconds: Annotated[
        float | None,
        Field(description="T(D_i) = T_i − T_(i−1): this start minus the end of the release before, in seconds."),
    ] = None
    step_seconds: Annotated[list[float], Field(description="How long each step took, in seconds.")] = []


class RequestOutcome(StrEnum):
    """What became of a request."""

    DONE = "Done"
    REFUSED = "Refused"


class LastRequest(StatusModel):
    """The answer to the last request of a person."""

    id: str
    action: str
    outcome: RequestOutcome
    message: str = ""
    by: str = ""
    at: Time


class RolloutStatus(StatusModel):
    """The status subresource of a Rollout."""

    phase: Phase | None = None
    message: str = ""
    waiting_for: WaitingFor | None = None
    observed_generation: int | None = None
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    hpa_replicas: Annotated[int, Field(alias="HPAReplicas", description="Pods that the scale subresource reports.")] = 0
    selector: Annotated[str, Field(description="The selector as text, for the scale subresource.")] = ""
    current_revision: int = 0
    current_pod_hash: str = ""
    stable_rs: Annotated[str, Field(alias="stableRS", description="Pod template hash of the stable version.")] = ""
    current_step_index: int | None = None
    current_step_hash: str = ""
    current_step_started_at: Time | None = None
    attempt: Annotated[int, Field(description="How often this revision was tried again.")] = 0
    pause_conditions: list[PauseCondition] = []
    abort: bool = False
    aborted_at: Time | None = None
    abort_cause: str = ""
    promote_full: bool = False
    progressed_at: Annotated[Time | None, Field(description="Last progress: the deadline runs from here.")] = None
    last_request: LastRequest | None = None
    canary: CanaryStatus = CanaryStatus()
    history: list[Release] = []
    conditions: list[Condition] = []
