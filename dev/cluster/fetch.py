"""What is not built but fetched once: Gateway API's CRDs, Prometheus, and programs that come as wheels."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from dev.cluster import build, cache, golang
from dev.cluster.tools import CONTOUR, PROMETHEUS, find

_GATEWAY_API = "sigs.k8s.io/gateway-api@v1.6.3"
# Of the standard channel only what Contour 1.33 watches; its other informers are switched off.
_GATEWAY_CRDS = ("gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants")


def gateway_crds() -> list[Path]:
    """Files with Gateway API's CRDs, and Contour's own, which it does not start without."""
    standard = "config/crd/standard/gateway.networking.k8s.io_{}.yaml"
    wanted = [(_GATEWAY_API, standard.format(kind)) for kind in _GATEWAY_CRDS]
    wanted.append((f"{CONTOUR.module}@{CONTOUR.version}", "examples/contour/01-crds.yaml"))
    return [_module_file(module, path) for module, path in wanted]


def prometheus() -> Path:
    """Prometheus: found as other tools are, else unpacked from Debian's package, else built."""
    unpacked = cache.folder() / "prometheus"
    program = unpacked / "usr" / "bin" / "prometheus"
    found = find(PROMETHEUS) or (program if program.exists() else None)
    if found:
        return found
    with cache.lock("prometheus", waiting=lambda: build.say("another process is fetching Prometheus")):
        if program.exists() or _unpack_debian("prometheus", unpacked):
            return program
    return build.ensure([PROMETHEUS])["prometheus"]


def wheel_program(name: str, wheel: str) -> Path:
    """A program that a wheel of this environment brings. Raises BuildError where it is not installed."""
    scripts = sysconfig.get_path("scripts")
    found = shutil.which(name, path=scripts) or shutil.which(name)
    if found is None:
        raise build.BuildError(f"{name} is neither in {scripts} nor on PATH: `{sys.executable} -m pip install {wheel}`")
    return Path(found)


def _module_file(module: str, path: str) -> Path:
    target = cache.folder() / "crds" / module.replace("/", "_") / Path(path).name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        shutil.copyfile(_module_folder(module) / path, fresh)
        fresh.chmod(0o644)
        fresh.rename(target)
    return target


def _module_folder(module: str) -> Path:
    command = [str(golang.find_go()), "mod", "download", "-json", module]
    # In an empty folder: the module around would have its say otherwise.
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(
            command, cwd=nowhere, env=golang.environment(), capture_output=True, text=True, check=False
        )
    info = json.loads(done.stdout or "{}")
    if "Dir" not in info:
        raise build.BuildError(f"cannot fetch {module}: {info.get('Error') or done.stderr[-500:]}")
    return Path(info["Dir"])


def _unpack_debian(package: str, target: Path) -> bool:
    """Unpack a Debian package without installing it. False where it cannot be had."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    build.say(f"fetching Debian's package {package}")
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["apt-get", "download", package],
            ["apt-get", "update"],
            ["apt-get", "download", package],
        ):
            subprocess.run(command, cwd=folder, capture_output=True, check=False)
            archive = next(Path(folder).glob("*.deb"), None)
            if archive:
                return _extract(archive, target)
    return False


def _extract(archive: Path, target: Path) -> bool:
    fresh = target.with_suffix(f".{platform.node()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    done = subprocess.run(["dpkg", "-x", str(archive), str(fresh)], capture_output=True, check=False)
    if done.returncode == 0:
        fresh.rename(target)
    return done.returncode == 0
