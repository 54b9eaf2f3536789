"""Which version is which: the hash of what the user wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# 10 characters of base32 without vowels: 40 bits of SHA-256, and no words by accident in the names of pods.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_LENGTH = 10


def canonical_json(value: object) -> str:
    """One text for one value: keys sorted, no spaces. The order that a tool writes fields in makes no new revision."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: object) -> str:
    """A short name of a value: equal for equal JSON, in every release of the operator.

    It is taken over what the user wrote, never over a typed object: there a field that a library adds would change the
    hash of every Rollout and start them all anew.
    """
    number = int.from_bytes(hashlib.sha256(canonical_json(value).encode()).digest())
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def replicaset_name(rollout: str, pod_hash: str) -> str:
    """The name of the ReplicaSet of a revision; its pods get five more characters and a dash, 253 at most."""
    return f"{rollout[:235]}-{pod_hash}"


def labelled(template: Mapping[str, Any], label: str, pod_hash: str) -> dict[str, Any]:
    """The template with the revision's label, which keeps the pods of two versions apart."""
    metadata = dict(template.get("metadata", {}))
    metadata["labels"] = {**metadata.get("labels", {}), label: pod_hash}
    return {**template, "metadata": metadata}
