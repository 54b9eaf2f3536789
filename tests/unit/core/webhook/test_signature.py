"""The signature is that of Standard Webhooks, which libraries of many languages check."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from tidegate.core.webhook.signature import signed

AT = datetime(2026, 3, 1, 12, 0, 0, 999_000, tzinfo=UTC)
STAMP = str(int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()))
RAW = b"a secret of some bytes"
ENCODED = "whsec_" + base64.b64encode(RAW).decode()


def test_without_a_secret_a_call_is_named_and_not_signed() -> None:
    assert signed("k", "{}", AT, None) == {"Idempotency-Key": "k", "webhook-id": "k", "webhook-timestamp": STAMP}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        pytest.param(ENCODED, RAW, id="as the specification writes it"),
        pytest.param(ENCODED + "\n", RAW, id="with the end of a line, as files have it"),
        pytest.param("plain", b"plain", id="any text"),
        pytest.param("plain\r\n", b"plain", id="any text, with the end of a line"),
        pytest.param("whsec_*", b"whsec_*", id="one that only looks like it"),
    ],
)
def test_the_signature_is_over_id_time_and_body(secret: str, key: bytes) -> None:
    digest = hmac.new(key, f"k.{STAMP}.{{}}".encode(), hashlib.sha256).digest()
    assert signed("k", "{}", AT, secret)["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_an_example_of_the_specification() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
