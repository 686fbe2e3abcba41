"""Reading one layer of a drawing 读取 DXF. Runs in the reader's process."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from spatial.errors import FileTooLarge, SourceLayerUndecided, UnreadableFile
from spatial.exchange import rings
from spatial.exchange.batches import Writer
from spatial.exchange.dxf import APPLICATION, FID, arcs
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.features import Found, write
from spatial.exchange.sandbox import Job

_CURVED = ("ARC", "CIRCLE", "ELLIPSE", "SPLINE")
_READ = ("POINT", "INSERT", "TEXT", "MTEXT", "LINE", "LWPOLYLINE", "POLYLINE", *_CURVED)
_METRES = (0, 6)
"""``$INSUNITS``: not said, metres."""


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read one layer of a drawing; returns the description for ``Writer.finish``."""
    document = _open(path, job)
    drawing = _Drawing(document, job)
    names = write(drawing.features, writer, job.limits)
    encoding = str(document.encoding)
    told = Evidence("declared", f"文件的代码页为 {encoding}", f"the code page of the file is {encoding}")
    return {
        "format": "dxf",
        "layer": drawing.layer,
        "columns": names,
        "kinds": ["text"] * len(names),
        "declared_wkt": None,
        "encoding": EncodingReading(encoding.upper(), (told,)).to_json(),
        "name_bytes_limit": None,
        "notes": [one.to_json() for one in drawing.notes()],
        "coordinates": None,
    }


def _open(path: Path, job: Job) -> Any:
    from ezdxf.filemanagement import readfile
    from ezdxf.lldxf.const import DXFError

    try:
        return readfile(path, encoding=job.encoding)
    except MemoryError:
        raise
    except (
        DXFError,
        OSError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        IndexError,
    ) as broken:
        raise UnreadableFile(
            f"DXF 损坏或被截断,请在原软件中另存后再试:{path.name}",
            f"the DXF is damaged or cut off ({broken}); save it again where it was made: {path.name}",
            value=path.name,
        ) from broken


class _Drawing:
    """The entities of one layer of a drawing, as features."""

    def __init__(self, document: Any, job: Job) -> None:
        self._document = document
        self._areas = (job.geometry or "").endswith("Polygon")
        self._counts: dict[str, Counter[str]] = {}
        for entity in document.modelspace():
            self._counts.setdefault(str(entity.dxf.layer), Counter())[entity.dxftype()] += 1
        if sum(sum(kinds.values()) for kinds in self._counts.values()) > job.limits.rows:
            raise FileTooLarge("图元过多", "too many entities", value=job.limits.rows)
        self.layer = _choose(self._counts, job)

    def features(self) -> Iterator[Found]:
        """Features of the layer; parts that carry one identity of ours are one feature."""
        grouped: dict[str, list[Found]] = {}
        for number, entity in enumerate(self._document.modelspace(), 1):
            if str(entity.dxf.layer) != self.layer or entity.dxftype() not in _READ:
                continue
            found = self._feature(number, entity)
            own = found.attributes.get(FID) if entity.has_xdata(APPLICATION) else None
            if own is None:
                yield found
            else:
                grouped.setdefault(own, []).append(found)
        for parts in grouped.values():
            yield _joined(parts)

    def _feature(self, number: int, entity: Any) -> Found:
        attributes = _attributes(entity)
        problem = None
        if any(
            "\ud800" <= character <= "\udfff" for value in attributes.values() for character in value or ""
        ):
            attributes = dict.fromkeys(attributes)
            problem = ("文本无法解码,请用 --encoding 指明", "text cannot be decoded; say --encoding")
        shape = None
        try:
            shape = _shape(entity, self._areas)
        except (ValueError, ArithmeticError, AttributeError, shapely.errors.GEOSException):
            kind = entity.dxftype()
            problem = problem or (f"图元 {kind} 无法读取", f"entity {kind} cannot be read")
        return Found(number, attributes, shape, problem)

    def notes(self) -> list[Evidence]:
        """What was turned into lines, what was left out, and the unit."""
        kinds = self._counts[self.layer]
        told = [Evidence("undeclared", "DXF 没有坐标系", "a DXF has no reference frame")]
        curved = sum(kinds[one] for one in _CURVED)
        told.append(
            Evidence(
                "densified",
                f"弧和曲线按弦高 {arcs.CHORD_M} m 折线化({curved} 个曲线图元,另有多段线中的弧段)",
                f"arcs and curves became chords within {arcs.CHORD_M} m ({curved} curved entities, "
                f"and the arcs of polylines)",
                {"chord_m": arcs.CHORD_M, "entities": float(curved)},
            )
        )
        told += [
            Evidence(
                "skipped", f"{kind} 未载入({n} 个)", f"{kind} is not loaded ({n})", {"objects": float(n)}
            )
            for kind, n in sorted(kinds.items())
            if kind not in _READ
        ]
        unit = self._document.header.get("$INSUNITS", 0)
        if unit not in _METRES:
            told.append(
                Evidence(
                    "contradicted", f"图形单位不是米($INSUNITS={unit})", f"the unit is not metre ({unit})"
                )
            )
        return told


def _choose(counts: dict[str, Counter[str]], job: Job) -> str:
    holding = {name: sum(kinds[one] for one in _READ) for name, kinds in counts.items()}
    usable = [name for name, count in holding.items() if count]
    hinted = [name for name in usable if name in job.hints]
    if job.layer is not None and job.layer in usable:
        return job.layer
    if job.layer is None and (len(usable) == 1 or len(hinted) == 1):
        return (hinted or usable)[0]
    if not usable:
        raise UnreadableFile(
            f"图中没有可载入的图元:{Path(job.path).name}",
            f"there is no entity to load in the drawing: {Path(job.path).name}",
            value=Path(job.path).name,
        )
    shown = job.layer or Path(job.path).name
    listed = [f"{name} ({holding[name]})" for name in usable[:20]]
    raise SourceLayerUndecided(
        f"图中有这些 CAD 图层({'、'.join(listed)}),请用 --source-layer 指明:{shown}",
        f"the drawing has these layers ({', '.join(listed)}); choose with --source-layer: {shown}",
        value=shown,
        details={"layers": usable},
    )


def _attributes(entity: Any) -> dict[str, str | None]:
    kind = entity.dxftype()
    found: dict[str, str | None] = {"layer": str(entity.dxf.layer), "handle": str(entity.dxf.handle)}
    if kind == "INSERT":
        found["block"] = str(entity.dxf.name)
        found |= {str(one.dxf.tag): str(one.dxf.text).strip() or None for one in entity.attribs}
    elif kind == "TEXT":
        found["text"] = str(entity.dxf.text).strip() or None
    elif kind == "MTEXT":
        found["text"] = str(entity.plain_text()).strip() or None
    if entity.has_xdata(APPLICATION):
        found |= _own(entity.get_xdata(APPLICATION))
    return found


def _own(tags: Any) -> dict[str, str | None]:
    """Fields as our own writer puts them: a name, then its text in pieces, between braces."""
    found: dict[str, str | None] = {}
    pieces: list[str] = []
    for code, value in tags:
        if code == 1002 and value == "{":
            pieces = []
        elif code == 1002 and pieces:
            found[pieces[0]] = "".join(pieces[1:])
        elif code == 1000:
            pieces.append(str(value))
    return found


def _shape(entity: Any, areas: bool) -> Any:
    kind = entity.dxftype()
    if kind in ("POINT", "INSERT", "TEXT", "MTEXT"):
        place = entity.dxf.location if kind == "POINT" else entity.dxf.insert
        if kind != "POINT" and kind != "MTEXT":
            place = entity.ocs().to_wcs(place)
        return shapely.Point(place.x, place.y)
    positions, closed = _positions(entity, kind)
    closed = closed or (len(positions) > 3 and positions[0] == positions[-1])
    if closed and positions[0] != positions[-1]:
        positions = [*positions, positions[0]]
    return shapely.Polygon(positions) if areas and closed else shapely.LineString(positions)


def _positions(entity: Any, kind: str) -> tuple[list[arcs.Position], bool]:
    if kind == "LINE":
        return [(entity.dxf.start.x, entity.dxf.start.y), (entity.dxf.end.x, entity.dxf.end.y)], False
    if kind in ("ELLIPSE", "SPLINE"):
        return [(one.x, one.y) for one in entity.flattening(arcs.CHORD_M)], False
    if kind in ("ARC", "CIRCLE"):
        start, angle = 0.0, math.tau
        if kind == "ARC":
            start = math.radians(entity.dxf.start_angle)
            angle = (math.radians(entity.dxf.end_angle) - start) % math.tau or math.tau
        centre = entity.dxf.center
        flat = arcs.circle(centre.x, centre.y, float(entity.dxf.radius), start, angle)
        return _to_world(entity, flat), False
    if kind == "LWPOLYLINE":
        points = [(x, y, bulge) for x, y, bulge in entity.get_points("xyb")]
        return _to_world(entity, arcs.vertices(points, entity.closed)), bool(entity.closed)
    points = [(one.dxf.location.x, one.dxf.location.y, one.dxf.get("bulge", 0.0)) for one in entity.vertices]
    closed = bool(entity.is_closed)
    flat = arcs.vertices(points, closed)
    return (flat if entity.is_3d_polyline else _to_world(entity, flat)), closed


def _to_world(entity: Any, positions: list[arcs.Position]) -> list[arcs.Position]:
    """Out of the plane of an entity that was mirrored (an extrusion along −z)."""
    system = entity.ocs()
    if not system.transform:
        return positions
    return [(one.x, one.y) for one in system.points_to_wcs([(x, y, 0.0) for x, y in positions])]


def _joined(parts: list[Found]) -> Found:
    """The rings, lines or points of one feature of ours."""
    first = parts[0]
    shapes = [part.shape for part in parts]
    problem = next((part.problem for part in parts if part.problem), None)
    if len(parts) == 1 or None in shapes or problem is not None:
        return Found(first.line, first.attributes, shapes[0], problem)
    kinds = {shape.geom_type for shape in shapes}
    if kinds == {"Polygon"}:
        return Found(
            first.line, first.attributes, rings.assemble([shapely.get_coordinates(one) for one in shapes])
        )
    if kinds == {"Point"}:
        return Found(first.line, first.attributes, shapely.MultiPoint(shapes))
    return Found(first.line, first.attributes, shapely.MultiLineString(shapes))
