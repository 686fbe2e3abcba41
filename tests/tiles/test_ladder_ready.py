"""Compiling ahead: everything that a dissolved tile runs, before anybody asks for one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT

from tiles.ladder import cached


def test_every_loop_is_compiled_ahead(tmp_path: Path) -> None:
    told = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "tiles.ladder.ready"], cwd=ROOT, env=told, check=True, timeout=200)
    made = {each.name.split("-")[0] for each in tmp_path.rglob("*.nbi")}
    sources = [ROOT / "tiles" / "ladder" / name for name in ("kernel.py", "encode.py")]
    loops = {
        f"{path.stem}.{line.split('(')[0].removeprefix('def ')}"
        for path in sources
        for decorator, line in zip(
            *(path.read_text("utf-8").splitlines()[at:] for at in (0, 1)), strict=False
        )
        if decorator.startswith("@njit") and "inline" not in decorator
    }
    assert len(loops) > 8 and loops <= made, loops - made


def test_what_is_older_than_its_source_is_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "kernel.py"
    source.touch()
    monkeypatch.setattr(cached, "KERNEL", source)
    assert not cached.is_ready()
    (tmp_path / "__pycache__").mkdir()
    made = tmp_path / "__pycache__" / "kernel.trace-98.py311.nbi"
    made.touch()
    later = source.stat().st_mtime + 10
    os.utime(made, (later, later))
    assert cached.is_ready()
    os.utime(source, (later + 10, later + 10))
    assert not cached.is_ready()
