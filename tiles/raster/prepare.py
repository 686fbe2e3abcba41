"""Preparing a catalogued image 影像预制: one cloud-optimised GeoTIFF for each matrix set.

The image is read by a child behind fences (``cut.py``). Its result is moved into
place whole and noted afterwards: a preparation that was killed leaves nothing
that is served, and is simply made again. The file's own bytes decide the name,
so what is served under a name never changes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spatial.database import connect
from spatial.datum import Registry
from spatial.datum.store import load_registry
from spatial.errors import FileTooLarge, FrameUndecided, NotFound, OneMapError, UnreadableFile
from spatial.exchange import originals, sandbox
from spatial.history.model import FeatureTable
from tiles.matrix import MatrixSet
from tiles.raster import cut, store
from tiles.raster.model import RECIPE, Prepared, Source

KNOWN_DATUMS = ("CGCS2000", "WGS84")
"""Between these nothing is moved; an image of another datum would land metres beside its place."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one cut may cost."""

    memory_bytes: int = 4 << 30
    cpu_s: int = 3600
    wall_s: float = 7200.0
    file_bytes: int = 64 << 30
    threads: int = 2


def prepare(
    dsn: str,
    table: FeatureTable,
    grids: Sequence[MatrixSet],
    folder: Path,
    *,
    asset_ids: Sequence[str] | None = None,
    limits: Limits = Limits(),
) -> Iterator[tuple[Source, MatrixSet, Prepared | None]]:
    """Prepare what is not yet, one by one as they are done; ``None`` for what was there already.

    Raises UnreadableFile, FileTooLarge, FrameUndecided for a datum that is not
    the platform's, NotFound where a catalogued file is gone or has changed.
    """
    with connect(dsn) as connection:
        registry = load_registry(connection)
        wanted = store.sources(connection, table, asset_ids)
        held = {
            (each.asset_id, each.matrix_set)
            for each in store.prepared(connection)
            if each.recipe == RECIPE and (folder / each.file).is_file()
        }
    for source in wanted:
        for grid in grids:
            if (source.asset_id, grid.id) in held:
                yield source, grid, None
                continue
            made = one(source, grid, registry, folder, limits)
            with connect(dsn) as connection:
                store.record(connection, made)
                connection.commit()
            yield source, grid, made


def one(source: Source, grid: MatrixSet, registry: Registry, folder: Path, limits: Limits) -> Prepared:
    """Cut one image into one grid and put it into place."""
    frame = registry.frame(source.frame)
    if frame.datum not in KNOWN_DATUMS or frame.epsg is None:
        raise FrameUndecided(
            f"影像的坐标系 {source.frame} 不属于 CGCS2000,须先换算再登记:{source.name}",
            f"the image's frame {source.frame} is none of CGCS2000; convert the image, then catalogue it:"
            f" {source.name}",
            value=source.frame,
        )
    path = Path(source.place)
    if not path.is_file() or originals.digest(path).hex() != source.asset_id:
        raise NotFound(
            f"登记的影像已不在原处或内容已变,请重新登记:{source.name}",
            f"a catalogued image is gone or has changed; catalogue it again: {source.name}",
            value=source.name,
        )
    folder.mkdir(parents=True, exist_ok=True)
    with sandbox.work_folder(folder) as work:
        told = _child(source, path, frame.epsg, grid, work, limits)
        picture = work / cut.PICTURE
        digest = originals.digest(picture)
        name = f"{source.asset_id[:2]}/{source.asset_id}/{grid.id}-{digest.hex()[:16]}.tif"
        _place(picture, folder / name)
        return Prepared(
            source.asset_id,
            grid.id,
            source.content,
            name,
            digest,
            (folder / name).stat().st_size,
            *(int(told["max_zoom"]), int(told["bands"]), told["low"], told["high"]),
        )


def _child(
    source: Source, path: Path, epsg: int, grid: MatrixSet, work: Path, limits: Limits
) -> dict[str, Any]:
    job = {
        "source": str(path.resolve()),
        "grid": asdict(grid),
        "epsg": epsg,
        "content": source.content.value,
        "nodata": source.nodata,
        **asdict(limits),
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")
    try:
        code = sandbox.child("tiles.raster.cut", work, _environment(work), limits.wall_s)
    except subprocess.TimeoutExpired as late:
        raise _over(source) from late
    if code != 0:
        raise _failure(source, work, code)
    told: dict[str, Any] = json.loads((work / cut.RESULT).read_text(encoding="utf-8"))
    return told


def _failure(source: Source, work: Path, code: int) -> OneMapError:
    error = work / sandbox.ERROR
    if error.exists():
        return sandbox.error_told(error)
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
        return _over(source)
    return UnreadableFile(
        f"影像无法切制,处理进程异常结束({code}):{source.name}",
        f"the image cannot be prepared; its process ended abnormally ({code}): {source.name}",
        value=source.name,
        details={"reader": sandbox.said(work)},
    )


def _over(source: Source) -> FileTooLarge:
    return FileTooLarge(
        f"切制影像超出时间、内存或大小限制,请拆分后再登记:{source.name}",
        "preparing the image went over time, memory or size; split it and catalogue the parts:"
        f" {source.name}",
        value=source.name,
    )


def _environment(work: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work),
        "CPL_TMPDIR": str(work),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "256",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_PAM_ENABLED": "NO",
        "PROJ_NETWORK": "OFF",
    }


def _place(made: Path, target: Path) -> None:
    """Into place whole: written through, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)
