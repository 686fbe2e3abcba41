"""A guarded server with layers that are made to be printed and measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server
from pdf_reader import Sheet
from pyproj import Transformer

from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue.contract import Legend, Sharing, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant

CENTER = (118.7909, 36.8560)
TO_PLANE = Transformer.from_crs(4490, 4549, always_xy=True)
TO_DEGREES = Transformer.from_crs(4549, 4490, always_xy=True)
EAST, NORTHING = TO_PLANE.transform(*CENTER)
SCALES = (500, 2000, 10_000)
OFFSETS_MM = [(x, y) for x in (-60, 60) for y in (-50, 50)] + [
    (x, y) for x in (-400, 400) for y in (-250, 250)
]
"""Marks from the middle of the map: those of all sheets, and those of A0 alone."""
MARK_MM = 4.0
MARK = (15, 107, 92)
"""#0f6b5c, the colour of test layers."""
BEND_M, BENT = 40.0, "弥河西岸滨河景观大道"
BEND = shapely.LineString(
    [(EAST + BEND_M * np.cos(a), NORTHING + BEND_M * np.sin(a)) for a in np.linspace(0.1, np.pi - 0.1, 60)]
)
"""Half a circle about the middle of the sheet."""
RARE = "𠮷㐂𫞩里"


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1])))


def marks(scale: int) -> list[Place]:
    per_mm, half = scale / 1000, MARK_MM / 2
    boxes = [
        shapely.box(*((mm - half) * per_mm for mm in offset), *((mm + half) * per_mm for mm in offset))
        for offset in OFFSETS_MM
    ]
    moved = [shapely.transform(box, lambda xy: np.add(xy, (EAST, NORTHING))) for box in boxes]
    return [Place(f"M{number}", degrees(each)) for number, each in enumerate(moved)]


def around(east_m: float, north_m: float, half_m: float = 20.0) -> shapely.Geometry:
    """A square about a position, from the middle of the sheet."""
    east, north = EAST + east_m, NORTHING + north_m
    return degrees(shapely.box(east - half_m, north - half_m, east + half_m, north + half_m))


@dataclass(frozen=True)
class Printed:
    """A guarded server with layers to be printed, and keys for two."""

    served: Served
    steward: str
    known: datetime
    """Before the second delivery."""

    def ask(self, key: str | None = "", **members: Any) -> httpx.Response:
        body = {"paper": "A4", "scale": 2000, "center": CENTER, **members}
        shown = {"X-API-Key": self.steward} if key == "" else {}
        return self.served.client.post("/print", json=body, headers=shown, timeout=120)

    def sheet(self, key: str | None = "", **members: Any) -> Sheet:
        answer = self.ask(key, **members)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert int(answer.headers["content-length"]) == len(answer.content)
        return Sheet(answer.content)

    def window(self, paper: str, orientation: str = "across") -> tuple[float, float, float, float]:
        """Where the map lies on the paper: left, bottom, width, height."""
        papers = self.served.get("/print").json()["papers"]
        (found,) = [
            each["map_mm"] for each in papers if (each["paper"], each["orientation"]) == (paper, orientation)
        ]
        return tuple(found)


@contextmanager
def printing_server(server_dsn: str, template: str, log: Path) -> Iterator[Printed]:
    """Layers to be printed, one that is closed, one without places; somebody of the steward's department."""
    named = lambda layer, geometry: replace(  # noqa: E731
        contract(layer, geometry), sharing=Sharing.OPEN, title=Title(f"图层{layer}", f"Layer {layer}")
    )
    with database_of(server_dsn, template) as dsn:
        for scale in SCALES:
            publish(dsn, named(f"marks-{scale}", "Polygon"))
            deliver(dsn, f"marks-{scale}", marks(scale))
        spoken = Legend("circle", "#7a3fa0", label="name")
        publish(dsn, replace(named("names", "Point"), legend=spoken, synthetic=True))
        where = [around(east, 0).centroid for east in (-60, 0, 60)]
        names = [RARE, "人民路12号A座", "A1"]
        deliver(dsn, "names", [Place(f"N{n}", each, names[n], 1) for n, each in enumerate(where)])
        bends = Legend("line", "#f2e2c0", label="name", width_px=2)
        publish(dsn, replace(named("bends", "LineString"), legend=bends))
        deliver(dsn, "bends", [Place("B1", degrees(BEND), BENT)])
        _publish_classes(dsn, named)
        publish(dsn, replace(named("closed", "Polygon"), sharing=Sharing.CLOSED))
        deliver(dsn, "closed", [Place("K1", around(0, 0), "密", 1)])
        publish(dsn, named("notes", None))
        time.sleep(1.1)
        known = datetime.now().astimezone()
        time.sleep(1.1)
        later = parse_instant("2026-03-01")
        deliver(dsn, "names", [Place("N2", where[2], "A2", 1)], valid_from=later)
        with connect(dsn) as connection:
            _, steward = access.add_key(connection, "规划师", "自然资源和规划局", (Role.READER,), by="test")
        with server(dsn, log, environment={"ONEMAP_ACCESS": "guarded"}) as running:
            yield Printed(running, steward, known)


def _publish_classes(dsn: str, named: Any) -> None:
    """Three classes, of which two lie on the sheet."""
    codes = tuple(
        (code, Title(title, title)) for code, title in (("1", "甲类"), ("2", "乙类"), ("3", "丙类"))
    )
    made = named("classes", "Polygon")
    fields = tuple(replace(each, codes=codes) if each.name == "floors" else each for each in made.fields)
    colors = (("1", "#d9534f"), ("2", "#f2c94c"), ("3", "#2b6cb0"))
    publish(dsn, replace(made, fields=fields, legend=Legend("fill", "#999999", by="floors", colors=colors)))
    rows = [(around(-60, 30), 1), (around(60, 30), 2), (around(5000, 0), 3)]
    deliver(dsn, "classes", [Place(f"C{n}", shape, None, code) for n, (shape, code) in enumerate(rows)])


def drawn(geometry: dict[str, Any], **properties: str) -> dict[str, Any]:
    """A sketch of one figure."""
    figure = {"type": "Feature", "properties": properties, "geometry": geometry}
    return {"type": "FeatureCollection", "features": [figure]}
