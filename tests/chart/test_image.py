"""The image, where no engine can build it: its steps run one by one, as a user without rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOBODY = 65532
_COPIED = "COPY "
_RUN = "RUN "


def _instructions() -> list[str]:
    text = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines() if line and not line.startswith("#")]


def _stages() -> list[list[str]]:
    stages: list[list[str]] = []
    for line in _instructions():
        if line.startswith("FROM "):
            stages.append([])
        if stages:
            stages[-1].append(line)
    return stages


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first stage makes, in a folder of its own: `src`, `wheels`, `opt/tidegate`."""
    root = tmp_path_factory.mktemp("image")
    build, _ = _stages()
    _copy([line for line in build if line.startswith(_COPIED)], root)
    # In the place of the base image's Python.
    _run([sys.executable, "-m", "venv", "python"], root)
    for line in build:
        if line.startswith(_RUN):
            _run(["sh", "-ec", _inside(line.removeprefix(_RUN), root)], root)
    return root


def test_the_command_of_the_image_starts(image: Path) -> None:
    program = image / "opt" / "tidegate" / "bin" / "tidegate"
    said = _run([str(program), "version", "--client"], image)
    assert "0.1.0" in said


def test_the_image_carries_neither_tests_nor_tools(image: Path) -> None:
    packages = {path.name for path in (image / "opt" / "tidegate").glob("lib/python*/site-packages/*")}
    assert "tidegate" in packages
    assert not packages & {"pytest", "mypy", "ruff", "pip", "dev", "tests"}


def test_only_the_last_stage_stays_and_it_runs_as_nobody() -> None:
    _, last = _stages()
    assert [line for line in last if line.startswith("COPY")] == ["COPY --from=build /opt/tidegate /opt/tidegate"]
    assert not [line for line in last if line.startswith(("RUN", "ADD"))]
    assert f"USER {NOBODY}:{NOBODY}" in last
    assert last[-2:] == ['ENTRYPOINT ["tidegate"]', 'CMD ["operator"]']


def test_the_builder_gets_only_what_the_wheel_is_made_of() -> None:
    rules = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    copied = {name for line in _stages()[0] if line.startswith(_COPIED) for name in line.split()[1:-1]}
    assert {name.removeprefix("./") for name in copied} == {rule[1:] for rule in rules if rule.startswith("!")}


def _copy(instructions: list[str], root: Path) -> None:
    target = root / "src"
    target.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (name for line in instructions for name in line.split()[1:-1]):
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target / name, ignore=ignored)
        else:
            shutil.copy(PROJECT / name, target)


def _inside(command: str, root: Path) -> str:
    for folder in ("/wheels", "/opt/"):
        command = command.replace(f" {folder}", f" {root}{folder}")
    return f"cd {root}/src; {command}"


def _run(command: list[str], root: Path) -> str:
    """Run it as nobody without any capability: mapped, since root's own Python may be closed to other users."""
    nobody = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    clean = {"PATH": f"{root}/python/bin{os.pathsep}{os.defpath}", "HOME": str(root)}
    done = subprocess.run(nobody + command, cwd=root, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
