"""Keeping Secrets out of everything that people see."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "***"


def redact(text: str, secrets: Collection[str]) -> str:
    """`text` without the secrets, however a provider may have written them: quoted, in a URL or in base64."""
    forms = {form for secret in secrets for form in _forms(secret)} - {""}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield secret.strip()
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield base64.b64encode(secret.encode(errors="replace")).decode().rstrip("=")
