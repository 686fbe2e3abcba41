"""An installation of its own for tests of the command line: a data directory and the commands over it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spatial.cluster import Cluster

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Installation:
    """Commands run as a user runs them, in processes of their own."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data / "postgresql")

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "api.cli", name, "--data", str(self.data), *arguments]

    def environment(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}
        return outer | {"PYTHONPATH": str(ROOT)} | self.environ

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *arguments),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--detach", "--no-browser", "--no-sample", "--port", "0", *arguments)

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """A command in a process group of its own, so that all of it can be killed."""
        return subprocess.Popen(
            self.command(name, *arguments),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return answer

    def server(self) -> dict[str, Any]:
        """Process and port of the server, as it was recorded."""
        recorded: dict[str, Any] = json.loads((self.data / "server.json").read_text())
        return recorded


@contextmanager
def installation(**environ: str) -> Iterator[Installation]:
    """A fresh one, stopped and removed afterwards."""
    place = Path(tempfile.mkdtemp(prefix="onemap-data-"))
    place.chmod(0o755)  # user postgres must get through
    made = Installation(place / "data", environ)
    try:
        yield made
    finally:
        if made.data.exists():
            stopped = made.run("down")
            assert stopped.returncode == 0, stopped.stderr
        shutil.rmtree(place)
