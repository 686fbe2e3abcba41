"""The child that cuts one foreign image into a matrix set's grid, behind the fences of the exchange.

Started by ``tiles.raster.prepare`` with a work folder; leaves ``cut.tif`` besides what it tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiles.raster import fence

PICTURE = "cut.tif"


def main(work_folder: str) -> None:
    """Fence this process in, then cut."""
    fence.behind(work_folder, _load)


def _load() -> fence.Work:
    from tiles.raster import warp

    def cut(job: dict[str, Any], work: Path) -> dict[str, Any]:
        (source,) = job["sources"].values()
        return warp.into_grid(job, Path(source), work / PICTURE)

    return cut
