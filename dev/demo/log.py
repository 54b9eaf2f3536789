"""The plain log, where the output is no terminal: one line for each change."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from dev.demo.picture import Line, Picture


class Log:
    """Prints what became different from one picture to the next."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before: dict[str, str] = {}
        self._told: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def show(self, picture: Picture) -> None:
        """Print what changed."""
        for text in picture.told:
            if text not in self._told:
                self._told.append(text)
                self.say(f"event      {text}")
        for name, (text, counts) in _texts(picture).items():
            if text and self._before.get(name) != text:
                self._before[name] = text
                self.say(f"{name:10} {text}{counts}")

    def say(self, text: str) -> None:
        """One line, with the time since the start."""
        seconds = time.monotonic() - self._began
        print(f"{int(seconds) // 60}:{seconds % 60:04.1f}  {text}", flush=True)


def _texts(picture: Picture) -> dict[str, tuple[str, str]]:
    """What a change of is worth a line; and what is told along with it, though it changes all the time."""
    texts = {"phase": (picture.phase, ""), "waits for": (picture.waiting or ("nothing" if picture.phase else ""), "")}
    if picture.doing:
        texts["step"] = (f"{picture.step} of {picture.steps}: {picture.doing}", "")
    for line in picture.lines:
        texts[line.version] = (_version(line), _counts(line))
    return texts


def _version(line: Line) -> str:
    pods = f"{line.ready} of {line.size} pods ready"
    if line.asked is None and line.seen is None:
        return pods
    return f"{_or_dash(line.asked)} % asked for, {_or_dash(line.seen)} % in the route, {pods}"


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _counts(line: Line) -> str:
    if not line.answered:
        return ""
    latency = f", {line.latency:.1f} ms" if line.latency is not None else ""
    errors = f", {line.errors:.0f} % errors now" if line.errors is not None else ""
    return f"; {line.answered} answered, {line.failed} failed{errors}{latency}"
