"""A call as it goes out: facts are values, whatever stands in them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.webhook import Method, Webhook
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.webhook.call import WebhookCall, build_call, host_of

FACTS = {"rollout.name": "web", "canary.images": 'shop:"1"/&?', "revision": "7"}
URL = "https://gate.example.com/check"


def call(**fields: Any) -> WebhookCall:
    return build_call(Webhook.model_validate({"url": URL, **fields}), FACTS, "k-1", 2)


def test_what_is_left_out() -> None:
    assert call() == WebhookCall(
        "k-1",
        2,
        URL,
        Method.POST,
        (("Content-Type", "application/json"),),
        json.dumps(FACTS),
        timedelta(seconds=10),
        None,
        None,
    )


def test_all_of_it() -> None:
    made = call(
        url="https://gate.example.com/{{rollout.name}}?image={{ canary.images }}",
        method="PUT",
        headers=[{"key": "X-Release", "value": "{{rollout.name}}-{{revision}}"}],
        body="name={{rollout.name}}",
        timeoutSeconds=600,
        secretRef={"name": "hook", "key": "secret"},
        successCondition="result.status == 200",
    )
    assert made.url == "https://gate.example.com/web?image=shop%3A%221%22%2F%26%3F"
    assert (made.method, made.headers) == (Method.PUT, (("X-Release", "web-7"),))
    assert (made.body, made.timeout) == ("name=web", timedelta(minutes=10))
    assert made.secret == SecretKeyRef(name="hook", key="secret")
    assert made.condition is not None
    assert made.condition.text == "result.status == 200"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        pytest.param('{"image": "{{canary.images}}"}', {"image": 'shop:"1"/&?'}, id="in an object"),
        pytest.param('["{{revision}}", 7]', ["7", 7], id="in a list"),
        pytest.param('"{{revision}}"', "7", id="a text"),
    ],
)
def test_a_value_stays_a_value_in_a_body_of_json(body: str, sent: Any) -> None:
    assert json.loads(call(body=body).body) == sent


@pytest.mark.parametrize("body", ["{{canary.images}}!", '{"n": {{revision}}, "i": 1', "null "])
def test_a_body_that_is_no_json_is_text(body: str) -> None:
    assert call(body=body).body == body.replace("{{canary.images}}", 'shop:"1"/&?').replace("{{revision}}", "7")


def test_a_get_has_no_body() -> None:
    assert (call(method="GET").body, call(method="GET").headers) == ("", ())


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"url": "https://gate.example.com/{{canary.hsah}}"}, "url uses {{canary.hsah}}, and nobody gives it"),
        ({"url": "https:///check"}, "url has no host: write https://HOST/PATH"),
        ({"url": "https://[gate/check"}, "url has no host: write https://HOST/PATH"),
        ({"body": '{"a": "{{b}}"}'}, "body.a uses {{b}}, and nobody gives it"),
        ({"headers": [{"key": "X-A", "value": "{{b}}"}]}, "headers X-A uses {{b}}, and nobody gives it"),
        ({"successCondition": "result.status =="}, "successCondition: "),
        ({"successCondition": "result.status == args.ok"}, "successCondition: there are no args here"),
    ],
)
def test_what_cannot_be_called_says_why(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(AnalysisError) as refused:
        call(**fields)
    assert str(refused.value).startswith(why)


def test_people_are_shown_the_host_alone() -> None:
    assert host_of("https://token@gate.example.com:8443/services/T0/B0/secret?key=1") == "gate.example.com"


def test_neither_headers_nor_the_body_are_seen_by_chance() -> None:
    assert "t0ken" not in repr(call(headers=[{"key": "Authorization", "value": "t0ken"}], body="t0ken"))
