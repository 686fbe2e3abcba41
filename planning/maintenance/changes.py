"""WHC 维护情况: the ground that changed, in single parts: moved in, moved out, given other attributes."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from planning.difference.ground import NOWHERE, TOLERANCE_M, Floats, Ground, Side, in_degrees
from planning.edition import Flags, Ints, differs
from planning.maintenance.model import AREAS, LENGTHS, Codes, FeatureClass, Place, Reason
from planning.maintenance.roles import Change, Role
from spatial.datum import legal_areas_m2

_ALIASES: Final = {
    "BSM": "标识码", "YSDM": "要素代码", "XZQDM": "行政区代码", "XZQMC": "行政区名称", "WHLX": "维护类型",
    "WHLY": "维护理由", "JDZBLY": "机动指标来源", "WHBH": "维护编号", "KZBSHSLX": "扩展倍数核算类型",
    "BZ": "备注",
}  # fmt: skip


def changes_of(
    role: Role, ground: Ground, reason: Reason, place: Place, codes: Codes
) -> tuple[FeatureClass, Ints, Floats, Floats]:
    """Single polygons of changed ground; their kinds and legal areas; the areas of what is left out.

    Left out is ground narrower than the tolerance.
    """
    import pyarrow as pa

    other, said = _attributes(ground)
    gone = np.where(ground.new == NOWHERE, Change.MOVED_OUT, Change.ATTRIBUTES)
    kinds: Ints = np.where(ground.old == NOWHERE, Change.MOVED_IN, gone)
    told = np.flatnonzero((kinds != Change.ATTRIBUTES) | other)
    parts, index = shapely.get_parts(ground.pieces[told], return_index=True)
    piece = told[index]
    areas = legal_areas_m2(parts, ground.plane)
    wide = shapely.area(parts) >= TOLERANCE_M * 0.5 * shapely.length(parts)
    hairs, parts, piece, areas = areas[~wide], parts[wide], piece[wide], areas[wide]
    kind = kinds[piece]
    there = [
        (ground.newer if new != NOWHERE else ground.older, new if new != NOWHERE else old)
        for old, new in zip(ground.old[piece].tolist(), ground.new[piece].tolist(), strict=True)
    ]
    columns = {
        "BSM": codes.take(len(parts)),
        "YSDM": [role.ysdm or _own_code(side, row) for side, row in there],
        "XZQDM": [place.xzqdm] * len(parts),
        "XZQMC": [place.xzqmc] * len(parts),
        "WHLX": [str(int(each)) for each in kind],
        "WHLY": [reason.whly] * len(parts),
        "JDZBLY": [reason.jdzbly] * len(parts),
        "WHBH": [reason.whbh] * len(parts),
        "KZBSHSLX": [reason.kzbshslx] * len(parts),
        "BZ": [f"{reason.bz} {said[each]}".strip()[: LENGTHS["BZ"]] for each in piece],
    }  # fmt: skip
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    made = FeatureClass(
        f"{role.code}WHC", "维护情况", table, LENGTHS, _ALIASES,
        in_degrees(parts, ground.plane),
    )  # fmt: skip
    return made, kind, areas, hairs


def _own_code(side: Side, row: int) -> str | None:
    """要素代码 of the feature itself, where no source tells that of the layer."""
    if "ysdm" not in side.rows.attributes:
        return None
    code: str | None = side.rows.column("ysdm")[row].as_py()
    return code


def _attributes(ground: Ground) -> tuple[Flags, list[str]]:
    """Which pieces have other attributes than before, or belong to another figure; and which those are.

    Areas are left out: they follow the line.
    """
    both = np.flatnonzero((ground.old != NOWHERE) & (ground.new != NOWHERE))
    older, newer = ground.older.rows, ground.newer.rows
    other, said = np.zeros(len(ground.pieces), np.bool_), [""] * len(ground.pieces)
    for name in ("bsm", *older.attributes):
        if name in AREAS:
            continue
        left, right = older.column(name).take(ground.old[both]), newer.column(name).take(ground.new[both])
        for row in np.flatnonzero(differs(left, right)).tolist():
            piece = int(both[row])
            other[piece] = True
            said[piece] += f" {name.upper()}:{left[row].as_py()}→{right[row].as_py()}"
    return other, [each.strip() for each in said]
