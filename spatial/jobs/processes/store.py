"""SQL of the processes that read layers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.sql import SQL, Composable, Identifier, Placeholder

from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history import states
from spatial.history.model import SRID


@dataclass(frozen=True, slots=True)
class Row:
    """Of the features with one code: how many, and what they measure together."""

    code: str | None
    count: int
    measure: float | None


@dataclass(frozen=True, slots=True)
class State:
    """What was believed of a layer after one of its changesets."""

    changeset: int
    """0 before there was one."""
    asof: datetime
    """When that changeset was recorded: read as of then, the layer is in exactly this state, whatever
    is committed while somebody reads."""


def state_at(connection: Connection, layer_id: str, asof: datetime) -> State:
    """The layer's state at an instant of recorded time."""
    last = states.resolve(layer_id, None, asof)
    row = connection.execute(last.sql, last.params).fetchone()
    return State(0, datetime.min.replace(tzinfo=UTC)) if row is None else State(row[0], row[1])


def division_titles(
    connection: Connection, divisions: Layer, label: str | None, at: datetime, asof: datetime
) -> dict[str, str | None]:
    """The polygons to gather by, in order of identity, with their names where there is a label."""
    name = SQL("v.{}::text").format(Identifier(label)) if label else SQL("null::text")
    statement = SQL("select v.fid, {} from {} v where {} order by v.fid").format(
        name, _versions(divisions), _HELD
    )
    return dict(connection.execute(statement, {"at": at, "asof": asof}).fetchall())


def whole(
    connection: Connection,
    layer: Layer,
    by: str | None,
    measure: str,
    epsg: int,
    at: datetime,
    asof: datetime,
) -> list[Row]:
    """All features of a layer, by code."""
    statement = SQL("select {}, count(*), {} from {} v where {} group by 1 order by 1").format(
        _code(by), _sum(measure, SQL("v.geom"), epsg), _versions(layer), _HELD
    )
    rows = connection.execute(statement, {"at": at, "asof": asof}).fetchall()
    return [Row(*row) for row in rows]


def within(
    connection: Connection,
    layer: Layer,
    divisions: Layer,
    division: str,
    by: str | None,
    measure: str,
    epsg: int,
    at: datetime,
    asof: datetime,
    divisions_asof: datetime,
) -> list[Row]:
    """What lies in one division, by code.

    A feature is counted where a point on it lies, once, in the first division
    that covers the point; it is measured as far as it lies inside.
    """
    point = SQL("v.geom") if layer.table.geometry == "Point" else SQL("ST_PointOnSurface(v.geom)")
    inside = SQL(
        "case when ST_CoveredBy(v.geom, u.geom) then v.geom else ST_CollectionExtract("
        "ST_Intersection(v.geom, u.geom), {}) end"
    ).format(SQL({"area": "3", "length": "2"}.get(measure, "1")))
    statement = SQL(
        """
        with unit as materialized (
          select u.fid, u.geom from {divisions} u where u.fid = %(division)s and {unit_held}
        ), found as materialized (
          select v.fid, {code} code, {inside} geom, {point} point
          from unit u join {layer} v on v.geom && u.geom and ST_Intersects(v.geom, u.geom) where {held}
        )
        select v.code,
          count(*) filter (where ST_Covers(u.geom, v.point) and not exists (
            select from {divisions} before where before.fid < u.fid and {before_held}
              and before.geom && v.point and ST_Covers(before.geom, v.point))),
          {sum}
        from found v cross join unit u group by 1 order by 1
        """
    ).format(
        divisions=_versions(divisions),
        layer=_versions(layer),
        held=_HELD,
        unit_held=_held("u", "divisions_asof"),
        before_held=_held("before", "divisions_asof"),
        code=_code(by),
        inside=inside,
        point=point,
        sum=_sum(measure, SQL("v.geom"), epsg),
    )
    given = {"division": division, "at": at, "asof": asof, "divisions_asof": divisions_asof}
    rows = connection.execute(statement, given).fetchall()
    return [Row(*row) for row in rows]


def _held(alias: str, asof: str) -> Composable:
    return SQL(
        "{v}.recorded_from <= {asof} and {v}.recorded_to > {asof}"
        " and {v}.valid_from <= {at} and {v}.valid_to > {at}"
    ).format(v=Identifier(alias), asof=Placeholder(asof), at=Placeholder("at"))


_HELD = _held("v", "asof")


def _versions(layer: Layer) -> Identifier:
    return Identifier("history", layer.table.name)


def _code(by: str | None) -> Composable:
    return SQL("v.{}::text").format(Identifier(by)) if by else SQL("null::text")


def _sum(measure: str, geometry: SQL, epsg: int) -> Composable:
    """Summed in order of identity: a parallel sum of doubles would differ in its last digits."""
    if measure == "area":
        one = SQL("spatial.legal_area_m2({}, {})").format(geometry, SQL(str(int(epsg))))
    elif measure == "length":
        one = SQL("ST_Length(ST_SetSRID({}, {})::geography)").format(geometry, SQL(str(SRID)))
    else:
        return SQL("null::double precision")
    return SQL("round(sum({} order by v.fid)::numeric, 2)::double precision").format(one)
