"""The log: one line a record, whatever stands in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from tidegate.shell.logs import LogFormat, set_up


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_a_line_of_json_bears_the_release_that_it_speaks_of(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.JSON)
    logging.getLogger("tidegate.x").info("step %d", 3, extra={"object": "web", "revision": 7, "step": 0})
    line = json.loads(written(capsys))
    assert (line["message"], line["level"], line["object"], line["revision"], line["step"]) == (
        "step 3",
        "info",
        "web",
        7,
        0,
    )
    assert "namespace" not in line


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_name_from_outside_never_begins_a_line_of_its_own(
    form: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(form)
    logging.getLogger("tidegate.x").warning("no such Service %s", "a\n2026-01-01 INFO all is well")
    assert len(written(capsys).splitlines()) == 1


def test_a_defect_bears_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.JSON)
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError:
        logging.getLogger("tidegate.x").exception("a pass failed")
    assert "ZeroDivisionError: by zero" in json.loads(written(capsys))["error"]


def test_a_line_for_people_ends_with_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.TEXT)
    logging.getLogger("tidegate.x").info("paused", extra={"namespace": "shop", "object": "web"})
    assert written(capsys).rstrip().endswith("paused namespace=shop object=web")


def test_nine_watches_that_lose_their_server_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.TEXT)
    for attempt in range(1, 4):
        for _ in range(9):
            logging.getLogger("kopf._cogs.clients.watching").error("Request attempt #%d/9 failed", attempt)
    logging.getLogger("tidegate.x").error("the watch begins again")
    assert len(written(capsys).splitlines()) == 2


def test_libraries_are_heard_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogFormat.TEXT)
    logging.getLogger("kopf.objects").info("Handler 'x' succeeded.")
    logging.getLogger("aiohttp.access").info("GET /livez")
    assert written(capsys) == ""
