"""The score of `make mutants`: which changed decisions no test noticed. Run where mutmut ran.

Each mutant of `core/rollout` is one of these:

killed   a test of tests/unit/core failed, or never came to an end
refused  `mypy --strict` refuses it: it could not be merged
words    only words for people differ: a text with a space in it
alike    the same decisions by another way, as `ALIKE` says of it and why
alive    none of these: a decision that no test holds. One of them and the target fails
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

ALIKE = Path(__file__).with_name("mutants_alike.toml")
KINDS = ("killed", "refused", "words", "alike", "alive")
CAUGHT = {"killed": "killed", "timeout": "killed", "segfault": "killed", "caught by type check": "refused"}
# None in place of a text is refused by its type; a text without a space may be a key that a decision reads.
TEXT = re.compile(r"""f?"[^"]*"|f?'[^']*'""")

Change = tuple[str, str, str]
"""A function, a line of it as it is, and as it was made."""


def main() -> int:
    """Print the score by module, then what lives."""
    alike = {(each["function"], each["line"], each["becomes"]) for each in _alike()}
    alive: list[str] = []
    total: Counter[str] = Counter()
    print("| module | mutants | " + " | ".join(KINDS) + " |\n|---|" + "---|" * (len(KINDS) + 1))
    for path in sorted(walk_mutatable_files()):
        kinds: Counter[str] = Counter()
        for name, status in _tried(path):
            diff = "" if status in CAUGHT else get_diff_for_mutant(name, path=path)
            kind = CAUGHT.get(status) or _kind(change_of(name, diff), alike)
            kinds[kind] += 1
            if kind == "alive":
                alive.append(f"# {name}: {status}\n{diff}")
        total += kinds
        if kinds:
            print(_row("/".join(path.parts[path.parts.index("rollout") + 1 :]), kinds))
    print(_row("all", total), *alive, sep="\n")
    return bool(alive)


def _alike() -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(ALIKE.read_text("utf-8"))["mutant"]
    return found


def _tried(path: Path) -> Iterator[tuple[str, str]]:
    found = SourceFileMutationData(path=path)
    found.load()
    for name, code in found.exit_code_by_key.items():
        if code is not None:
            yield name, status_by_exit_code[code]


def change_of(name: str, diff: str) -> Change:
    """What a mutant changes, as `ALIKE` names it: it has no number, which would change with every edit."""
    lines = diff.splitlines()[3:]
    before, after = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    function = name.partition("__mutmut_")[0].replace(".x_", ".").replace(".xǁ", ".").replace("ǁ", ".")
    return function.removeprefix("tidegate.core.rollout."), " ".join(before), " ".join(after)


def _kind(change: Change, alike: set[Change]) -> str:
    _, before, after = change
    if TEXT.sub(_without_words, before) == TEXT.sub(_without_words, after):
        return "words"
    return "alike" if change in alike else "alive"


def _without_words(found: re.Match[str]) -> str:
    return "" if " " in found[0] else found[0]


def _row(name: str, kinds: Counter[str]) -> str:
    return f"| {name} | {kinds.total()} | " + " | ".join(str(kinds[kind]) for kind in KINDS) + " |"


if __name__ == "__main__":
    sys.exit(main())
