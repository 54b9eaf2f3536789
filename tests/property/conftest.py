"""How hard the properties are tried: `ci` in `make test`, `deep` in `make property-deep`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
# Ten properties: 2,500 worlds and 100,000. The seed is fixed: a run that fails in CI fails on the desk as well.
# `deep` looks for what is new: a profile takes over what the one loaded before it has, which is a seed of its own.
settings.register_profile("ci", max_examples=250, derandomize=True, database=None, **COMMON)
settings.register_profile("deep", max_examples=10_000, derandomize=False, print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
