"""`tidegate simulate`: a whole release in virtual time, without a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tidegate.cli import console, options
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.lint import sound
from tidegate.cli.simulation.given import Given, completed, given
from tidegate.cli.simulation.run import simulate
from tidegate.cli.simulation.scenario import NAMES, Scenario, scenario
from tidegate.cli.simulation.timeline import Course, Kind, Row, moment, summary

SOME_DAY = "2030-01-01T00:00Z"
"""When nobody says a moment: always the same, so that the same input gives the same course."""


def _scenario(text: str) -> Scenario:
    try:
        return scenario(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write it as 2026-11-27T16:30+01:00") from None
    if found.tzinfo is None:
        raise typer.BadParameter(f"{text} has no time zone: write it as {text}Z or {text}+01:00")
    return found


ScenarioName = Annotated[
    Scenario,
    typer.Option("--scenario", parser=_scenario, metavar="NAME", help=f"How it fares: {', '.join(NAMES)}."),
]
Promote = Annotated[
    bool, typer.Option("--promote/--no-promote", help="Promote and approve where the release waits for a person.")
]


def command(
    files: Annotated[list[str], typer.Argument(help="Manifests, folders of them, or - for standard input.")],
    how: ScenarioName = "good",  # type: ignore[assignment]
    at: Annotated[
        datetime,
        typer.Option("--at", parser=_moment, metavar="TIME", help="When it is released; a schedule asks for it."),
    ] = SOME_DAY,  # type: ignore[assignment]
    promote: Promote = True,
    output: options.Output = None,
) -> None:
    """Run the whole release in virtual time, without a cluster, and tell what happens when.

    What the input lacks around the Rollout (Services, routes, templates) is assumed, and so is a version that runs
    already. Ends with 1 when the new version does not end up with all the traffic.
    """
    found = manifests(files)
    courses = simulate(found, how, at, promote=promote)
    if output:
        told = {"scenario": how.name, "assumed": list(found.assumed), "releases": summary(courses)}
        console.data(told, output)
    else:
        _print(found, how, courses)
    if not all(course.promoted for course in courses):
        raise typer.Exit(Exit.FAILED)


def manifests(files: list[str]) -> Given:
    """The objects of the input, when `lint` finds nothing wrong with them. Raises CommandError, and Exit."""
    found = given(sound(files))
    if not found.rollouts:
        raise CommandError("there is no Rollout in the input: name a file that holds one", Exit.USAGE)
    return completed(found)


def _print(found: Given, how: Scenario, courses: list[Course]) -> None:
    console.say(f"Scenario {how.name}: {how.says}", "bold")
    for assumed in found.assumed:
        console.say(f"Assumed: {assumed}", "dim")
    for course in courses:
        console.say("")
        timeline(course)


def timeline(course: Course) -> None:
    """Draw the timeline of one release."""
    console.say(f"Rollout {course.name} in {course.namespace}", "bold")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("TIME", "STEP", "NEW", "OLD", "WEIGHT", "WHAT HAPPENS"):
        table.add_column(title, no_wrap=title != "WHAT HAPPENS")
    for row in course.rows:
        table.add_row(*_cells(row))
    console.show(table)
    console.say(course.verdict, "bold green" if course.promoted else "bold red")


def _cells(row: Row) -> tuple[Text, ...]:
    says = Text(console.clean(row.says))
    if row.kind is Kind.EVENT:
        return Text(moment(row.seconds)), Text(), Text(), Text(), Text(), says
    return (
        Text(moment(row.seconds)),
        Text(console.clean(row.step)),
        Text(str(row.new)),
        Text(str(row.old)),
        Text(_weight(row)),
        says,
    )


def _weight(row: Row) -> str:
    if row.seen is None:
        return ""
    return f"{row.seen} %" if row.asked == row.seen else f"{row.seen} % → {row.asked} %"
