"""The map's files, built from their sources when they are missing or older than these."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from api.cli.steps import step
from spatial.cluster import disk_full
from spatial.errors import EnvironmentProblem
from spatial.lock import exclusive


def build_assets(root: Path) -> None:
    """Run the build hook of the distribution unless what it would make is there."""
    if not (root / "hatch_build.py").exists():
        return
    from hatch_build import up_to_date

    if up_to_date():
        return
    work = root / ".onemap"
    work.mkdir(exist_ok=True)
    with step("地图界面 map assets"), exclusive(work / "web.lock"):
        _build(root, work / "web.log")


def _build(root: Path, log: Path) -> None:
    with log.open("wb") as file:
        command = [sys.executable, "hatch_build.py"]
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False
        )
    said = log.read_text(errors="replace")
    if done.returncode != 0:
        if "ENOSPC" in said or "No space left" in said:
            raise disk_full(root)
        lines = said.strip().splitlines() or [""]
        last = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise EnvironmentProblem(
            f"地图界面未能构建,请检查网络后再执行,日志见 {log}:{last}",
            f"the map's files could not be built; check the network and try again, log in {log}: {last}",
            value=last,
        )
