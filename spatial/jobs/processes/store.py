"""SQL of the processes that read layers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.sql import SQL, Composable, Identifier, Literal, Placeholder

from spatial.analysis import area_store
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
    """All features of a layer, by code; their areas must be kept by then, see :func:`unmeasured`."""
    statement = SQL("select {}, count(*), {} from {} v {} where {} group by 1 order by 1").format(
        _code(by), _sum(measure, SQL("v.geom"), SQL("k.area_m2")), _versions(layer), _kept(measure), _HELD
    )
    rows = connection.execute(statement, {"at": at, "asof": asof, "epsg": epsg}).fetchall()
    return [Row(*row) for row in rows]


def unmeasured(connection: Connection, layer: Layer, epsg: int, at: datetime, asof: datetime) -> bool:
    """Whether some feature's legal area is not kept yet."""
    statement = SQL(
        "select exists (select from {} v {} where k.area_m2 is null and v.geom is not null and {})"
    ).format(_versions(layer), _kept("area"), _HELD)
    row = connection.execute(statement, {"at": at, "asof": asof, "epsg": epsg}).fetchone()
    return bool(row and row[0])


def measurable(layer: Layer, at: datetime, asof: datetime) -> tuple[str, tuple[datetime, ...]]:
    """Content and shape of the features, as :func:`spatial.analysis.area_store.keep` asks for them."""
    held = "v.recorded_from <= %s and v.recorded_to > %s and v.valid_from <= %s and v.valid_to > %s"
    source = _versions(layer).as_string(None)
    return f"select v.content_sha256, v.geom from {source} v where {held}", (asof, asof, at, at)


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
    that covers the point; it is measured as far as it lies inside, of areas that lie
    there whole the one that is kept.
    """
    point = SQL("v.geom") if layer.table.geometry == "Point" else SQL("ST_PointOnSurface(v.geom)")
    part = SQL("ST_CollectionExtract(ST_Intersection(v.geom, u.geom), {})").format(
        SQL({"area": "3", "length": "2"}.get(measure, "1"))
    )
    statement = SQL(
        """
        with unit as materialized (
          select u.fid, u.geom from {divisions} u where u.fid = %(division)s and {unit_held}
        ), before as materialized (
          select b.geom from unit u join {divisions} b on b.geom && u.geom and b.fid < u.fid
           where {before_held}
        ), found as materialized (
          select v.fid, {code} code, v.content_sha256, v.geom, {point} point,
            ST_Covers(u.geom, v.geom) whole
          from unit u join {layer} v on v.geom && u.geom and ST_Intersects(v.geom, u.geom) where {held}
        )
        select v.code,
          count(*) filter (where ST_Covers(u.geom, v.point) and not exists (
            select from before b where b.geom && v.point and ST_Covers(b.geom, v.point))),
          {sum}
        from found v {kept} cross join unit u group by 1 order by 1
        """
    ).format(
        divisions=_versions(divisions),
        layer=_versions(layer),
        held=_HELD,
        unit_held=_held("u", "divisions_asof"),
        before_held=_held("b", "divisions_asof"),
        code=_code(by),
        point=point,
        kept=_kept(measure),
        sum=_sum(
            measure,
            SQL("case when v.whole then v.geom else {} end").format(part),
            SQL("case when v.whole then coalesce(k.area_m2, {}) else {} end").format(
                _legal(SQL("v.geom"), epsg), _legal(part, epsg)
            ),
        ),
    )
    given = {"division": division, "at": at, "asof": asof, "divisions_asof": divisions_asof, "epsg": epsg}
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


def _kept(measure: str) -> Composable:
    """The kept legal areas of rows ``v`` beside them, as ``k``."""
    if measure != "area":
        return SQL("")
    return SQL(
        "left join spatial.content_area k on k.content_sha256 = v.content_sha256 and k.epsg = %(epsg)s"
    )


def _legal(geometry: Composable, epsg: int) -> Composable:
    return SQL("round(spatial.legal_area_m2({}, {})::numeric, {})").format(
        geometry, Literal(epsg), Literal(area_store.PLACES)
    )


def _sum(measure: str, geometry: Composable, area_m2: Composable) -> Composable:
    """Areas are decimals, whose sum is exact; lengths are summed in order of identity: a parallel sum of
    doubles would differ in its last digits."""
    if measure == "area":
        return SQL("round(sum({}), 2)::double precision").format(area_m2)
    if measure == "length":
        one = SQL("ST_Length(ST_SetSRID({}, {})::geography)").format(geometry, Literal(SRID))
        return SQL("round(sum({} order by v.fid)::numeric, 2)::double precision").format(one)
    return SQL("null::double precision")
