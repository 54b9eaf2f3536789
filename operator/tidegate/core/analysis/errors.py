"""What is wrong with an analysis as it was written."""

from __future__ import annotations


class AnalysisError(Exception):
    """A run can't be made or measured: the message names the template, the field or the argument, and the remedy."""
