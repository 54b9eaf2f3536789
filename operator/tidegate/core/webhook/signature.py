"""A secret that both sides know proves who called. The headers are those of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"


def signed(key: str, body: str, at: datetime, secret: str | None) -> Mapping[str, str]:
    """The headers that name a call and, with a secret, prove it and its time.

    The signature is the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`. A secret `whsec_…` is base64, as the
    specification's libraries write it; any other is taken as it is.
    """
    headers = {"Idempotency-Key": key, "webhook-id": key, "webhook-timestamp": str(int(at.timestamp()))}
    if secret is None:
        return headers
    content = f"{key}.{headers['webhook-timestamp']}.{body}".encode()
    digest = hmac.new(_bytes(secret), content, hashlib.sha256).digest()
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def _bytes(secret: str) -> bytes:
    encoded = secret.strip("\r\n").removeprefix(PREFIX)
    if len(encoded) == len(secret.strip("\r\n")):
        return encoded.encode()
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return secret.strip("\r\n").encode()
