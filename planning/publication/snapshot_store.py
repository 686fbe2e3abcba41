"""What everybody saw of a layer 公示快照: read from the history at the instants that are pinned.

Every statement reads the same rows: what was valid at one instant, as believed at another, of one
version of a plan, at one precision. So what was published can be shown again at any later time.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.sql import SQL, Composable, Identifier, Literal

from planning.publication.model import Layer, Publication
from planning.publication.precision import Precision
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.history.form import properties_text
from spatial.history.model import SRID, FeatureTable
from spatial.history.query import Condition

METRES_PER_DEGREE: Final = 111_320.0
LAT_DEG: Final = 36.9
"""Of the city: there a cell of the grid is about square."""
_READ_AT_ONCE: Final = 2_000
_TOLD: Final = ("fid", "valid_from", "valid_to", "opened_by")
"""Of every feature it is told which it is, since when it holds and by which changeset."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Source:
    """A layer of a publication, and everything that decides what is shown of it."""

    contract: Contract
    table: FeatureTable
    version_id: str
    at: datetime
    asof: datetime
    precision: Precision
    grid_m: float
    fields: tuple[str, ...]

    @property
    def cell_deg(self) -> tuple[float, float]:
        """Width and height of a cell of the coarse grid, in degrees."""
        tall = self.grid_m / METRES_PER_DEGREE
        return tall / math.cos(math.radians(LAT_DEG)), tall


class Digest(NamedTuple):
    """Over all that is seen of a layer, feature by feature in order of identity."""

    sha256: str
    features: int


def of(connection: Connection, publication: Publication, layer: Layer) -> Source:
    """A layer as it was published; one that was withdrawn since is still read as it was."""
    held = catalogue.get(connection, layer.layer)
    return Source(
        *(held.contract, held.table, publication.version_id, publication.at, layer.asof),
        *(layer.precision, layer.grid_m, layer.fields),
    )


def chosen(source: Source, box: Box | None, tail: Composable, *of_tail: Any) -> Condition:
    """Rows of what is told of a feature and its shape as it is shown, within a box of degrees.

    ``tail`` says in which order and how many; what is coarse is made so of those alone.
    """
    names = SQL(", ").join(SQL("v.{}").format(Identifier(n)) for n in (*_TOLD, *source.fields))
    coarse = source.precision is Precision.COARSE
    params = _pins(source)
    within = ""
    if box is not None:
        # What is coarse lies up to a cell beside where it is kept.
        wide, tall = source.cell_deg if coarse else (0.0, 0.0)
        within = f" and v.geom && ST_MakeEnvelope(%s, %s, %s, %s, {SRID})"
        params = (*params, box[0] - wide, box[1] - tall, box[2] + wide, box[3] + tall)
    held = SQL("select {names}, v.geom from {table} v where {where}").format(
        names=names, table=_table(source), where=SQL(_WHERE + within)
    )
    held += tail
    if coarse:
        held = SQL(
            "select {names}, {geom} geom from ({held}) v"
            " cross join lateral (select {snapped} shape offset 0) s"
        ).format(names=names, geom=_on_grid(source), held=held, snapped=_snapped(source))
    return Condition(held.as_string(None), (*params, *of_tail))


def page(
    connection: Connection, source: Source, after: str, limit: int, box: Box | None = None
) -> list[tuple[str, str]]:
    """Identity and GeoJSON text of each feature of a page in order of identity, behind ``after``."""
    tail = SQL(' and v.fid collate "C" > %s order by v.fid collate "C" limit %s')
    return _told(connection, source, chosen(source, box, tail, after, limit))


def _told(connection: Connection, source: Source, chosen: Condition) -> list[tuple[str, str]]:
    columns = {column.name: column for column in source.table.columns}
    sql = SQL(
        """select v.fid, '{{"type":"Feature","id":' || to_json(v.fid)::text || ',"geometry":'"""
        " || coalesce(ST_AsGeoJSON(v.geom, {decimals}, 0), 'null') || {properties} from ("
    ).format(
        decimals=Literal(_decimals(source)), properties=properties_text([columns[n] for n in source.fields])
    )
    statement = f'{sql.as_string(None)}{chosen.sql}) v order by v.fid collate "C"'
    return connection.execute(statement, chosen.params).fetchall()


def largest(connection: Connection, source: Source, limit: int, box: Box) -> list[tuple[str, str]]:
    """As :func:`page`, of what lies in a box the largest features: what a map of that stretch shows first."""
    tail = SQL(
        " order by (ST_XMax(v.geom) - ST_XMin(v.geom)) * (ST_YMax(v.geom) - ST_YMin(v.geom)) desc,"
        ' v.fid collate "C" limit %s'
    )
    return _told(connection, source, chosen(source, box, tail, limit))


def digest(connection: Connection, source: Source) -> Digest:
    """The digest of all that is seen of a layer; what is counted only counts as its numbers."""
    found, count = hashlib.sha256(), 0
    if source.precision is Precision.COUNTED:
        counted = classes(connection, source)
        for each in counted:
            found.update(f"{each['code']}\t{each['features']}\n".encode())
        return Digest(found.hexdigest(), sum(each["features"] for each in counted))
    for _, text in _all(connection, source):
        found.update(text.encode())
        found.update(b"\n")
        count += 1
    return Digest(found.hexdigest(), count)


def classes(connection: Connection, source: Source) -> list[dict[str, Any]]:
    """How many features there are of each class of the legend, the most frequent first."""
    by = source.contract.legend.by
    column: Composable = SQL("null::text") if by is None else SQL("v.{}::text").format(Identifier(by))
    sql = SQL("select {by} code, count(*) from {table} v where {where} group by 1 order by 2 desc, 1").format(
        by=column, table=_table(source), where=SQL(_WHERE)
    )
    titles = {} if by is None else dict(source.contract.field(by).codes)
    counted = connection.execute(sql, _pins(source)).fetchall()
    return [
        {
            "code": code,
            "zh": titles[code].zh if code in titles else code or "全部",
            "en": titles[code].en if code in titles else code or "all",
            "features": number,
        }
        for code, number in counted
    ]


def holds(connection: Connection, source: Source, fid: str) -> bool:
    """Whether a feature is among what is shown."""
    sql = SQL("select exists (select from {} v where {} and v.fid = %s)").format(_table(source), SQL(_WHERE))
    row = connection.execute(sql, (*_pins(source), fid)).fetchone()
    return row is not None and bool(row[0])


def _all(connection: Connection, source: Source) -> Iterator[tuple[str, str]]:
    after = ""
    while found := page(connection, source, after, _READ_AT_ONCE):
        yield from found
        after = found[-1][0]


_WHERE: Final = (
    "v.plan_version = %s and v.valid_from <= %s and v.valid_to > %s"
    " and v.recorded_from <= %s and v.recorded_to > %s"
)


def _pins(source: Source) -> tuple[Any, ...]:
    return (source.version_id, source.at, source.at, source.asof, source.asof)


def _table(source: Source) -> Identifier:
    return Identifier("history", source.table.name)


def _decimals(source: Source) -> int:
    return 5 if source.precision is Precision.COARSE else 9


def _snapped(source: Source) -> Composable:
    """A shape with its vertices on the coarse grid; empty, or null, where nothing of it is left."""
    wide, tall = map(Literal, source.cell_deg)
    snapped = SQL("ST_SnapToGrid(v.geom, 0, 0, {}, {})").format(wide, tall)
    if "Polygon" not in (source.table.geometry or ""):
        return snapped
    return SQL("ST_Multi(ST_CollectionExtract(ST_MakeValid({}), 3))").format(snapped)


def _on_grid(source: Source) -> Composable:
    """The shape on the grid; one that vanishes there is the cell it lies in."""
    wide, tall = map(Literal, source.cell_deg)
    place = SQL("ST_PointOnSurface(v.geom)")
    return SQL(
        "case when not ST_IsEmpty(s.shape) then s.shape else"
        " ST_MakeEnvelope(floor(ST_X({p}) / {wide}) * {wide}, floor(ST_Y({p}) / {tall}) * {tall},"
        " (floor(ST_X({p}) / {wide}) + 1) * {wide}, (floor(ST_Y({p}) / {tall}) + 1) * {tall}, {srid}) end"
    ).format(p=place, wide=wide, tall=tall, srid=Literal(SRID))
