"""Control points 控制点: trusted positions that tell one frame from another.

Their frame is always said, never detected: they are what detection leans on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shapely

from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.datum.store import load_registry
from spatial.errors import FieldsDoNotMatch, RowsRejected
from spatial.exchange import originals, sandbox, shapes, store
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.fields import plain
from spatial.exchange.report import Rejection
from spatial.exchange.sandbox import Job, Limits

_CODE = ("code", "点号", "编号", "点位编号", "代码", "id")
_NAME = ("name", "点名", "名称")
_ACCURACY = ("accuracy_m", "精度", "点位中误差", "中误差")


@dataclass(frozen=True, slots=True)
class ControlReport:
    """What became of a list of control points."""

    points: int
    frame: str
    path: tuple[str, ...]
    accuracy_m: float | None

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "points": self.points,
            "frame": self.frame,
            "path": list(self.path),
            "accuracy_m": self.accuracy_m,
        }


def add(
    dsn: str, path: str | Path, given_frame: str, *, city: str = "370783", limits: Limits | None = None
) -> ControlReport:
    """Add control points from a CSV or XLSX of code, name and coordinates, all or none.

    ``given_frame`` is the frame the surveyor states. A point outside the city's
    surroundings (half a degree), without a code or with a code twice is refused.
    """
    with connect(dsn) as connection:
        registry = load_registry(connection)
    source = registry.frame(given_frame)
    bounds = limits or Limits()
    with sandbox.work_folder() as work:
        original = originals.stage(path, work, bounds)
        sandbox.run(Job(path=str(original.dataset), work=str(work), limits=bounds))
        content = read_content(work)
        box = read_city(city).extent_4490
        points: dict[str, store.ControlPoint] = {}
        rejected: list[Rejection] = []
        moved_path: tuple[str, ...] = ()
        accuracy_m = None
        origin = f"{original.name} sha256:{original.sha256.hex()}"
        for batch in content.read():
            arrived = shapes.bring(batch, source, False, bounds.vertices, registry)
            moved_path, accuracy_m = arrived.path, arrived.accuracy_m
            for row in range(len(batch.lines)):
                point = _point(batch, content, row, arrived, source.id, origin)
                reason = _fault(point, points, box.west, box.south, box.east, box.north)
                if reason or point is None:
                    line = int(batch.lines[row])
                    rejected.append(Rejection(line, None, "control-point", *(reason or ("", ""))))
                else:
                    points[point.code] = point
    if rejected:
        first = rejected[0]
        raise RowsRejected(
            f"{len(rejected)} 个控制点不合格,未加入;第一个在第 {first.line} 行:{first.zh}",
            f"{len(rejected)} control points are wrong, none added; first in line {first.line}: {first.en}",
            value=first.line,
            details={"rejected": [one.to_json() for one in rejected]},
        )
    with connect(dsn) as connection:
        count = store.keep_control_points(connection, points.values())
        connection.commit()
    return ControlReport(count, source.id, moved_path, accuracy_m)


def _column(content: Content, names: tuple[str, ...], needed: bool) -> int | None:
    wanted = {plain(name) for name in names}
    found = [index for index, name in enumerate(content.columns) if plain(name) in wanted]
    if not found and needed:
        raise FieldsDoNotMatch(
            f"控制点表缺少点号列({'、'.join(names)}):{list(content.columns)}",
            f"the control points need a column of codes ({', '.join(names)}): {list(content.columns)}",
            value=list(content.columns),
        )
    return found[0] if found else None


def _point(
    batch: Batch, content: Content, row: int, arrived: shapes.Arrived, given_frame: str, origin: str
) -> store.ControlPoint | None:
    code_at = _column(content, _CODE, needed=True)
    name_at = _column(content, _NAME, needed=False)
    accuracy_at = _column(content, _ACCURACY, needed=False)
    assert code_at is not None
    code, shape = batch.columns[code_at][row], arrived.ewkb[row]
    if not code or shape is None or row in arrived.wrong:
        return None
    position = shapely.from_wkb(shape)
    accuracy = None if accuracy_at is None else batch.columns[accuracy_at][row]
    return store.ControlPoint(
        code=code,
        name=None if name_at is None else batch.columns[name_at][row],
        lon_deg=position.x,
        lat_deg=position.y,
        accuracy_m=None if accuracy is None else float(accuracy),
        given_frame=given_frame,
        origin=origin,
    )


def _fault(
    point: store.ControlPoint | None,
    points: dict[str, store.ControlPoint],
    west: float,
    south: float,
    east: float,
    north: float,
) -> tuple[str, str] | None:
    if point is None:
        return "缺少点号或坐标", "no code or no position"
    if point.code in points:
        return f"点号重复:{point.code}", f"code twice: {point.code}"
    near = west - 0.5 <= point.lon_deg <= east + 0.5 and south - 0.5 <= point.lat_deg <= north + 0.5
    if not near:
        return f"远离本市:{point.code}", f"far from the city: {point.code}"
    return None
