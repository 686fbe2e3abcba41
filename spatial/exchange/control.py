"""Control points 控制点: trusted positions that tell one frame from another.

Their frame is always said, never detected: they are what detection leans on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import shapely

from spatial.access.model import Principal
from spatial.access.store import act_as
from spatial.catalogue.city import Extent, read_city
from spatial.database import Connection, connect
from spatial.datum.store import load_registry
from spatial.errors import FieldsDoNotMatch, NoSuchControlPoint, RowsRejected, UnreadableFile
from spatial.exchange import originals, sandbox, shapes, store
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.fields import plain
from spatial.exchange.report import Rejection
from spatial.exchange.sandbox import Job, Limits

_CODE = ("code", "点号", "编号", "点位编号", "代码", "id")
_NAME = ("name", "点名", "名称")
_PLACE = ("经度", "纬度", "X", "Y")
_ACCURACY = ("accuracy_m", "精度", "点位中误差", "中误差")
_NEAR_DEG = 0.5
_COARSEST_M = 1000.0


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
    dsn: str,
    path: str | Path,
    given_frame: str,
    *,
    city: str = "370783",
    limits: Limits | None = None,
    by: Principal | None = None,
) -> ControlReport:
    """Add control points from a CSV or XLSX of code, name and coordinates, all or none.

    ``given_frame`` is the frame the surveyor states. A point outside the city's
    surroundings (half a degree), without a code or with a code twice is refused.
    Each point is in the audit, by whom ``by`` names, without its place.
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
        reader = _Reader(_columns(content), source.id, f"{original.name} sha256:{original.sha256.hex()}", box)
        moved_path: tuple[str, ...] = ()
        accuracy_m = None
        for batch in content.read():
            arrived = shapes.bring(batch, source, False, bounds.vertices, registry)
            moved_path, accuracy_m = arrived.path, arrived.accuracy_m
            reader.take(batch, arrived)
    points, rejected = reader.points, reader.rejected
    if rejected:
        first = rejected[0]
        raise RowsRejected(
            f"{len(rejected)} 个控制点不合格,未加入;第一个在第 {first.line} 行:{first.zh}",
            f"{len(rejected)} control points are wrong, none added; first in line {first.line}: {first.en}",
            value=first.line,
            details={"rejected": [one.to_json() for one in rejected]},
        )
    if not points:
        raise UnreadableFile(
            f"文件里没有控制点:{original.name}",
            f"there is no control point in the file: {original.name}",
            value=original.name,
        )
    with connect(dsn) as connection:
        _act_as(connection, by)
        count = store.keep_control_points(connection, points.values())
        connection.commit()
    return ControlReport(count, source.id, moved_path, accuracy_m)


def remove(dsn: str, code: str, *, by: Principal | None = None) -> None:
    """Take a control point out; NoSuchControlPoint where there is none of that code."""
    with connect(dsn) as connection:
        _act_as(connection, by)
        if not store.drop_control_point(connection, code):
            raise NoSuchControlPoint(
                f"没有这个控制点,请用 ./onemap control list 查看:{code}",
                f"there is no such control point, ./onemap control list names them: {code}",
                value=code,
            )
        connection.commit()


def _act_as(connection: Connection, by: Principal | None) -> None:
    if by is not None:
        act_as(connection, by)


@dataclass(frozen=True, slots=True)
class _Columns:
    code: int
    name: int | None
    accuracy_m: int | None


def _columns(content: Content) -> _Columns:
    code = _column(content, _CODE)
    if code is None or (first := next(content.read(), None)) is None or first.wkb is None:
        missing = (
            ("点号列", "a column of codes", _CODE) if code is None else ("坐标列", "coordinates", _PLACE)
        )
        raise FieldsDoNotMatch(
            f"控制点表缺少{missing[0]}({'、'.join(missing[2])}):{'、'.join(content.columns)}",
            f"the control points need {missing[1]} ({', '.join(missing[2])}): {', '.join(content.columns)}",
            value=list(content.columns),
        )
    return _Columns(code, _column(content, _NAME), _column(content, _ACCURACY))


def _column(content: Content, names: tuple[str, ...]) -> int | None:
    wanted = {plain(name) for name in names}
    return next((index for index, name in enumerate(content.columns) if plain(name) in wanted), None)


@dataclass(slots=True)
class _Reader:
    """Rows on their way to control points; what is wrong is gathered, not raised one by one."""

    columns: _Columns
    given_frame: str
    origin: str
    city: Extent
    points: dict[str, store.ControlPoint] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)

    def take(self, batch: Batch, arrived: shapes.Arrived) -> None:
        """The points of a batch, its geometries brought into CGCS2000."""
        for row, line in enumerate(batch.lines.tolist()):
            try:
                point = self._point(batch, arrived, row)
            except _Fault as fault:
                self.rejected.append(Rejection(line, None, "control-point", fault.zh, fault.en))
            else:
                self.points[point.code] = point

    def _point(self, batch: Batch, arrived: shapes.Arrived, row: int) -> store.ControlPoint:
        code, shape = batch.columns[self.columns.code][row], arrived.ewkb[row]
        if not code:
            raise _Fault("缺少点号", "no code")
        if code in self.points:
            raise _Fault(f"点号重复:{code}", f"code twice: {code}")
        if row in arrived.wrong:
            # The reason may repeat the numbers, and those of a control point are a secret.
            raise _Fault(
                f"坐标不能按 {self.given_frame} 读,请核对坐标系:{code}",
                f"the coordinates cannot be {self.given_frame}; check the frame: {code}",
            )
        if shape is None:
            raise _Fault(f"缺少坐标:{code}", f"no coordinates: {code}")
        position = shapely.from_wkb(shape)
        if position.geom_type != "Point":
            raise _Fault(f"不是点:{code}", f"not a point: {code}")
        if not self._near(position.x, position.y):
            raise _Fault(
                f"远离本市(按 {self.given_frame} 读),请核对坐标系和坐标次序:{code}",
                f"far from the city read as {self.given_frame}; check frame and order of axes: {code}",
            )
        return store.ControlPoint(
            code=code,
            name=self._cell(batch, self.columns.name, row),
            lon_deg=position.x,
            lat_deg=position.y,
            accuracy_m=_accuracy_m(self._cell(batch, self.columns.accuracy_m, row), code),
            given_frame=self.given_frame,
            origin=self.origin,
        )

    def _cell(self, batch: Batch, column: int | None, row: int) -> str | None:
        return None if column is None else batch.columns[column][row] or None

    def _near(self, lon_deg: float, lat_deg: float) -> bool:
        box, reach = self.city, _NEAR_DEG
        across = box.west - reach <= lon_deg <= box.east + reach
        return across and box.south - reach <= lat_deg <= box.north + reach


class _Fault(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def _accuracy_m(text: str | None, code: str) -> float | None:
    if text is None:
        return None
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    if not 0 <= metres < _COARSEST_M:
        raise _Fault(
            f"精度不是以米计的数(点 {code}):{text}", f"accuracy of {code} is no number of metres: {text}"
        )
    return metres
