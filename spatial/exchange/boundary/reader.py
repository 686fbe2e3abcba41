"""Reading boundary points 界址点成果读取. Runs in the reader's process.

The whole text is looked at; what is wrong with a parcel names the line of the
file and rejects that parcel, what is wrong with the file refuses it. Rings must
close: the last point is the first one again, in mark and in position. Whether X
is the northing is left to the size of the numbers, as in every other table.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spatial.errors import FileTooLarge, UnreadableFile, shorten
from spatial.exchange import gauss_kruger, rings, table
from spatial.exchange.batches import Writer
from spatial.exchange.boundary import form
from spatial.exchange.evidence import Evidence
from spatial.exchange.features import Found, write_known
from spatial.exchange.sandbox import Job

_MARKS = tuple(
    mark.encode(codec)
    for mark in (form.DESCRIPTION, form.PARCELS)
    for codec in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
)
_LINE_END = re.compile(r"\r\n|\r|\n")
"""As an editor counts lines: what else Unicode would break a line at may stand in a name."""
_PREFIXED_M = 1e7
_CLOSED_M = 5e-4
"""First and last point of a ring agree to half a millimetre, the last digit such files carry."""


def recognised(head: bytes) -> bool:
    """Whether the beginning of a file is that of boundary points."""
    return any(mark in head for mark in _MARKS)


@dataclass(slots=True)
class _Parcel:
    line: int
    head: dict[str, str | None]
    rings: list[tuple[int, list[tuple[str, float, float]]]] = field(default_factory=list)
    """Line of its first point, and the points: mark, X (north), Y (east)."""
    ring: str | None = None
    """Number of the ring that is being read."""
    closed: set[str] = field(default_factory=set)
    """Numbers of the rings before it."""
    problem: tuple[str, str] | None = None

    def fault(self, line: int, zh: str, en: str) -> None:
        """Note the first fault of the parcel."""
        if self.problem is None:
            self.problem = (f"第 {line} 行:{zh}", f"line {line}: {en}")


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read a file of boundary points; returns the description for ``Writer.finish``."""
    if path.stat().st_size > job.limits.table_bytes:
        raise FileTooLarge(
            f"文件过大,请拆分:{path.name}", f"the file is too large, split it: {path.name}", value=path.name
        )
    reading, text = table.decoded(path.read_bytes(), job, path.name)
    said, parcels = _parse(text, path.name)
    told, frame_id = _frame(said, parcels, path.name)
    features = (_feature(parcel) for parcel in parcels)
    write_known(features, form.HEAD, writer, job.limits)
    return {
        "format": "boundary-points",
        "layer": path.stem,
        "columns": list(form.HEAD),
        "kinds": ["mixed"] * len(form.HEAD),
        "declared_wkt": frame_id,
        "encoding": reading.to_json(),
        "name_bytes_limit": None,
        "notes": [one.to_json() for one in told],
        "coordinates": None,
    }


def _parse(text: str, name: str) -> tuple[dict[str, str], list[_Parcel]]:
    said: dict[str, str] = {}
    parcels: list[_Parcel] = []
    section = None
    for number, line in enumerate(_LINE_END.split(text), 1):
        line = line.strip().replace(",", ",")
        if not line:
            continue
        if line.startswith("["):
            section = line
        elif section == form.DESCRIPTION:
            key, equals, value = line.partition("=")
            if not equals:
                raise _broken(name, number, "应为“名称=值”", "NAME=VALUE was expected", line)
            said[key.strip()] = value.strip()
        elif section == form.PARCELS:
            _parcel_line(line, number, parcels, name)
        else:
            raise _broken(name, number, "不在任何段内", "stands in no section", line)
    if not parcels:
        raise UnreadableFile(f"没有地块:{name}", f"there is no parcel in the file: {name}", value=name)
    return said, parcels


def _parcel_line(line: str, number: int, parcels: list[_Parcel], name: str) -> None:
    cells = [cell.strip() for cell in line.split(",")]
    while len(cells) > 1 and not cells[-1]:  # a spreadsheet pads all its lines
        cells.pop()
    if cells[-1] == form.END_OF_HEAD:
        given = cells[:-1]
        if len(given) > len(form.HEAD):
            raise _broken(name, number, "地块行多出内容", "a parcel's head has too many parts", line)
        padded = given + [""] * (len(form.HEAD) - len(given))
        parcels.append(_Parcel(number, {k: v or None for k, v in zip(form.HEAD, padded, strict=True)}))
        return
    if not parcels:
        raise _broken(name, number, "坐标之前没有以 @ 结尾的地块行", "a point before any parcel's head", line)
    parcel = parcels[-1]
    if len(cells) != 4:
        parcel.fault(
            number,
            f"应为“点号,圈号,X,Y”:{shorten(line, 60)}",
            f"MARK,RING,X,Y was expected: {shorten(line, 60)}",
        )
        return
    mark, ring = cells[0], cells[1]
    x, y = form.number(cells[2]), form.number(cells[3])
    if not (math.isfinite(x) and math.isfinite(y)):
        parcel.fault(
            number, f"坐标不是数值:{shorten(line, 60)}", f"a coordinate is no number: {shorten(line, 60)}"
        )
        return
    if not ring:
        parcel.fault(
            number, f"缺圈号:{shorten(line, 60)}", f"the number of the ring is missing: {shorten(line, 60)}"
        )
        return
    if ring != parcel.ring:
        if ring in parcel.closed:
            parcel.fault(number, f"圈号不连续:{ring}", f"ring numbers are not in sequence: {ring}")
        if parcel.ring is not None:
            parcel.closed.add(parcel.ring)
        parcel.rings.append((number, []))
        parcel.ring = ring
    parcel.rings[-1][1].append((mark, x, y))


def _broken(name: str, line: int, zh: str, en: str, found: str) -> UnreadableFile:
    return UnreadableFile(
        f"界址点文件第 {line} 行{zh}({shorten(found, 60)}):{name}",
        f"line {line} of the boundary points: {en} ({shorten(found, 60)}): {name}",
        value=name,
        details={"line": line},
    )


def _feature(parcel: _Parcel) -> Found:
    if not parcel.rings:
        parcel.fault(parcel.line, "地块没有界址点", "the parcel has no point")
    for line, points in parcel.rings:
        _check_ring(parcel, line, points)
    _check_head(parcel)
    shape = None
    if parcel.problem is None:
        shape = rings.assemble([np.array([(y, x) for _, x, y in points]) for _, points in parcel.rings])
    return Found(parcel.line, parcel.head, shape, parcel.problem)


def _check_ring(parcel: _Parcel, line: int, points: list[tuple[str, float, float]]) -> None:
    (first, x0, y0), (last, x1, y1) = points[0], points[-1]
    if len(points) < 4:
        parcel.fault(line, f"一圈不足 4 点({len(points)})", f"a ring has fewer than 4 points ({len(points)})")
    elif max(abs(x0 - x1), abs(y0 - y1)) > _CLOSED_M:
        apart = math.hypot(x0 - x1, y0 - y1)
        parcel.fault(
            line,
            f"界址线未闭合,首点 {first} 与末点 {last} 相距 {apart:.3f} m",
            f"the ring does not close: first point {first} and last {last} are {apart:.3f} m apart",
        )
    elif first != last:
        parcel.fault(
            line,
            f"首末点位置相同而点号不同:{first}、{last}",
            f"first and last point are at one place under two marks: {first}, {last}",
        )
    else:
        points[-1] = points[0]


def _check_head(parcel: _Parcel) -> None:
    shape, said = parcel.head[form.SHAPE], parcel.head[form.POINTS]
    if shape not in (None, form.POLYGON):
        parcel.fault(parcel.line, f"只接受“面”,实为:{shape}", f"only 面 (polygon) is taken: {shape}")
    lines = sum(len(points) for _, points in parcel.rings)
    if said is not None and said not in (str(lines), str(lines - len(parcel.rings))):
        parcel.fault(
            parcel.line,
            f"声明 {said} 个界址点,实有 {lines} 行",
            f"{said} points are announced, {lines} lines are there",
        )


def _frame(said: dict[str, str], parcels: list[_Parcel], name: str) -> tuple[list[Evidence], str | None]:
    """What the head says of the frame: evidence, and a code or a name that is none."""
    unit = said.get(form.UNIT, "")
    if unit not in ("", "米", "m", "M"):
        raise UnreadableFile(
            f"计量单位须为米,请换算后再提交:{unit}",
            f"the unit must be 米 (metre); convert: {unit}",
            value=unit,
        )
    words = [
        f"{key}={said[key]}" for key in (form.DATUM, form.WIDTH, form.PROJECTION, form.ZONE) if said.get(key)
    ]
    if not words:
        return [Evidence("undeclared", "文件未写明坐标系", "the file does not say its frame")], None
    shown = ",".join(words)
    told = [Evidence("declared", f"文件写明 {shown}", f"the file says {shown}")]
    return told, _code(said, parcels) or shown


def _code(said: dict[str, str], parcels: list[_Parcel]) -> str | None:
    datum = gauss_kruger.datum_of(said.get(form.DATUM, ""))
    width = "".join(c for c in said.get(form.WIDTH, "") if c.isdecimal())
    zone = "".join(c for c in said.get(form.ZONE, "") if c.isdecimal())
    if datum is None or width not in ("3", "6") or not zone or int(zone) > 99:
        return None
    if said.get(form.PROJECTION) and not said[form.PROJECTION].startswith("高斯"):
        return None
    prefixed = any(
        max(x, y) > _PREFIXED_M for one in parcels for _, points in one.rings for _, x, y in points
    )
    meridian = gauss_kruger.meridian_of(int(width), int(zone))
    found = gauss_kruger.plane(datum, int(width), meridian, prefixed=prefixed)
    return None if found is None else found.id
