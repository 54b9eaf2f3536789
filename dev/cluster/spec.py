"""What a cluster consists of: told by the starter to the supervisor, kept in the folder for later comers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self


class Lifetime(StrEnum):
    """Whether the cluster ends with the process that started it."""

    STARTER = "starter"
    DETACHED = "detached"


@dataclass(frozen=True, slots=True)
class Spec:
    """`tools` maps names to paths, `tokens` users to bearer tokens; the files `crds` are applied at start.

    `api_port` is the API server's port on the host's loopback.
    """

    folder: str
    dataplane: bool
    lifetime: Lifetime
    api_port: int
    tools: dict[str, str]
    tokens: dict[str, str]
    crds: list[str]

    @property
    def url(self) -> str:
        """The API server as the host sees it."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def path(self) -> Path:
        """The cluster's folder: configuration, data and logs."""
        return Path(self.folder)

    def write(self) -> None:
        """Keep it in the cluster's folder."""
        (self.path / "spec.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it back. Raises FileNotFoundError when there is no cluster in the folder."""
        raw = json.loads((folder / "spec.json").read_text())
        return cls(**{**raw, "lifetime": Lifetime(raw["lifetime"])})
