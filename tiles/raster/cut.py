"""The child that cuts one foreign image into a matrix set's grid, behind the fences of the exchange.

Started by ``tiles.raster.prepare`` with a work folder; leaves ``cut.tif`` and
``cut.json``, or ``error.json``. It never touches the database.
"""

from __future__ import annotations

import json
from pathlib import Path

from spatial.exchange import confine
from spatial.exchange.reader import tell

RESULT, PICTURE = "cut.json", "cut.tif"


def main(work_folder: str) -> None:
    """Fence this process in, then cut."""
    work = Path(work_folder)
    told = json.loads((work / "job.json").read_text(encoding="utf-8"))
    source = Path(told["source"])
    confine.limit(told["memory_bytes"], told["cpu_s"], told["file_bytes"])
    namespace = confine.leave_network()
    # Imported between the fences: the namespace needs a single thread, Landlock the files read by then.
    from rasterio.errors import RasterioError

    from spatial.errors import EnvironmentProblem, OneMapError, UnreadableFile
    from tiles.raster import warp

    confine.shrink_file_system(work, readable=(source,))
    fences_hold = confine.forbid_calls() or namespace
    try:
        if not fences_hold:
            raise EnvironmentProblem(
                "本机无法切断读取进程的网络,拒绝打开外来文件",
                "this machine cannot cut the reader off the network; no foreign file is opened",
            )
        try:
            made = warp.into_grid(told, source, work / PICTURE)
        except RasterioError as failure:
            raise UnreadableFile(
                f"影像无法读取,可能已损坏:{source.name}",
                f"the image cannot be read; it may be damaged: {source.name}",
                value=source.name,
                details={"reader": str(failure)[:500]},
            ) from failure
        (work / RESULT).write_text(json.dumps(made), encoding="utf-8")
    except OneMapError as known:
        tell(work, known)
