"""`python -m dev.demo`: the demo from its start to its end. Ends with 0 when all came out as it should."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from kubernetes.client import ApiException
from rich.console import Console

from dev.cluster import LoadError, StartError
from dev.cluster.build import BuildError
from dev.cluster.commands import CommandError
from dev.cluster.golang import NoGoError
from dev.demo import acts, summary
from dev.demo.given import MissingError, given, ignore_signals
from dev.demo.local import local
from dev.demo.log import Log
from dev.demo.place import Place
from dev.demo.screen import Screen
from dev.demo.stage import KINDS, Stage
from dev.following import Following, NotSeenError
from dev.kube import Kube
from dev.operator_process import OperatorError, OperatorProcess

_RESULT = Path("out/demo.json")
_FAILURES = (
    *(ApiException, BuildError, CommandError, LoadError, NoGoError),
    *(NotSeenError, OperatorError, StartError, TimeoutError),
)


def main() -> int:
    """0: all as promised; 1: not, with a sentence for each broken promise; 2: something is missing; 130: Ctrl-C."""
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        with given(arguments.kubeconfig) if arguments.kubeconfig else local() as place:
            return _report(_play(place))
    except MissingError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except _FAILURES as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped, nothing is left behind", file=sys.stderr)
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, help="run it on this cluster instead of one of its own")
    return parser.parse_args()


def _end(number: int, _: FrameType | None) -> None:
    """Leave, once: a second Ctrl-C would break off the cleaning up."""
    ignore_signals()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _play(place: Place) -> summary.Outcome:
    log = place.folder / "operator.log"
    kube = Kube(place.kubeconfig, place.folder / "kinds.json")
    operator = OperatorProcess(place.operator_kubeconfig, log, place.operator_arguments)
    console = Console()
    face = Screen(console) if console.is_terminal else Log()
    following = Following(kube, place.namespace, KINDS)
    with operator, following as seen, face, Stage(place, kube, seen, face) as stage:
        try:
            acts.first_version(stage)
            good, bad = acts.good_release(stage), acts.bad_release(stage)
            return summary.Outcome(good, bad, acts.plain_deployment(stage))
        except NotSeenError as error:
            raise NotSeenError(f"{error}\n{stage.said()}\n{operator.tail()}") from error


def _report(outcome: summary.Outcome) -> int:
    summary.write(outcome, _RESULT)
    console = Console(width=None if sys.stdout.isatty() else max(100, shutil.get_terminal_size().columns))
    console.print()
    summary.show(outcome, console)
    console.print(f"The same as JSON: {_RESULT}")
    broken = list(summary.broken_promises(outcome))
    for sentence in broken:
        print(f"demo: NOT as promised: {sentence}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
