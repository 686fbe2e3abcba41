"""Writing a layer of areas as boundary points 界址点成果导出."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from spatial.catalogue.contract import STAMP, Contract, Field
from spatial.datum import BEIJING, Frame, legal_areas_m2
from spatial.errors import FieldsDoNotMatch, InvalidInput, shorten
from spatial.exchange.block import Block
from spatial.exchange.boundary import form
from spatial.exchange.fields import plain

_DATUMS = {
    "CGCS2000": "2000国家大地坐标系",
    "XIAN80": "1980西安坐标系",
    "BEIJING54": "1954北京坐标系",
    "NEWBEIJING54": "新1954北京坐标系",
}
_SLOTS = {
    form.NUMBER: (form.NUMBER, "DKBH"),
    form.NAME: (form.NAME, "DKMC", "名称", "name"),
    form.SHEET: (form.SHEET, "TFH"),
    form.USE: (form.USE, "DKYT", "用途", "use"),
    form.USE_CODE: (form.USE_CODE, "DLBM"),
}
"""Names under which a layer's fields fill the head of a parcel."""
_DIGITS = 6
"""A micrometre: what is read back snaps to the position it was made from."""


class BoundaryPoints:
    """Parcels, each with its points ring by ring; the area told is the legal one."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        if contract.geometry not in ("Polygon", "MultiPolygon"):
            raise InvalidInput(
                f"界址点只能由面图层导出:{contract.id}",
                f"only a layer of areas has boundary points: {contract.id}",
                value=contract.id,
            )
        if into.zone_width_deg is None or into.datum not in _DATUMS:
            raise InvalidInput(
                f"界址点须用高斯-克吕格坐标,请用 --crs 指明(如 EPSG:4528):{into.id}",
                f"boundary points are given in a Gauss–Krüger zone; say --crs, as EPSG:4528: {into.id}",
                value=into.id,
            )
        self._into = into
        self._columns = _columns(contract, fields)
        self._file = path.open("w", encoding="gb18030", newline="\r\n")
        self._file.write("\n".join([form.DESCRIPTION, *_description(contract, into), form.PARCELS, ""]))

    def write(self, block: Block) -> None:
        """Append parcels."""
        areas = legal_areas_m2(block.shapes, self._into)
        for row, (fid, shape) in enumerate(zip(block.fids, block.shapes, strict=True)):
            cells = {name: block.values[index][row] for name, index in self._columns.items()}
            self._file.write("\n".join(_parcel(fid, cells, shape, float(areas[row]))) + "\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _description(contract: Contract, into: Frame) -> list[str]:
    meridian, width = into.central_meridian_deg or 0.0, into.zone_width_deg or 3
    zone = into.zone or int(meridian / 3 if width == 3 else (meridian + 3) / 6)
    lines = {
        form.VERSION: "1.01版本",
        form.AUTHOR: contract.steward,
        form.DAY: datetime.now(BEIJING).date().isoformat(),
        form.DATUM: _DATUMS[into.datum],
        form.WIDTH: str(width),
        form.PROJECTION: "高斯克吕格",
        form.UNIT: "米",
        form.ZONE: str(zone),
        form.PRECISION: f"{10**-_DIGITS:.{_DIGITS}f}",
        form.PARAMETERS: ",,,,,,",
    }
    if contract.synthetic:
        lines[form.NATURE] = STAMP
    return [f"{key}={value}" for key, value in lines.items()]


def _columns(contract: Contract, fields: Sequence[Field]) -> dict[str, int]:
    """Which field of the layer fills which place of a parcel's head; the key is its number."""
    found: dict[str, int] = {}
    for slot, wanted in _SLOTS.items():
        keys = {plain(one) for one in wanted}
        for index, field in enumerate(fields):
            names = {plain(one) for one in (field.name, field.title.zh, *field.aliases)}
            if index not in found.values() and names & keys:
                found[slot] = index
                break
    key = next((index for index, field in enumerate(fields) if field.name == contract.key), None)
    if key is not None:
        found[form.NUMBER] = key
    return found


def _parcel(fid: str, cells: dict[str, Any], shape: Any, area_m2: float) -> list[str]:
    lines, ring_number, mark = [], 0, 1
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            ring_number += 1
            first = mark
            points = shapely.get_coordinates(ring)
            for index, (east, north) in enumerate(points.tolist()):
                label = first if index == len(points) - 1 else mark
                mark += label == mark
                lines.append(f"J{label},{ring_number},{north:.{_DIGITS}f},{east:.{_DIGITS}f}")
    told = {slot: _cell(value) for slot, value in cells.items() if value is not None}
    head = {form.NUMBER: _cell(fid)} | told
    head |= {form.POINTS: str(len(lines)), form.AREA_HA: f"{area_m2 / 1e4:.6f}", form.SHAPE: form.POLYGON}
    return [",".join([*(head.get(slot, "") for slot in form.HEAD), form.END_OF_HEAD]), *lines]


def _cell(value: object) -> str:
    text = str(value)
    if any(mark in text for mark in ",,\r\n"):
        shown = shorten(text, 40)
        raise FieldsDoNotMatch(
            f"界址点格式存不下含逗号或换行的文本,请改用 .gpkg:{shown}",
            f"boundary points cannot hold text with a comma or a new line, use .gpkg: {shown}",
            value=shown,
        )
    return text
