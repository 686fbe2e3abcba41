"""Compiling ahead: looked up by the times of the sources, and again when one of them is newer."""

from __future__ import annotations

import os
from pathlib import Path

from address.ready import HERE, LAST, is_ready


def test_what_is_older_than_a_source_is_compiled_again(tmp_path: Path) -> None:
    for part in ("parse", "match"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "kernel.py").touch()
    assert not is_ready(tmp_path)
    made = tmp_path / "match" / "__pycache__" / LAST.replace("*", "x")
    made.parent.mkdir()
    made.touch()
    source = tmp_path / "parse" / "kernel.py"
    later = source.stat().st_mtime + 10
    os.utime(made, (later, later))
    assert is_ready(tmp_path)
    os.utime(source, (later + 10, later + 10))
    assert not is_ready(tmp_path)


def test_the_last_to_be_compiled_bears_the_name_that_is_looked_for() -> None:
    from address.match.rows import resolve

    assert (HERE / "match" / "rows.py").exists()
    name = f"rows.{resolve.py_func.__qualname__.replace('<', '').replace('>', '')}-1.py311.nbi"
    assert Path(name).match(LAST)
