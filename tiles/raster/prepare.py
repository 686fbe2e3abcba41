"""Preparing a catalogued image 影像预制: one cloud-optimised GeoTIFF for each matrix set.

The image is read by a child behind fences (``cut.py``). Its result is moved into
place whole and noted afterwards: a preparation that was killed leaves nothing
that is served, and is simply made again. The file's own bytes decide the name,
so what is served under a name never changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from spatial.database import connect
from spatial.datum import Registry
from spatial.datum.store import load_registry
from spatial.errors import FrameUndecided, NotFound
from spatial.exchange import originals, sandbox
from spatial.history.model import FeatureTable
from tiles.matrix import MatrixSet
from tiles.raster import cut, fence, store
from tiles.raster.fence import ORDINARY, Limits
from tiles.raster.model import RECIPE, Prepared, Source

KNOWN_DATUMS = ("CGCS2000", "WGS84")
"""Between these nothing is moved; an image of another datum would land metres beside its place."""


def prepare(
    dsn: str,
    table: FeatureTable,
    grids: Sequence[MatrixSet],
    folder: Path,
    *,
    asset_ids: Sequence[str] | None = None,
    limits: Limits = ORDINARY,
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
    path, epsg = settled(source, registry)
    folder.mkdir(parents=True, exist_ok=True)
    with sandbox.work_folder(folder) as work:
        job = {
            "grid": asdict(grid),
            "epsg": epsg,
            "content": source.content.value,
            "nodata": source.nodata,
        }
        told = fence.told_by("tiles.raster.cut", work, job, {source.name: path}, limits)
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


def settled(source: Source, registry: Registry) -> tuple[Path, int]:
    """Where the file lies, still the one that was catalogued, and the EPSG code of its frame."""
    frame = registry.frame(source.frame)
    if frame.datum not in KNOWN_DATUMS or frame.epsg is None:
        raise FrameUndecided(
            f"影像的坐标系 {source.frame} 不属于 CGCS2000,须先换算再登记:{source.name}",
            f"the image's frame {source.frame} is none of CGCS2000; convert the image, then catalogue it:"
            f" {source.name}",
            value=source.frame,
        )
    path = Path(source.place).resolve()
    if not path.is_file() or originals.digest(path).hex() != source.asset_id:
        raise NotFound(
            f"登记的影像已不在原处或内容已变,请重新登记:{source.name}",
            f"a catalogued image is gone or has changed; catalogue it again: {source.name}",
            value=source.name,
        )
    return path, frame.epsg


def _place(made: Path, target: Path) -> None:
    """Into place whole: written through, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)
