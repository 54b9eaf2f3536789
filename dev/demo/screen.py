"""The live view in a terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dev.demo.picture import Line, Picture

_TOLD_LINES = 7


class Screen:
    """Draws each picture over the one before."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, picture: Picture) -> None:
        """Draw it."""
        self._live.update(draw(picture, time.monotonic() - self._began), refresh=True)

    def say(self, text: str) -> None:
        """A line that stays, above the view."""
        self._live.console.print(Text(text))


def draw(picture: Picture, seconds: float) -> RenderableType:
    """The picture as rich shows it. Texts from outside are never read as markup."""
    title = Text(f" {picture.act} · {int(seconds) // 60}:{int(seconds) % 60:02d} ", style="bold")
    parts = [_progress(picture), Text(), _versions(picture), Text(), *_told(picture)]
    return Panel(Group(*parts), title=title, title_align="left", border_style="cyan")


def _progress(picture: Picture) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", min_width=8)
    grid.add_column(ratio=1)
    if picture.steps and picture.doing:
        bar = ProgressBar(total=picture.steps, completed=picture.step - 1, width=30)
        text = Text(f"{picture.step} of {picture.steps}: {picture.doing}")
        row = Table.grid(padding=(0, 2))
        row.add_row(bar, text)
        grid.add_row("step", row)
    if picture.phase:
        grid.add_row("phase", Text(picture.phase, style=_PHASES.get(picture.phase, "")))
        grid.add_row("waits for", Text(picture.waiting or "nothing"))
    grid.add_row("load", Text(f"{picture.sent} requests sent, {picture.failed} failed"))
    return grid


_PHASES = {"Healthy": "green", "Progressing": "cyan", "Paused": "yellow", "Degraded": "red"}


def _versions(picture: Picture) -> RenderableType:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("version")
    for heading in ("pods", "asked for", "in the route", "of answers", "errors", "latency", "answered", "failed"):
        table.add_column(heading, justify="right")
    for line in picture.lines:
        table.add_row(*_cells(line), style="red" if line.errors else "")
    return table


def _cells(line: Line) -> list[str | Text]:
    return [
        Text(line.version),
        f"{line.ready}/{line.size}",
        _percent(line.asked),
        _percent(line.seen),
        _percent(line.share),
        _percent(line.errors),
        "-" if line.latency is None else f"{line.latency:.1f} ms",
        str(line.answered),
        str(line.failed),
    ]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _told(picture: Picture) -> list[RenderableType]:
    """Always as many lines, so that the view stays where it is."""
    shown = [Text(text, style="dim", no_wrap=True, overflow="ellipsis") for text in picture.told[-_TOLD_LINES:]]
    return [*shown, *(Text() for _ in range(_TOLD_LINES - len(shown)))]
