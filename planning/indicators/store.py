"""SQL of the indicators: states of layers, rows as they were held, areas kept by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
import shapely
from psycopg.sql import Identifier

from planning.indicators.formula import Source
from planning.indicators.overlay import Plane
from planning.indicators.states import LayerState, Loaded
from spatial.analysis import area_store
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.errors import UnknownLayer
from spatial.filter import condition, parse_text, queryables
from spatial.history import read
from spatial.history.model import SRID, Column
from spatial.history.read import Condition, ItemsQuery
from spatial.history.states import resolve

_PLACES = 6
_UNLIKE_M2 = 1e-5


@dataclass(frozen=True, slots=True)
class Rows:
    """A select of features: ``fid``, ``content_sha256``, ``geom``, ``value`` (the field, or null)."""

    sql: str
    params: tuple[object, ...]


def state(connection: Connection, layer_id: str, asof: datetime) -> LayerState | None:
    """The layer as believed at an instant; ``None`` where it is not in service or held nothing yet."""
    try:
        layer = catalogue.get(connection, layer_id)
    except UnknownLayer:
        return None
    last = resolve(layer_id, None, asof)
    row = connection.execute(last.sql, last.params).fetchone()
    return None if row is None else LayerState(layer_id, row[0], row[1], row[2], layer.table)


def rows(
    state: LayerState,
    source: Source,
    at: datetime,
    *,
    fields: Sequence[str] | None = None,
    among: Sequence[str] | None = None,
    plan_version: str | None = None,
) -> Rows:
    """The features of a source that held at an instant; ``among`` them those alone.

    ``fields``: the attributes that may be asked; ``BadFilter`` names others. ``plan_version``: of
    layers that tell the version of the plan they belong to, that version alone.
    """
    columns = [each for each in state.table.columns if fields is None or each.name in fields]
    conditions = [] if source.where is None else [_where(state, source.where, columns)]
    if among is not None:
        conditions.append(Condition("v.fid = any(%s)", (list(among),)))
    conditions += _of_version(state, plan_version)
    query = ItemsQuery(state.table, at=at, asof=state.recorded_at, conditions=tuple(conditions))
    relation, held, params = read.held(query)
    value = "null::numeric"
    if source.field is not None:
        _require(columns, source)
        value = f"round(v.{Identifier(source.field).as_string(None)}::numeric, {_PLACES})"
    geometry = "v.geom" if state.table.geometry else "null::geometry"
    return Rows(
        f"select v.fid, v.content_sha256, {geometry} geom, {value} value from {relation} v where {held}",
        tuple(params),
    )


def _of_version(state: LayerState, plan_version: str | None) -> list[Condition]:
    if plan_version is None or all(each.name != "plan_version" for each in state.table.columns):
        return []
    return [Condition("v.plan_version = %s", (plan_version,))]


def _where(state: LayerState, text: str, columns: Sequence[Column]) -> Condition:
    return condition(parse_text(text), queryables(state.table, columns))


def _require(columns: Sequence[Column], source: Source) -> None:
    from planning.errors import BadFormula

    kinds = {each.name: each.sql_type for each in columns}
    if kinds.get(source.field or "") not in ("bigint", "double precision", "numeric"):
        raise BadFormula(
            f"图层 {source.layer} 没有此数值字段:{source.field}",
            f"layer {source.layer} has no such field of numbers: {source.field}",
            value=source.field,
        )


def within(chosen: Rows, outline: bytes) -> Rows:
    """Those of the rows that meet an outline in degrees."""
    return Rows(
        f"select r.fid, r.content_sha256, r.geom, r.value from ({chosen.sql}) r,"
        f" (select ST_GeomFromWKB(%s, {SRID}) geom) o"
        " where r.geom && o.geom and ST_Intersects(o.geom, r.geom)",
        (*chosen.params, outline),
    )


def surely(chosen: Rows, sure: bytes, near: bytes, *, inside: bool) -> Rows:
    """The rows that are certainly inside a region; or those at its edge, to be cut."""
    shape = f"ST_GeomFromWKB(%s, {SRID})"
    covered = "ST_Covers(o.sure, r.geom)"
    meets = covered if inside else f"ST_Intersects(o.near, r.geom) and not {covered}"
    return Rows(
        f"select r.fid, r.content_sha256, r.geom, r.value from ({chosen.sql}) r,"
        f" (select {shape} sure, {shape} near) o where r.geom && o.near and {meets}",
        (*chosen.params, sure, near),
    )


def meeting(chosen: Rows, others: Sequence[Rows]) -> Rows:
    """Those of the rows whose boxes meet the box of one of others; which meet for good is told later."""
    meets = " or ".join(f"exists (select from ({other.sql}) x where x.geom && r.geom)" for other in others)
    params = [value for other in others for value in other.params]
    return Rows(
        f"select r.fid, r.content_sha256, r.geom, r.value from ({chosen.sql}) r where {meets}",
        (*chosen.params, *params),
    )


def boxes(connection: Connection, chosen: Rows) -> list[bytes]:
    """The boxes of rows, EWKB."""
    rows = connection.execute(
        f"select ST_AsEWKB(ST_Envelope(r.geom)) from ({chosen.sql}) r where r.geom is not null", chosen.params
    ).fetchall()
    return [bytes(row[0]) for row in rows]


def about(chosen: Rows, around: Sequence[bytes]) -> Rows:
    """Those of the rows whose boxes meet one of these: few boxes, found by the spatial index."""
    return Rows(
        "select distinct on (r.fid) r.fid, r.content_sha256, r.geom, r.value from"
        f" unnest(%s::bytea[]) b (box) join ({chosen.sql}) r on r.geom && b.box::geometry order by r.fid",
        (list(around), *chosen.params),
    )


def any_row(connection: Connection, state: LayerState, at: datetime, plan_version: str | None = None) -> bool:
    """Whether the layer held anything at all at an instant, of a version of the plan where one is named."""
    conditions = tuple(_of_version(state, plan_version))
    query = ItemsQuery(state.table, at=at, asof=state.recorded_at, conditions=conditions)
    relation, held, params = read.held(query)
    row = connection.execute(f"select exists (select from {relation} v where {held})", params).fetchone()
    return bool(row and row[0])


def count(connection: Connection, chosen: Rows, outline: bytes | None) -> int:
    """How many rows there are; with an outline those with a point of theirs in it."""
    if outline is None:
        row = connection.execute(f"select count(*) from ({chosen.sql}) r", chosen.params).fetchone()
    else:
        row = connection.execute(
            f"select count(*) from ({chosen.sql}) r, (select ST_GeomFromWKB(%s, {SRID}) geom) o"
            " where r.geom && o.geom and ST_Covers(o.geom, ST_PointOnSurface(r.geom))",
            (*chosen.params, outline),
        ).fetchone()
    assert row is not None
    return int(row[0])


def area_m2(connection: Connection, chosen: Rows, plane: Plane) -> Decimal:
    """Σ legal area of the rows, exact; what was never measured is measured now and kept."""
    measure_missing(connection, chosen, plane)
    row = connection.execute(
        "select coalesce(sum(a.area_m2), 0), count(r.geom), count(a.area_m2) from"
        f" ({chosen.sql}) r left join spatial.content_area a"
        " on a.content_sha256 = r.content_sha256 and a.epsg = %s",
        (*chosen.params, plane.frame.epsg),
    ).fetchone()
    assert row is not None and row[1] == row[2]
    return Decimal(row[0])


def sum_of(connection: Connection, chosen: Rows) -> tuple[Decimal, int]:
    """Σ of the rows' field, exact, and how many have none."""
    row = connection.execute(
        f"select coalesce(sum(r.value), 0), count(*) filter (where r.value is null) from ({chosen.sql}) r",
        chosen.params,
    ).fetchone()
    assert row is not None
    return Decimal(row[0]), int(row[1])


def measure_missing(connection: Connection, chosen: Rows, plane: Plane) -> int:
    """Measure the rows whose content has no kept area; how many there were."""
    epsg = plane.frame.epsg
    assert epsg is not None
    return area_store.keep(connection, chosen.sql, chosen.params, epsg)


def unlike(connection: Connection, chosen: Rows, plane: Plane) -> list[bytes]:
    """Contents of the rows whose kept area is not what measuring again gives; none where all is well."""
    found: list[bytes] = []
    with connection.cursor("measured", binary=True) as cursor:
        cursor.execute(
            f"select r.content_sha256, ST_AsBinary(r.geom), a.area_m2::float8 from ({chosen.sql}) r"
            " join spatial.content_area a on a.content_sha256 = r.content_sha256 and a.epsg = %s",
            (*chosen.params, plane.frame.epsg),
        )
        while chunk := cursor.fetchmany(area_store.CHUNK):
            contents, wkb, kept = zip(*chunk, strict=True)
            areas = plane.areas_m2(plane.placed(shapely.from_wkb(np.array(wkb, dtype=object))))
            wrong = np.flatnonzero(np.abs(areas - np.array(kept)) > _UNLIKE_M2)
            found += [contents[place] for place in wrong]
    return found


def load(connection: Connection, chosen: Rows) -> Loaded:
    """The rows themselves."""
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(
            f"select r.fid, ST_AsBinary(r.geom), r.value::float8 from ({chosen.sql}) r"
            ' order by r.fid collate "C"',
            chosen.params,
        ).fetchall()
    fids, wkb, values = zip(*found, strict=True) if found else ((), (), ())
    return Loaded(
        np.array(fids, dtype=object),
        shapely.from_wkb(np.array(wkb, dtype=object)),
        np.array(values, dtype=float),
    )


def region_shape(
    connection: Connection, state: LayerState, code: str, at: datetime
) -> tuple[str, shapely.Geometry] | None:
    """Name and polygon of a division by its code, in degrees."""
    relation, held, params = read.held(ItemsQuery(state.table, at=at, asof=state.recorded_at))
    row = connection.execute(
        f"select v.name, ST_AsBinary(v.geom) from {relation} v where {held} and v.fid = %s",
        (*params, code),
    ).fetchone()
    return None if row is None else (row[0] or code, shapely.from_wkb(bytes(row[1])))
