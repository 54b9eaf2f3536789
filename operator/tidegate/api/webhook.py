"""Step `webhook`: another system is called, and may hold or end the release."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.meta import Model, Rule
from tidegate.api.provider import Header
from tidegate.api.rules import Check


class Method(StrEnum):
    """How it is called."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    GET = "GET"


class OnFailure(StrEnum):
    """What becomes of the release when the call fails."""

    ABORT = "Abort"
    PAUSE = "Pause"
    CONTINUE = "Continue"


class WebhookHeader(Header):
    """One HTTP header sent with the call."""

    value: str = Field(max_length=8192, description="Its value; the release's facts, `{{canary.hash}}`, are filled in.")


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) > len("https://")


class Webhook(Model):
    """A call of another system."""

    url: Annotated[
        str,
        Field(max_length=2048, description="Where to; the release's facts, `{{rollout.name}}`, are filled in."),
        Check("self.matches('^https?://.+')", "is no URL: write https://HOST/PATH", _is_url),
    ]
    method: Annotated[Method | None, Field(description="How. Default POST.")] = None
    headers: Annotated[
        list[WebhookHeader] | None, Field(max_length=32, description="HTTP headers sent with the call.")
    ] = None
    body: Annotated[
        str | None,
        Field(
            max_length=32768,
            description="What is sent, with the release's facts filled in; in a text that is JSON they stay values. "
            "Left out: the facts as a JSON object.",
        ),
    ] = None
    timeout_seconds: Annotated[
        int | None, Field(ge=1, le=600, description="How long to wait for an answer. Default 10.")
    ] = None
    retries: Annotated[
        int | None,
        Field(
            ge=0, le=10, description="How often to try again when there is no answer, or HTTP 5xx or 429. Default 3."
        ),
    ] = None
    secret_ref: Annotated[
        SecretKeyRef | None, Field(description="Sign the call with this key of a Secret (HMAC-SHA256).")
    ] = None
    success_condition: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2048,
            description="What must hold of the answer, `result.status` and `result.body`. Default: a status of 2xx.",
        ),
    ] = None
    on_failure: Annotated[
        OnFailure | None,
        Field(
            description="When it failed: Abort (default) takes the release back, Pause waits for a person, "
            "Continue goes on."
        ),
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.body) || !has(self.method) || self.method != 'GET'",
            "a GET has no body: remove it, or use method POST",
            lambda w: w.body is None or w.method is not Method.GET,
            field="body",
        ),
    )
