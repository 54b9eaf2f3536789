"""A call as it goes out: the release's facts filled into URL, headers and body, as values and never as syntax."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.webhook import Method, Webhook
from tidegate.core.analysis.arguments import fill, fill_all
from tidegate.core.analysis.conditions import Condition, ConditionError, compile_condition
from tidegate.core.analysis.errors import AnalysisError

TIMEOUT_SECONDS = 10
RETRIES = 3
Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One try of a call. `key` is that of all tries: the other system can tell them from another call."""

    key: str
    tries: int
    url: str
    method: Method
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: str = field(repr=False)
    timeout: timedelta
    secret: SecretKeyRef | None
    condition: Condition | None


def build_call(asked: Webhook, facts: Facts, key: str, tries: int) -> WebhookCall:
    """The call that a step asks for. Raises AnalysisError when it can't be made, in words for the step's author."""
    headers = [(each.key, fill(each.value, facts, f"headers {each.key}")) for each in asked.headers or ()]
    if asked.body is None and asked.method is not Method.GET:
        headers.append(("Content-Type", "application/json"))
    return WebhookCall(
        key,
        tries,
        url=_url(asked.url, facts),
        method=asked.method or Method.POST,
        headers=tuple(headers),
        body=_body(asked, facts),
        timeout=timedelta(seconds=asked.timeout_seconds or TIMEOUT_SECONDS),
        secret=asked.secret_ref,
        condition=_condition(asked),
    )


def host_of(url: str) -> str:
    """The part of a URL that people may be shown: not its path and its query, which may hold a token."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _url(text: str, facts: Facts) -> str:
    url = fill(text, {name: quote(value, safe="") for name, value in facts.items()}, "url")
    if not host_of(url):
        raise AnalysisError("url has no host: write https://HOST/PATH")
    return url


def _body(asked: Webhook, facts: Facts) -> str:
    if asked.method is Method.GET:
        return ""
    if asked.body is None:
        return json.dumps(facts)
    template = _json(asked.body)
    if template is None:
        return fill(asked.body, facts, "body")
    # A value with quotes in it must not end the text that it stands in.
    return json.dumps(fill_all(template, facts, "body"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _condition(asked: Webhook) -> Condition | None:
    if asked.success_condition is None:
        return None
    try:
        condition = compile_condition(asked.success_condition)
    except ConditionError as error:
        raise AnalysisError(f"successCondition: {error}") from None
    if condition.args:
        raise AnalysisError("successCondition: there are no args here: compare result.status and result.body")
    return condition
