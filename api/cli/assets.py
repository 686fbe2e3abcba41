"""The map's files, built from their sources when they are missing or older than these."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from api.cli.steps import step
from spatial.cluster import disk_full
from spatial.errors import EnvironmentProblem
from spatial.lock import exclusive

LEFT_OUT = frozenset({"node_modules", "build", "dist"})


def build_assets(root: Path) -> None:
    """Run the build hook of the distribution unless what it would make is there."""
    if not (root / "hatch_build.py").exists() or _current(root):
        return
    work = root / ".onemap"
    work.mkdir(exist_ok=True)
    with step("地图界面 map assets"), exclusive(work / "web.lock"):
        if not _current(root):
            _build(root, work / "web.log")


def _build(root: Path, log: Path) -> None:
    stamp = _stamp(root)
    stamp.unlink(missing_ok=True)
    digest = _digest(root)
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
    stamp.write_text(digest)


def _current(root: Path) -> bool:
    stamp = _stamp(root)
    return stamp.exists() and stamp.read_text() == _digest(root)


def _stamp(root: Path) -> Path:
    return root / "api/static/.built"


def _digest(root: Path) -> str:
    total = hashlib.sha256()
    sources = [root / "hatch_build.py", *sorted(_sources(root / "web"))]
    for path in sources:
        total.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _sources(folder: Path) -> list[Path]:
    """Every file the build reads, without what it or npm makes."""
    found: list[Path] = []
    for path in folder.iterdir():
        if path.is_dir() and path.name not in LEFT_OUT:
            found += _sources(path)
        elif path.is_file():
            found.append(path)
    return found
