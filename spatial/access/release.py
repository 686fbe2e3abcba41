"""The export guard 成果提供审查: contiguous large-scale area that leaves, added up per holder.

Classes say how much: threshold, cell, period; a layer is marked by naming its
class, and no layer is until the city does so (trust.md, 4.3). What a request
would hand over is laid on a grid of cells in the city's plane; together with
what the same holder took within the period, the largest connected piece must
not pass the threshold, unless an approval stands. A cell counts whole as soon
as anything of it leaves, so the limit is met early rather than late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from spatial.access.contiguity import largest_piece
from spatial.access.model import Principal
from spatial.access.store import CHANNEL
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.errors import Forbidden, InvalidInput, NotFound, shorten
from spatial.history.model import FeatureTable

THRESHOLD_KM2 = Decimal("25.0")
CELL_M = 100
PERIOD_DAYS = 36_500


class ReleaseLimit(Forbidden):
    """More contiguous area would leave than is allowed without approval 超出连片面积限额."""

    code = "release-limit"


class NoSuchClass(NotFound):
    """No class of that name is limited 无此类别."""

    code = "no-such-release-class"


@dataclass(frozen=True, slots=True)
class ReleaseClass:
    """A kind of data whose contiguous area is limited, as 1:500 to 1:2000 topographic maps."""

    name: str
    threshold_km2: Decimal
    cell_m: int
    srid: int
    period_days: int

    def area_km2(self, cells: int) -> Decimal:
        """The area of so many cells."""
        return Decimal(cells) * self.cell_m * self.cell_m / 1_000_000


def holder(principal: Principal) -> str:
    """Whose takings are added up: the department's, else the person's."""
    return principal.department or principal.subject


def set_class(
    connection: Connection,
    name: str,
    *,
    srid: int,
    by: str,
    threshold_km2: Decimal = THRESHOLD_KM2,
    cell_m: int = CELL_M,
    period_days: int = PERIOD_DAYS,
) -> None:
    """Make a class or change its limits; what was taken stays counted as long as the cells stay."""
    before = classes(connection).get(name)
    if before is not None and (before.cell_m, before.srid) != (cell_m, srid):
        raise InvalidInput(
            f"已有累计,格网不能改,请另设一类:{name}",
            f"areas are counted already, so the grid cannot change; make another class: {name}",
            value=name,
        )
    connection.execute(
        """
        insert into spatial.release_class (name, threshold_km2, cell_m, srid, period_days, set_by)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (name) do update set threshold_km2 = excluded.threshold_km2,
          period_days = excluded.period_days, set_by = excluded.set_by, set_at = clock_timestamp()
        """,
        (name, threshold_km2, cell_m, srid, period_days, by),
    )
    _notify(connection)


def mark(connection: Connection, layer: str, name: str | None, *, by: str) -> None:
    """Put a layer into a class, or take it out (``None``)."""
    catalogue.get(connection, layer)
    if name is None:
        connection.execute("delete from spatial.release_layer where layer = %s", (layer,))
    else:
        _known(connection, name)
        connection.execute(
            "insert into spatial.release_layer (layer, class, set_by) values (%s, %s, %s)"
            " on conflict (layer) do update set class = excluded.class, set_by = excluded.set_by",
            (layer, name, by),
        )
    _notify(connection)


def approve(connection: Connection, name: str, of: str, number: str, until: datetime, *, by: str) -> None:
    """Enter an approval 保密审批: for a class, a department and a time, by the number of its document."""
    _known(connection, name)
    connection.execute(
        "insert into spatial.release_approval (class, holder, number, until, entered_by)"
        " values (%s, %s, %s, %s, %s)",
        (name, of, number, until, by),
    )


def _known(connection: Connection, name: str) -> None:
    if name not in classes(connection):
        shown = shorten(name)
        raise NoSuchClass(
            f"没有这个类别,请先用 ./onemap release class 设定:{shown}",
            f"no such class, make it by ./onemap release class first: {shown}",
            value=shown,
        )


def classes(connection: Connection) -> Mapping[str, ReleaseClass]:
    """The classes by name."""
    with connection.cursor(row_factory=class_row(ReleaseClass)) as cursor:
        rows = cursor.execute(
            "select name, threshold_km2, cell_m, srid, period_days from spatial.release_class order by name"
        ).fetchall()
    return {row.name: row for row in rows}


def marked(connection: Connection) -> Mapping[str, ReleaseClass]:
    """The class of each layer that is marked."""
    known = classes(connection)
    rows = connection.execute("select layer, class from spatial.release_layer").fetchall()
    return {layer: known[name] for layer, name in rows}


def take(
    connection: Connection,
    of: ReleaseClass,
    table: FeatureTable,
    fids: Sequence[str],
    by: Principal,
    approval: str | None = None,
) -> Decimal:
    """Count features that are about to leave; ``ReleaseLimit`` where they would be too much.

    The contiguous area in km² with them, whatever version of them leaves. One
    holder's requests are judged one after the other, so none slips by beside
    another. With the number of an ``approval`` that somebody answers for they
    leave beyond the limit, and are counted all the same.
    """
    name = _alone(connection, of, by)
    return _counted(connection, of, name, _cells(connection, of, table, fids), approval)


def take_places(connection: Connection, of: ReleaseClass, places: Sequence[bytes], by: Principal) -> Decimal:
    """The same of places that are told otherwise than as features, as those of measuring devices: WKB in
    CGCS2000.
    """
    if not places:
        return Decimal(0)
    name = _alone(connection, of, by)
    return _counted(connection, of, name, _cells_of_places(connection, of, places), None)


def _alone(connection: Connection, of: ReleaseClass, by: Principal) -> str:
    """The holder, whose other requests wait until this one is judged."""
    name = holder(by)
    key = f"spatial.release/{of.name}/{name}"
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    return name


def _counted(
    connection: Connection, of: ReleaseClass, name: str, asked: set[tuple[int, int]], approval: str | None
) -> Decimal:
    if not asked:
        return Decimal(0)
    held = _held(connection, of, name)
    size = largest_piece(held | asked, asked)
    area = of.area_km2(size)
    if area > of.threshold_km2 and asked - held and not (approval or _approved(connection, of, name)):
        before = of.area_km2(largest_piece(held, held))
        raise ReleaseLimit(
            f"连片面积累计将达 {area:.2f} km²,超过 {of.threshold_km2} km² 的限额(已提供 {before:.2f} km²),"
            f"须先办理保密审批并登记批准文号:{name}",
            f"the contiguous area would reach {area:.2f} km², more than the limit of {of.threshold_km2} km²"
            f" ({before:.2f} km² left before); have an approval entered first: {name}",
            value=name,
            details={
                "area_km2": float(area),
                "before_km2": float(before),
                "limit_km2": float(of.threshold_km2),
            },
        )
    _keep(connection, of, name, asked)
    return area


def taken(connection: Connection) -> tuple[tuple[str, str, Decimal], ...]:
    """Class, holder and the largest connected piece in km² that each has taken."""
    known = classes(connection)
    pairs = connection.execute(
        "select distinct class, holder from spatial.release_cell order by 1, 2"
    ).fetchall()
    found = []
    for name, of in pairs:
        cells = _held(connection, known[name], of)
        found.append((name, of, known[name].area_km2(largest_piece(cells, cells))))
    return tuple(found)


def plane_srid(central_meridian_deg: float) -> int:
    """EPSG code of CGCS2000 / 3-degree Gauss-Kruger, without zone prefix, of a central meridian.

    >>> plane_srid(120.0)
    4549
    """
    return 4534 + round((central_meridian_deg - 75) / 3)


def _cells(
    connection: Connection, of: ReleaseClass, table: FeatureTable, fids: Sequence[str]
) -> set[tuple[int, int]]:
    """The cells that features touch, in whatever version they are held."""
    if table.geometry is None or not fids:
        return set()
    # PostGIS's costs make the planner start workers and compile for what takes a millisecond.
    connection.execute(
        "select set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)"
    )
    rows = connection.execute(
        SQL(
            """
            select distinct c.i, c.j
            from (select ST_Transform(v.geom, %(srid)s) geom from {} v where v.fid = any(%(fids)s)) v,
              lateral ST_SquareGrid(%(cell)s, v.geom) c
            where ST_Intersects(c.geom, v.geom)
            """
        ).format(Identifier("history", table.name)),
        {"srid": of.srid, "cell": of.cell_m, "fids": list(fids)},
    ).fetchall()
    return {(i, j) for i, j in rows}


def _cells_of_places(
    connection: Connection, of: ReleaseClass, places: Sequence[bytes]
) -> set[tuple[int, int]]:
    rows = connection.execute(
        "select distinct c.i, c.j"
        " from (select ST_Transform(ST_GeomFromWKB(b, 4490), %(srid)s) geom"
        "   from unnest(%(places)s::bytea[]) b) v,"
        " lateral ST_SquareGrid(%(cell)s, v.geom) c where ST_Intersects(c.geom, v.geom)",
        {"srid": of.srid, "cell": of.cell_m, "places": list(places)},
    ).fetchall()
    return {(i, j) for i, j in rows}


def _held(connection: Connection, of: ReleaseClass, name: str) -> set[tuple[int, int]]:
    rows = connection.execute(
        "select x, y from spatial.release_cell where class = %s and holder = %s"
        " and taken_at > now() - make_interval(days => %s)",
        (of.name, name, of.period_days),
    ).fetchall()
    return {(x, y) for x, y in rows}


def _approved(connection: Connection, of: ReleaseClass, name: str) -> bool:
    row = connection.execute(
        "select exists (select from spatial.release_approval"
        " where class = %s and holder = %s and until > now())",
        (of.name, name),
    ).fetchone()
    return bool(row and row[0])


def _keep(connection: Connection, of: ReleaseClass, name: str, cells: set[tuple[int, int]]) -> None:
    connection.execute(
        "insert into spatial.release_cell (class, holder, x, y, taken_at)"
        " select %s, %s, x, y, now() from unnest(%s::int[], %s::int[]) c(x, y)"
        " on conflict (class, holder, x, y) do update set taken_at = excluded.taken_at",
        (of.name, name, [x for x, _ in cells], [y for _, y in cells]),
    )


def _notify(connection: Connection) -> None:
    connection.execute("select pg_notify(%s, '')", (CHANNEL,))
