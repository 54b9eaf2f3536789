"""The command line as a user runs it, against an API server that is a dictionary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tidegate.cli import cluster, main
from tidegate.cli.errors import CommandError

Raw = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str


@dataclass
class FakeCluster:
    """Objects by path; `later` are the states that a followed object goes through; calls that write are kept."""

    found: dict[str, Any] = field(default_factory=dict)
    later: list[Raw] = field(default_factory=list)
    writes: list[tuple[str, str, Any]] = field(default_factory=list)
    answer: Callable[[Raw], Raw] | None = None
    namespace: str = "default"
    groups: list[str] = field(default_factory=list)

    def get(self, path: str, **_: str) -> Raw:
        if path not in self.found:
            raise CommandError(f"there is no {path}")
        return self.found[path]

    def items(self, path: str, **_: str) -> list[Raw]:
        return self.found.get(path, [])

    def create(self, path: str, body: Raw) -> Raw:
        self.writes.append(("create", path, body))
        return {"status": {"userInfo": {"username": "jane@example.com", "groups": self.groups}}}

    def merge(self, path: str, patch: Raw) -> Raw:
        self.writes.append(("merge", path, patch))
        if self.answer:
            self.later.append(self.answer(patch))
        return {}

    def patch(self, path: str, operations: list[Raw]) -> Raw:
        self.writes.append(("patch", path, operations))
        return {}

    def follow(self, path: str, seconds: float | None) -> Iterator[Raw]:
        assert seconds is None or seconds > 0
        yield self.get(path)
        yield from self.later


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    fake = FakeCluster()
    monkeypatch.setattr(cluster, "connect", lambda kubeconfig, context, namespace: fake)
    return fake


Run = Callable[..., Result]


@pytest.fixture
def tidegate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`tidegate("get", "shop")` runs it and gives its output and exit code."""

    def run(*args: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["tidegate", *args])
        with pytest.raises(SystemExit) as ended:
            main.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run
