"""FileGDB, GeoPackage and Shapefile through GDAL. Runs in the reader's process.

GDAL has only the one driver that the file's format needs (``gdal.only``). Curves
are found before they are read, as they would come out as polylines without a
word.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw

from spatial.errors import (
    CurvedGeometry,
    FileTooLarge,
    OneMapError,
    SourceLayerUndecided,
    UnreadableFile,
    UnsafeFile,
)
from spatial.exchange import definitions
from spatial.exchange.batches import Batch, Schema, Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.sandbox import Job

_BATCH = 10_000
_EXACT_DOUBLE = 2**53
_KINDS = {
    "OFTString": "text",
    "OFTInteger": "integer",
    "OFTInteger64": "integer",
    "OFTReal": "number",
    "OFTDate": "date",
    "OFTTime": "text",
    "OFTDateTime": "instant",
}
_CURVES = ("CURVE", "CIRCULARSTRING", "COMPOUNDCURVE", "MULTISURFACE", "TIN", "TRIANGLE", "POLYHEDRAL")


def check_geopackage(path: Path) -> None:
    """A GeoPackage is a database: sound pages, and no views where layers should be."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as base:
            base.execute("pragma trusted_schema = off")
            sound = base.execute("pragma quick_check(1)").fetchone()[0]
            layers = {row[0] for row in base.execute("select table_name from gpkg_contents")}
            made = base.execute("select name, type, coalesce(sql, '') from sqlite_master").fetchall()
    except sqlite3.Error as broken:
        raise UnreadableFile(
            f"GeoPackage 损坏或被截断:{path.name}",
            f"the GeoPackage is damaged or cut off ({broken}): {path.name}",
            value=path.name,
        ) from broken
    if sound != "ok":
        raise UnreadableFile(
            f"GeoPackage 损坏:{path.name}", f"the GeoPackage is damaged: {path.name}", value=path.name
        )
    for name, kind, statement in made:
        virtual = statement.lower().lstrip().startswith("create virtual")
        if name in layers and (kind != "table" or virtual):
            raise UnsafeFile(
                f"GeoPackage 的图层是视图或虚拟表,拒绝读取:{name}",
                f"a layer of the GeoPackage is a view or virtual table; refused: {name}",
                value=name,
            )


def read(
    path: Path,
    job: Job,
    writer: Writer,
    *,
    format: str,
    encoding: str | None = None,
    beside: Sequence[str] = (),
) -> dict[str, object]:
    """Read one layer; returns the description for ``Writer.finish``.

    ``beside`` names tables that lie beside the file and may be meant as well.
    """
    try:
        layer = _layer(path, job, beside)
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True, encoding=encoding)
        _check_size(info, job, path.name)
        _check_curves(path, layer, info, path.name)
        meta = _read_batches(path, layer, info, writer, encoding)
    except OneMapError:
        raise
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        RuntimeError,
        ValueError,
    ) as broken:
        if "cannot allocate" in str(broken):
            raise FileTooLarge(
                f"读取时内存超过上限,多因单个几何顶点过多,请拆分:{path.name}",
                "reading takes more memory than is allowed, most likely for one geometry of very many"
                f" vertices; split it: {path.name}",
                value=path.name,
            ) from broken
        raise UnreadableFile(
            f"文件损坏、被截断或内容与扩展名不符:{path.name}",
            f"the file is damaged, cut off or not what its name says ({broken}): {path.name}",
            value=path.name,
        ) from broken
    expected = int(info["features"])
    if writer.rows != expected:
        raise UnreadableFile(
            f"应有 {expected} 个要素,只读出 {writer.rows} 个,文件可能被截断:{path.name}",
            f"{expected} features are announced and {writer.rows} readable; cut off? {path.name}",
            value=path.name,
        )
    columns = [str(name) for name in meta["fields"]]
    told = Evidence("bytes", f"{format} 内为 UTF-8", f"{format} is UTF-8 inside")
    return {
        "format": format,
        "layer": layer,
        "columns": columns,
        "kinds": [_KINDS.get(kind, "unsupported") for kind in meta["ogr_types"]],
        "declared_wkt": meta["crs"],
        "encoding": EncodingReading("UTF-8", (told,)).to_json(),
        "name_bytes_limit": None,
        "notes": [],
        "coordinates": None,
        "schema": _schema(path, layer, columns, format),
    }


def _schema(path: Path, layer: str, columns: list[str], format: str) -> Schema:
    if format == "filegdb":
        return definitions.of_geodatabase(path, layer, columns)
    return definitions.of_geopackage(path, layer, columns) if format == "geopackage" else Schema()


def _layer(path: Path, job: Job, beside: Sequence[str]) -> str:
    names = [*(str(name) for name in pyogrio.list_layers(path)[:, 0]), *beside]
    if job.layer in names:
        return str(job.layer)
    if job.layer is None:
        hinted = [name for name in names if name in job.hints]
        if len(names) == 1 or len(hinted) == 1:
            return (hinted or names)[0]
    if not names:
        raise UnreadableFile(
            f"文件中没有图层:{path.name}", f"no layer in the file: {path.name}", value=path.name
        )
    shown = job.layer or path.name
    raise SourceLayerUndecided(
        f"文件有多个图层({'、'.join(names[:20])}),请用 --source-layer 指明:{shown}",
        f"the file has these layers ({', '.join(names[:20])}); choose with --source-layer: {shown}",
        value=shown,
        details={"layers": names},
    )


def _check_size(info: dict[str, Any], job: Job, name: str) -> None:
    if int(info["features"]) > job.limits.rows or len(info["fields"]) > job.limits.columns:
        raise FileTooLarge(f"要素或字段过多:{name}", f"too many features or fields: {name}", value=name)


def _check_curves(path: Path, layer: str, info: dict[str, Any], name: str) -> None:
    if info["geometry_type"] is None:
        return
    quoted = layer.replace('"', '\\"')
    query = f'select OGR_GEOMETRY from "{quoted}" where ' + " or ".join(
        f"OGR_GEOMETRY like '%{kind}%'" for kind in _CURVES
    )
    _, fids, _, found = pyogrio.raw.read(
        path, sql=query, sql_dialect="OGRSQL", read_geometry=False, return_fids=True, max_features=20
    )
    curved = [(int(fid), str(kind)) for fid, kind in zip(fids, found[0], strict=True) if kind is not None]
    # A FileGDB calls every multipart polygon with an arc MULTISURFACE; without arcs it says MULTIPOLYGON.
    if curved:
        raise CurvedGeometry(
            f"含曲线几何(要素 {curved[0][0]},{curved[0][1]}),请先在源软件中折线化:{name}",
            f"curved geometry (feature {curved[0][0]}, {curved[0][1]}); "
            f"turn curves into lines at the source: {name}",
            value=name,
            details={"features": [{"fid": fid, "type": kind} for fid, kind in curved]},
        )


def _read_batches(
    path: Path, layer: str, info: dict[str, Any], writer: Writer, encoding: str | None
) -> dict[str, Any]:
    has_geometry = info["geometry_type"] is not None
    start = 0
    while True:
        meta, fids, wkb, values = pyogrio.raw.read(
            path,
            layer=layer,
            encoding=encoding,
            skip_features=start,
            max_features=_BATCH,
            read_geometry=has_geometry,
            return_fids=True,
            datetime_as_string=True,
        )
        lines = np.arange(start + 1, start + 1 + len(fids), dtype=np.int64)
        columns, lossy = [], []
        for array, kind in zip(values, meta["ogr_types"], strict=True):
            texts, lost = _texts(array, kind)
            if kind == "OFTDateTime" and path.suffix == ".gdb":
                # A FileGDB holds clock time without a zone; GDAL prints it as if it were UTC.
                texts = [None if text is None else text.removesuffix("Z") for text in texts]
            columns.append(texts)
            lossy.append(lost)
        shapes = list(wkb) if has_geometry else None
        if len(fids) or writer.batches == 0:
            writer.write(Batch(lines, columns, lossy, shapes))
        start += len(fids)
        if len(fids) < _BATCH:
            return dict(meta)


def _texts(array: Any, kind: str) -> tuple[list[str | None], Any]:
    """A column as text, and where a double can no longer hold the whole number it stood for."""
    lost = np.zeros(len(array), dtype=np.bool_)
    if array.dtype.kind == "f":
        known = np.isfinite(array)
        whole = known & (np.floor(np.where(known, array, 0.5)) == array) & (np.abs(array) < 1e19)
        lost = whole & (np.abs(array) > _EXACT_DOUBLE)
        return [
            None if not here else (str(int(value)) if flat else repr(value))
            for value, here, flat in zip(array.tolist(), known.tolist(), whole.tolist(), strict=True)
        ], lost
    if array.dtype.kind == "b":
        return ["true" if value else "false" for value in array.tolist()], lost
    if array.dtype.kind in "iu":
        return [str(value) for value in array.tolist()], lost
    return [None if value is None else str(value) for value in array.tolist()], lost
