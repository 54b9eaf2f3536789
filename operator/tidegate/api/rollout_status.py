"""What the operator says of a Rollout. Everything here was observed or decided, never hoped for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import Condition, StatusModel, Time
from tidegate.api.strategy_status import BlueGreenStatus, CanaryStatus


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
    APPROVAL = "Approval"
    WEBHOOK = "WebhookFailed"


class PauseCondition(StatusModel):
    """A pause that is in force."""

    reason: Annotated[PauseReason, Field(description="Why it stands still.")]
    start_time: Annotated[Time, Field(description="Since when.")]


class WaitingFor(StatusModel):
    """What the release waits for now, and what would end the wait."""

    reason: Annotated[str, Field(description="One word for machines.")]
    message: Annotated[str, Field(description="A sentence for people.")]
    since: Annotated[Time | None, Field(description="When this wait began.")] = None
    until: Annotated[Time | None, Field(description="When it ends by itself, if it does.")] = None


class Outcome(StrEnum):
    """How a release ended."""

    PROMOTED = "Promoted"
    FAST_PROMOTED = "FastPromoted"
    ABORTED = "Aborted"
    SUPERSEDED = "Superseded"
    ROLLED_BACK = "RolledBack"


class Approval(StatusModel):
    """An approval that was given. The name is proven: one that is only claimed approves nothing."""

    step: Annotated[int, Field(description="Index of the step, from 0.")]
    step_hash: Annotated[str, Field(description="Hash of the steps that it was given for.")]
    by: Annotated[str, Field(description="Who approved.")]
    reason: Annotated[str, Field(description="Why, in their words.")] = ""
    at: Annotated[Time, Field(description="When.")]


class Release(StatusModel):
    """One release: from the change of the template to its end."""

    revision: Annotated[int, Field(description="Its number.")]
    pod_template_hash: Annotated[str, Field(description="Which version it is.")]
    images: Annotated[list[str], Field(description="The images of its pods.")] = []
    started_at: Annotated[Time, Field(description="When the template was changed.")]
    finished_at: Annotated[Time | None, Field(description="When it ended; not there while it goes on.")] = None
    outcome: Annotated[Outcome | None, Field(description="How it ended.")] = None
    cause: Annotated[str, Field(description="Why it ended so, where it was not promoted.")] = ""
    requester: Annotated[str, Field(description="Who asked for the end, where somebody did.")] = ""
    approvals: Annotated[list[Approval], Field(description="Who let it pass its approval steps, when and why.")] = []
    cadence_seconds: Annotated[
        float | None,
        Field(description="T(D_i) = T_i − T_(i−1): this start minus the end of the release before, in seconds."),
    ] = None
    step_seconds: Annotated[list[float], Field(description="How long each step took, in seconds.")] = []


class WebhookOutcome(StrEnum):
    """What came of a call of another system."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class WebhookStatus(StatusModel):
    """The last call of another system."""

    step: Annotated[int, Field(description="Index of its step, from 0.")]
    key: Annotated[str, Field(description="Sent as webhook-id and Idempotency-Key, the same for all tries.")]
    started_at: Annotated[Time, Field(description="When the step began.")]
    tries: Annotated[int, Field(description="Tries that are over.")] = 0
    next_at: Annotated[Time | None, Field(description="When it is tried again.")] = None
    outcome: Annotated[WebhookOutcome | None, Field(description="Not there while it goes on.")] = None
    status: Annotated[int | None, Field(description="HTTP status of the last answer, if there was one.")] = None
    message: Annotated[str, Field(description="What came of the last try.")] = ""
    finished_at: Annotated[Time | None, Field(description="When it was over.")] = None
    round: Annotated[int, Field(description="How often a person had it called again.")] = 0


PROMOTED = frozenset({Outcome.PROMOTED, Outcome.FAST_PROMOTED})
"""The ends of a release that has all the traffic."""


class RequestOutcome(StrEnum):
    """What became of a request."""

    DONE = "Done"
    REFUSED = "Refused"


class LastRequest(StatusModel):
    """The answer to the last request of a person."""

    id: Annotated[str, Field(description="Id of the request.")]
    action: Annotated[str, Field(description="What was asked for.")]
    outcome: Annotated[RequestOutcome, Field(description="Whether it was done.")]
    message: Annotated[str, Field(description="What was done, or why not.")] = ""
    reason: Annotated[str, Field(description="Why it was asked for, in the words of whoever did.")] = ""
    by: Annotated[str, Field(description='Who asked; "(claimed)" where nothing proves the name.')] = ""
    at: Annotated[Time, Field(description="When it was answered.")]


class RolloutStatus(StatusModel):
    """The status subresource of a Rollout."""

    phase: Annotated[Phase | None, Field(description="The state in one word.")] = None
    message: Annotated[str, Field(description="The state in a sentence.")] = ""
    waiting_for: Annotated[
        WaitingFor | None, Field(description="What it waits for; not there when it waits for nothing.")
    ] = None
    observed_generation: Annotated[
        int | None, Field(description="Generation of the spec that this status was said of.")
    ] = None
    replicas: Annotated[int, Field(description="Pods of all versions.")] = 0
    updated_replicas: Annotated[int, Field(description="Pods of the new version.")] = 0
    ready_replicas: Annotated[int, Field(description="Pods that are ready, of all versions.")] = 0
    available_replicas: Annotated[
        int, Field(description="Pods that were ready for minReadySeconds, of all versions.")
    ] = 0
    hpa_replicas: Annotated[int, Field(alias="HPAReplicas", description="Pods that the scale subresource reports.")] = 0
    selector: Annotated[str, Field(description="The selector as text, for the scale subresource.")] = ""
    current_revision: Annotated[int, Field(description="Number of the revision that the template asks for.")] = 0
    current_pod_hash: Annotated[
        str, Field(description="Pod template hash of the version that the template asks for.")
    ] = ""
    stable_rs: Annotated[str, Field(alias="stableRS", description="Pod template hash of the stable version.")] = ""
    current_step_index: Annotated[
        int | None, Field(description="Index of the current step, from 0; the number of steps when all are done.")
    ] = None
    step: Annotated[str, Field(description="Steps that are done, of how many: 2/5.")] = ""
    current_step_hash: Annotated[str, Field(description="Hash of the steps: tells when they were changed.")] = ""
    current_step_started_at: Annotated[Time | None, Field(description="When the current step began.")] = None
    attempt: Annotated[int, Field(description="How often this revision was tried again.")] = 0
    pause_conditions: Annotated[list[PauseCondition], Field(description="The pauses that are in force.")] = []
    abort: Annotated[bool, Field(description="Whether the release was taken back.")] = False
    aborted_at: Annotated[Time | None, Field(description="When it was taken back.")] = None
    abort_cause: Annotated[str, Field(description="Why it was taken back.")] = ""
    promote_full: Annotated[bool, Field(description="Whether somebody asked to skip all steps and analyses.")] = False
    progressed_at: Annotated[Time | None, Field(description="Last progress: the deadline runs from here.")] = None
    last_request: Annotated[LastRequest | None, Field(description="The answer to the last request of a person.")] = None
    restart_at: Annotated[
        Time | None,
        Field(description="When a person asked for a restart; of this and spec.restartAt the later counts."),
    ] = None
    restarted_at: Annotated[
        Time | None, Field(description="The last restart that is over: no pod is older than this.")
    ] = None
    webhook: Annotated[WebhookStatus | None, Field(description="The last call of another system.")] = None
    canary: Annotated[CanaryStatus, Field(description="Weights and analyses.")] = CanaryStatus()
    blue_green: Annotated[
        BlueGreenStatus | None, Field(description="Where the active and the preview Service lead to.")
    ] = None
    workload_observed_generation: Annotated[
        int | None, Field(description="Generation of the referenced Deployment that this status was said of.")
    ] = None
    history: Annotated[list[Release], Field(description="The last 20 releases, the latest at the end.")] = []
    conditions: Annotated[
        list[Condition],
        Field(description="Ready, Reconciling and Stalled as kstatus reads them, and those of Argo Rollouts."),
    ] = []
