"""Proof of a maintenance package 维护包自检: read as whoever receives it reads it, it must explain itself.

For every layer: WHQ without what was moved out, with what was moved in, is WHH; every piece of ground
whose attributes differ lies in a WHC record; figures are single, codes unique and of 18 characters,
areas legal and rounded half up. It shares no step with the making of the package but the legal area.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from planning.difference.ground import TOLERANCE_M, on_plane
from planning.edition import Shapes, differs
from planning.errors import PackageUnproved
from planning.maintenance.model import AREAS, WHOLE_AREA
from planning.maintenance.roles import Change
from spatial.datum import Frame, frame, legal_areas_m2
from spatial.exchange import archive
from spatial.exchange.sandbox import Limits

if TYPE_CHECKING:
    import pyarrow as pa

_SUFFIXES: Final = ("WHQ", "WHH", "WHC")
_CODE_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class Fault:
    """What of a package does not hold."""

    feature_class: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Read:
    table: pa.Table
    shapes: Shapes
    """On the plane."""
    degrees: Shapes


def prove(path: Path, plane: Frame | None = None) -> tuple[Fault, ...]:
    """What does not hold of a zipped package; nothing where all is explained."""
    with tempfile.TemporaryDirectory() as work:
        archive.unpack(path, Path(work), Limits())
        database = next(Path(work).rglob("*.gdb"))
        return prove_database(database, plane or frame("EPSG:4549"))


def require(path: Path, plane: Frame | None = None) -> None:
    """PackageUnproved, with what is wrong, where :func:`prove` finds anything."""
    faults = prove(path, plane)
    if faults:
        zh = ";".join(f"{each.feature_class} {each.zh}" for each in faults[:10])
        en = "; ".join(f"{each.feature_class} {each.en}" for each in faults[:10])
        raise PackageUnproved(
            f"维护包未通过自检,请勿上报:{zh}",
            f"the package does not prove itself, do not hand it up: {en}",
            value=[each.feature_class for each in faults],
        )


def prove_database(database: Path, plane: Frame) -> tuple[Fault, ...]:
    """The same of a FileGDB."""
    import pyogrio

    names = {str(name) for name, _ in pyogrio.list_layers(database)}
    roles = sorted({name[:-3] for name in names})
    faults = [
        Fault(f"{role}{suffix}", "缺少图层", "is missing")
        for role in roles
        for suffix in _SUFFIXES
        if f"{role}{suffix}" not in names
    ]
    if faults:
        return tuple(faults)
    for role in roles:
        read = {suffix: _read(database, f"{role}{suffix}", plane) for suffix in _SUFFIXES}
        faults += [*_form(role, read, plane), *_ground(role, read), *_explained(role, read)]
    return tuple(faults)


def _read(database: Path, name: str, plane: Frame) -> _Read:
    from pyogrio.raw import read_arrow

    meta, table = read_arrow(database, layer=name)
    wkb = table.column(meta["geometry_name"]).to_numpy()
    shapes = np.asarray(shapely.from_wkb(wkb), dtype=object)
    return _Read(table.drop_columns([meta["geometry_name"]]), on_plane(shapes, plane), shapes)


def _form(role: str, read: Mapping[str, _Read], plane: Frame) -> list[Fault]:
    """Single parts, codes, areas."""
    faults, codes = [], list[str]()
    for suffix, each in read.items():
        name = f"{role}{suffix}"
        if (shapely.get_num_geometries(each.shapes) != 1).any():
            faults.append(Fault(name, "有多部件图形", "has figures of several parts"))
        codes += each.table.column("BSM").to_pylist()
        areas = legal_areas_m2(each.degrees, plane, given_in=frame("EPSG:4490"))
        for field in WHOLE_AREA:
            if field.upper() in each.table.column_names:
                faults += _areas(name, field.upper(), each.table.column(field.upper()).to_pylist(), areas)
    if len(set(codes)) != len(codes) or any(len(code or "") != _CODE_LENGTH for code in codes):
        faults.append(Fault(role, "标识码重复或不是 18 位", "codes repeat or are not of 18 characters"))
    return faults


def _areas(name: str, field: str, declared: list[float | None], legal: Any) -> list[Fault]:
    hundredth = Decimal("0.01")
    for said, area in zip(declared, legal.tolist(), strict=True):
        exact = Decimal(area)
        # The tie itself cannot be told after writing: either neighbour of it is right there.
        low, high = (
            (exact + off).quantize(hundredth, ROUND_HALF_UP) for off in (Decimal("-1e-4"), Decimal("1e-4"))
        )
        if said is None or not low <= Decimal(repr(said)) <= high:
            return [Fault(name, f"{field} 不是椭球面积:{said}", f"{field} is not the legal area: {said}")]
    return []


def _ground(role: str, read: Mapping[str, _Read]) -> list[Fault]:
    """WHQ − moved out + moved in = WHH, as ground."""
    before, after = (shapely.union_all(read[suffix].shapes) for suffix in ("WHQ", "WHH"))
    moved_in, moved_out = (_of_kind(read["WHC"], kind) for kind in (Change.MOVED_IN, Change.MOVED_OUT))
    made = shapely.union(shapely.difference(before, moved_out), moved_in)
    faults = []
    if _wide(shapely.symmetric_difference(made, after)):
        faults.append(
            Fault(
                role, "WHQ − 调出 + 调入 ≠ WHH", "WHQ without what moved out, with what moved in, is not WHH"
            )
        )
    if _wide(shapely.difference(moved_out, before)) or _wide(shapely.difference(moved_in, after)):
        faults.append(Fault(role, "调出不在 WHQ 内或调入不在 WHH 内", "moved ground lies outside WHQ or WHH"))
    return faults


def _explained(role: str, read: Mapping[str, _Read]) -> list[Fault]:
    """Ground whose attributes differ lies in records of kind 2, and those lie in both states."""
    before, after = read["WHQ"], read["WHH"]
    one, two = shapely.STRtree(after.shapes).query(before.shapes, predicate="intersects")
    other = np.zeros(len(one), np.bool_)
    for name in before.table.column_names:
        if name != "BSM" and name.lower() not in AREAS:
            left, right = (
                each.table.column(name).combine_chunks().take(rows)
                for each, rows in ((before, one), (after, two))
            )
            other |= differs(left, right)
    ground = shapely.union_all(shapely.intersection(before.shapes[one[other]], after.shapes[two[other]]))
    told = _of_kind(read["WHC"], Change.ATTRIBUTES)
    faults = []
    if _wide(shapely.difference(ground, told)):
        faults.append(
            Fault(role, "有属性变更未列入 WHC", "attributes differ on ground that WHC does not tell")
        )
    both = shapely.intersection(shapely.union_all(before.shapes), shapely.union_all(after.shapes))
    if _wide(shapely.difference(told, both)):
        faults.append(Fault(role, "属性变更超出维护前后的图形", "changed attributes lie outside both states"))
    return faults


def _of_kind(changes: _Read, kind: Change) -> shapely.Geometry:
    kinds = np.array(changes.table.column("WHLX").to_pylist(), dtype=object)
    return shapely.union_all(changes.shapes[kinds == str(int(kind))])


def _wide(shape: shapely.Geometry) -> bool:
    """Whether anything of it is wider than twice the tolerance: each line may be off by one."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) > 0]
    return bool((shapely.area(parts) > 2.0 * TOLERANCE_M * 0.5 * shapely.length(parts)).any())
