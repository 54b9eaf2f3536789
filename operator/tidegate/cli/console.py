"""Where commands write to. Off a terminal there are no colours, no redraws and no line breaks within a row."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Any

import yaml
from rich.console import Console, RenderableType
from rich.text import Text

WIDE = 400


class Format(StrEnum):
    """How data is printed for programs."""

    JSON = "json"
    YAML = "yaml"


def out() -> Console:
    """Standard output, as it is now."""
    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else WIDE, highlight=False, emoji=False, markup=False)


def show(renderable: RenderableType) -> None:
    """Draw something on standard output; off a terminal without the spaces that fill a line up."""
    screen = out()
    if screen.is_terminal:
        screen.print(renderable)
        return
    with screen.capture() as drawn:
        screen.print(renderable)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def err() -> Console:
    """Standard error."""
    return Console(file=sys.stderr, soft_wrap=True, highlight=False, emoji=False, markup=False)


def data(value: Any, form: Format) -> None:
    """Print a value for a program, exactly as it is."""
    text = json.dumps(value, indent=2) if form is Format.JSON else yaml.safe_dump(value, sort_keys=False)
    sys.stdout.write(text.rstrip("\n") + "\n")


def clean(text: object) -> str:
    """Text from outside as it may be shown: no control characters, which could rewrite what stands on a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in str(text))


def say(text: str, style: str = "") -> None:
    """A line for people on standard output."""
    out().print(Text(clean(text), style=style), soft_wrap=True)
