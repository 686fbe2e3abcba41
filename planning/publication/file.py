"""All comments of a publication as a file 意见汇总: CSV or GeoPackage, for those who handle them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from planning.publication.comments import OUTCOMES, STANCES, Comment, State
from spatial.datum import format_instant

_STATES: Final = {State.PENDING: "待审核", State.SHOWN: "已公开", State.HIDDEN: "不公开"}
_KINDS: Final = {"points": "Point", "lines": "LineString", "areas": "Polygon"}
TABLE: Final = "without_place"
_COLUMNS: Final[dict[str, Callable[[Comment], str]]] = {
    "编号 comment": lambda each: str(each.id),
    "性质 stance": lambda each: STANCES[each.stance].zh,
    "意见 text": lambda each: each.body,
    "收到时间 received_at": lambda each: format_instant(each.received_at),
    "图层 layer": lambda each: each.layer,
    "要素 feature": lambda each: each.fid,
    "审核 state": lambda each: _STATES[each.state],
    "审核说明 reason": lambda each: each.reason,
    "采纳情况 outcome": lambda each: "" if each.outcome is None else OUTCOMES[each.outcome].zh,
    "答复 answer": lambda each: each.answer,
    "答复部门 answered_by": lambda each: each.answered_by,
    "答复时间 answered_at": lambda each: "" if each.answered_at is None else format_instant(each.answered_at),
}
_PERSON: Final[dict[str, Callable[[Comment], str]]] = {
    "姓名 name": lambda each: "" if each.person is None else each.person.name,
    "联系方式 contact": lambda each: "" if each.person is None else each.person.contact,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes what begins so for a formula."""


def as_csv(comments: Sequence[Comment], *, persons: bool) -> bytes:
    """CSV in UTF-8 with a byte order mark; geometry as WKT, longitude first."""
    told = _columns(persons)
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow([*told, "WKT"])
    for each in comments:
        wkt = "" if each.geometry is None else shapely.to_wkt(_shape(each), rounding_precision=7)
        table.writerow([*(_cell(value(each)) for value in told.values()), wkt])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_geopackage(comments: Sequence[Comment], folder: Path, *, persons: bool) -> bytes:
    """GeoPackage in EPSG:4490: points, lines, areas, and a table of what has no place."""
    path = folder / "comments.gpkg"
    made = False
    for layer, kind in _KINDS.items():
        chosen = [each for each in comments if each.geometry and each.geometry["type"] == kind]
        _write(path, layer, chosen, kind, persons=persons, append=made)
        made = True
    _write(
        path, TABLE, [each for each in comments if each.geometry is None], None, persons=persons, append=True
    )
    return path.read_bytes()


def _write(
    path: Path, layer: str, comments: list[Comment], kind: str | None, *, persons: bool, append: bool
) -> None:
    import pyogrio.raw

    told = _columns(persons)
    shapes = None if kind is None else shapely.to_wkb(np.array([_shape(each) for each in comments], object))
    pyogrio.raw.write(
        path,
        geometry=shapes,
        field_data=[np.array([value(each) for each in comments], object) for value in told.values()],
        fields=[name.partition(" ")[2] for name in told],
        layer=layer,
        driver="GPKG",
        geometry_type=kind,
        crs=None if kind is None else "EPSG:4490",
        append=append,
    )


def _columns(persons: bool) -> dict[str, Callable[[Comment], str]]:
    return _COLUMNS | _PERSON if persons else _COLUMNS


def _shape(each: Comment) -> Any:
    return shapely.geometry.shape(each.geometry)


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
