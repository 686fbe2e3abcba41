"""The models' loops are compiled ahead, and what was compiled is noticed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from api.cli import compiled as command
from water.hydrology import compiled
from water.hydrology.ready import ready


def test_after_getting_ready_nothing_is_left_to_compile():
    ready()
    assert compiled.is_ready()
    wanted = command.command()
    assert wanted is None or "water.hydrology.ready" not in wanted


def test_a_changed_source_is_noticed(tmp_path: Path):
    ready()
    folder = tmp_path / "hydrology"
    shutil.copytree(compiled.HERE, folder)
    assert compiled.is_ready(folder)
    changed = folder / "cunge.py"
    os.utime(changed, (2e9, 2e9))
    assert not compiled.is_ready(folder)
    assert not compiled.is_ready(tmp_path)
