"""Ground prepared for quick maps, kept 预备地形缓存: one file of each raster, mapped by whoever asks next.

A file lies below the installation's own data directory. It is named by what its ground was made from
(terrain, raster and the sources that make and prepare it) and holds the digest of that ground: what was made
from other sources, or of another surface, is never found. The folder is bounded; what was not asked for the
longest goes first. A file that cannot be read whole is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.files import replacing
from water.flood import quick
from water.flood.extent import Raster
from water.flood.quick import Prepared
from water.flood.terrain import Terrain
from water.hydraulics.hand import Hand, Rating
from water.hydraulics.model import Grid

MAGIC: Final = b"ONEMAPGRD1\n"
MOST_BYTES: Final = 2 << 30
_ALIGNED: Final = 64
_HERE: Final = Path(__file__).parent
_SOURCES: Final = (
    *("sample.py", "terrain_kernel.py", "imported.py", "surveyed.py", "embankments.py", "plane.py"),
    *("terrain.py", "quick.py", "prepared.py", "../sample/courses.py", "../hydraulics/hand.py"),
    *("../hydraulics/hand_kernel.py", "../hydraulics/checks.py"),
)


@dataclass(frozen=True, slots=True)
class PreparedGround:
    """A ground as quick maps need it, and what is told of it."""

    prepared: Prepared
    ground_sha256: str
    datum: str
    source: str
    synthetic: bool


def ground(folder: Path | None, terrain: str, raster: Raster, make: Callable[[], Terrain]) -> PreparedGround:
    """The prepared ground of a terrain over a raster, from its file, else made and kept.

    ``terrain`` names content, as the digest of a file does; without a folder nothing is kept.
    """
    told = hashlib.sha256(json.dumps([terrain, repr(raster), _sources()]).encode()).hexdigest()
    path = None if folder is None else folder / f"ground-{told[:32]}.kept"
    if path is not None and (found := _load(path)) is not None:
        return found
    made = make()
    found = PreparedGround(quick.prepare(made), made.sha256.hex(), made.datum, made.source, made.synthetic)
    if path is not None:
        _save(path, found)
        _bound(path.parent, path)
    return found


@cache
def _sources() -> str:
    digest = hashlib.sha256(np.__version__.encode())
    for name in _SOURCES:
        digest.update((_HERE / name).read_bytes())
    return digest.hexdigest()


def _save(path: Path, found: PreparedGround) -> None:
    """Write the file, whole."""
    prepared, over = found.prepared, found.prepared.over
    arrays: dict[str, NDArray[Any]] = {
        "down": prepared.down, "cells": prepared.cells, "hand_m": over.hand_m, "reach": over.reach,
        "length_m": over.length_m, "slope": over.slope, "unit_m3_s": prepared.unit.discharge_m3_s,
    }  # fmt: skip
    grid = over.grid
    head = json.dumps(
        {
            "grid": [grid.rows, grid.columns, grid.cell_m],
            "spacing_m": prepared.unit.spacing_m,
            "ground": [found.ground_sha256, found.datum, found.source, found.synthetic],
            "arrays": [[name, each.dtype.str, list(each.shape)] for name, each in arrays.items()],
        }
    ).encode()
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(MAGIC + len(head).to_bytes(8, "little") + head)
        for each in arrays.values():
            file.seek(-(-file.tell() // _ALIGNED) * _ALIGNED)
            file.write(np.ascontiguousarray(each).data)


def _load(path: Path) -> PreparedGround | None:
    """Map the file; None where there is none that was written whole."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            at = file.tell()
        held: dict[str, NDArray[Any]] = {}
        for name, kind, shape in head["arrays"]:
            at = -(-at // _ALIGNED) * _ALIGNED
            held[name] = np.memmap(path, np.dtype(kind), "r", at, tuple(shape))
            at += held[name].nbytes
        os.utime(path)  # asked for now
    except (OSError, ValueError, KeyError):
        return None
    rows, columns, cell_m = head["grid"]
    grid = Grid(rows, columns, cell_m)
    over = Hand(grid, held["hand_m"], held["reach"], held["length_m"], held["slope"])
    unit = Rating(head["spacing_m"], held["unit_m3_s"])
    return PreparedGround(Prepared(held["down"], held["cells"], over, unit), *head["ground"])


def _bound(folder: Path, newest: Path, most_bytes: int = MOST_BYTES) -> None:
    """Remove what was not asked for the longest until the rest fits; never the newest."""
    kept = []
    for each in folder.glob("ground-*.kept"):
        try:
            state = each.stat()
        except FileNotFoundError:
            continue
        kept.append((each != newest, -state.st_mtime, state.st_size, each))
    whole = 0
    for older, _, size, each in sorted(kept):
        whole += size
        if older and whole > most_bytes:
            each.unlink(missing_ok=True)
