"""Which metrics a dry run or a retention is about: regular expressions as in Argo Rollouts, searched in the name.

RE2 reads them in linear time, so a pattern from a manifest cannot hold up the operator.
"""

from __future__ import annotations

from collections.abc import Sequence

import re2

from tidegate.core.analysis.errors import AnalysisError

_QUIET = re2.Options()
# Without it RE2 writes what a manifest says to the process's stderr.
_QUIET.log_errors = False


def matching(pattern: str, names: Sequence[str], where: str) -> tuple[str, ...]:
    """The names that the pattern is found in; `*` is found in all. Raises AnalysisError when there is none."""
    try:
        found = tuple(name for name in names if pattern == "*" or re2.search(pattern, name, options=_QUIET))
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
        raise AnalysisError(f"{where}: {pattern!r} is no regular expression (RE2): {reason}") from None
    if not found:
        raise AnalysisError(f"{where}: {pattern!r} matches no metric; the metrics are {', '.join(names)}")
    return found
