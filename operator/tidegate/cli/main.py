"""The command line `tidegate`, which is `kubectl tidegate` too."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from rich.text import Text

from tidegate.cli import (
    console,
    crds,
    dora,
    get,
    history,
    lint,
    operator,
    plan,
    requests,
    simulate,
    status,
    undo,
    version,
    why,
)
from tidegate.cli.errors import CommandError

app = typer.Typer(
    name="tidegate",
    help="Progressive delivery for Kubernetes: canaries judged by Prometheus, taken back by themselves when they hurt.",
    no_args_is_help=True,
    # A traceback with the values of variables may show credentials.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("operator")(operator.command)
app.command("get")(get.command)
app.command("status")(status.command)
app.command("why")(why.command)
app.command("history")(history.command)
app.command("dora")(dora.command)
app.command("promote")(requests.promote)
app.command("approve")(requests.approve)
app.command("skip-step")(requests.skip_step)
app.command("abort")(requests.abort)
app.command("retry")(requests.retry)
app.command("pause")(requests.pause)
app.command("resume")(requests.resume)
app.command("restart")(requests.restart)
app.command("undo")(undo.command)
app.command("lint")(lint.command)
app.command("plan")(plan.command)
app.command("simulate")(simulate.command)
app.command("crds")(crds.command)
app.command("version")(version.command)


def main() -> None:
    """Run the command that the process was started with, and end the process with its exit code."""
    try:
        app(prog_name=_program(sys.argv[0]))
    except CommandError as error:
        console.err().print(Text(f"tidegate: {console.clean(error)}", style="red"))
        sys.exit(error.code)


def _program(path: str) -> str:
    """As the user called it: a plugin of kubectl is a program `kubectl-NAME`."""
    return Path(path).name.replace("kubectl-", "kubectl ", 1)


if __name__ == "__main__":
    main()
