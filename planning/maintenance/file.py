"""The maintenance package as a FileGDB 维护包成果: one folder ``….gdb`` with its notes, zipped whole.

EPSG:4490 with the heights of EPSG:5737 (1985 国家高程基准 by its earlier name there) as a compound frame.
The figures have no heights; the vertical datum is named because the form asks for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import shapely

from planning.maintenance.model import FeatureClass, Maintained, Place
from planning.maintenance.roles import TITLES
from spatial.exchange import archive
from spatial.files import replacing

FRAME: Final = "EPSG:4490+5737"
MEDIA_TYPE: Final = "application/zip"
GRID: Final = {"XORIGIN": "-400", "YORIGIN": "-400", "XYSCALE": "100000000000"}
"""1e-11°: a FileGDB's own grid is coarser than what the history keeps."""
_ALWAYS: Final = (
    "椭球面积按国土调查办发〔2008〕32号计算,单位平方米,保留两位小数,四舍五入(ROUND_HALF_UP)。",
    "图形均为单部件;WHQ、WHH 只含有差异的要素(是否须含全部要素待核)。",
    "标识码重新编排:县级代码 6 位、要素代码末 4 位、顺序号 8 位(规则待核);对照见“标识码对照.txt”。",
    "图层名、字段与维护类型取自从业者工具,条款待核。",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    name: str
    """Of the database in the archive."""
    feature_classes: dict[str, int]
    """Feature class → features."""
    vertical: bool
    """Whether the vertical datum stands in the file, as GDAL reads it back."""


def write(path: Path, place: Place, layers: Sequence[Maintained], told: Sequence[str] = ()) -> Written:
    """Write the package to ``path``, a zip; it gets its name when it is complete.

    ``told``: further lines of its notes 说明, as where its data comes from.
    """
    with replacing(path) as partial, tempfile.TemporaryDirectory(dir=path.parent) as work:
        root = Path(work)
        database = root / f"{place.name}.gdb"
        counts = {}
        for layer in layers:
            for each in layer.classes:
                _write(database, each)
                counts[each.name] = len(each.shapes)
        written = Written(database.name, counts, _has_vertical(database, counts))
        (root / "标识码对照.txt").write_text(_recoded(layers), encoding="utf-8")
        notes = "\n".join([place.name, *_notes(layers, written), *_ALWAYS, *told, ""])
        (root / "说明.txt").write_text(notes, encoding="utf-8")
        files = [(str(one.relative_to(root)), one) for one in archive.regular_files(root)]
        archive.pack(files, partial)
    return written


def _write(database: Path, each: FeatureClass) -> None:
    import pyarrow as pa
    from pyogrio.raw import write_arrow

    fields = [
        pa.field(name, kind, metadata=_said(each, name))
        for name, kind in zip(each.table.schema.names, each.table.schema.types, strict=True)
    ]
    shape = pa.field("SHAPE", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    arrays: list[Any] = [column.combine_chunks() for column in each.table.columns]
    arrays.append(pa.array(shapely.to_wkb(each.shapes, byte_order=1), pa.binary()))
    write_arrow(
        pa.Table.from_arrays(arrays, schema=pa.schema([*fields, shape])),
        database,
        layer=each.name,
        driver="OpenFileGDB",
        geometry_name="SHAPE",
        geometry_type="Polygon",
        crs=FRAME,
        layer_options={**GRID, "LAYER_ALIAS": each.title},
    )


def _said(each: FeatureClass, name: str) -> dict[str, str]:
    """What GDAL takes from a field of Arrow: its length, and its Chinese name."""
    told = {"GDAL:OGR:alternative_name": each.aliases[name]}
    if name in each.lengths:
        told["GDAL:OGR:width"] = str(each.lengths[name])
    return told


def _has_vertical(database: Path, names: Iterable[str]) -> bool:
    import pyogrio
    from pyproj import CRS

    frames = [CRS.from_user_input(pyogrio.read_info(database, layer=name)["crs"]) for name in names]
    return bool(frames) and all(each.is_compound for each in frames)


def _recoded(layers: Sequence[Maintained]) -> str:
    lines = ["图层\t标识码\t原标识码"]
    lines += ["\t".join(row) for layer in layers for row in layer.recoded]
    return "\n".join([*lines, ""])


def _notes(layers: Sequence[Maintained], written: Written) -> list[str]:
    kept = "坐标系 EPSG:4490,垂直基准 EPSG:5737(图形为二维,无高程值)。"
    if not written.vertical:
        kept = "坐标系 EPSG:4490;所用驱动未能写入垂直基准 EPSG:5737,请在上报前补写。"
    lines = [kept]
    for layer in layers:
        counts = ",".join(
            f"{TITLES[kind]} {count} 处 {layer.areas_m2[kind]:.2f} 平方米"
            for kind, count in layer.counts.items()
        )
        lines.append(f"{layer.role.code}:{counts}。")
        if layer.hairs:
            left = f"{layer.hairs} 处、{layer.hairs_m2:.4f} 平方米"
            lines.append(f"{layer.role.code}:窄于 1 毫米的碎屑 {left},未列入 WHC。")
        if layer.unexpected:
            kinds = "、".join(TITLES[each] for each in layer.unexpected)
            lines.append(f"{layer.role.code}:出现来源未列的维护类型 {kinds},待核。")
        if layer.role.to_be_checked:
            lines.append(f"{layer.role.code}:{layer.role.to_be_checked}。")
    return lines
