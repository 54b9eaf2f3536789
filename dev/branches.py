"""The gate of `make coverage` on branches alone: each way that a decision can go is gone by some test.

Coverage's own `fail_under` counts statements and branches together, and there are five times as many statements.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from coverage import Coverage

LEAST = 98.0


def main() -> int:
    """Print the share of branches that the last measurement has seen; 1 when it is below `LEAST`."""
    measured = Coverage()
    measured.load()
    measured.set_option("report:fail_under", 0)
    with tempfile.TemporaryDirectory() as folder:
        outfile = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(outfile))
        totals = json.loads(outfile.read_text("utf-8"))["totals"]
    share = float(totals["percent_branches_covered"])
    print(f"branches: {totals['covered_branches']} of {totals['num_branches']}, {share:.1f} %; at least {LEAST} %")
    return share < LEAST


if __name__ == "__main__":
    sys.exit(main())
