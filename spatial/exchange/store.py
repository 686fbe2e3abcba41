"""The SQL of the exchange: originals, readings, control points, what is already believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Identifier, Literal
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.history import form
from spatial.history.model import SRID, FeatureTable
from spatial.history.write import Staging


@dataclass(frozen=True, slots=True)
class Source:
    """An original as it is kept 原件."""

    sha256: bytes
    name: str
    size_bytes: int
    packed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How an original was read for a changeset 判读记录."""

    changeset: int
    sha256: bytes
    layer: str
    file_name: str
    format: str
    source_frame: str | None
    crs_evidence: object
    encoding_evidence: object
    report: object


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """A trusted position 控制点, CGCS2000 degrees."""

    code: str
    name: str | None
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None
    given_frame: str
    origin: str


@dataclass(frozen=True, slots=True)
class Catalogued:
    """An image or a point cloud of the catalogue 已登记的影像或点云."""

    layer: str
    asset_id: str
    name: str
    format: str
    resolution_m: float
    frame: str
    acquired: date | None

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        day = None if self.acquired is None else self.acquired.isoformat()
        return {**asdict(self), "acquired": day}


def keep_source(connection: Connection, source: Source, chunks: Iterable[bytes]) -> bool:
    """Keep an original once; False where it is kept already."""
    new = connection.execute(
        "insert into spatial.source (sha256, name, size_bytes, packed) values (%s, %s, %s, %s)"
        " on conflict (sha256) do nothing returning sha256",
        (source.sha256, source.name, source.size_bytes, source.packed),
    ).fetchone()
    if new is None:
        return False
    with (
        connection.cursor() as cursor,
        cursor.copy("copy spatial.source_chunk (sha256, number, bytes) from stdin (format binary)") as copy,
    ):
        copy.set_types(["bytea", "int4", "bytea"])
        for number, chunk in enumerate(chunks):
            copy.write_row((source.sha256, number, chunk))
    return True


def source(connection: Connection, sha256: bytes) -> Source | None:
    """What is known of an original."""
    with connection.cursor(row_factory=class_row(Source)) as cursor:
        return cursor.execute(
            "select sha256, name, size_bytes, packed from spatial.source where sha256 = %s", (sha256,)
        ).fetchone()


def chunks(connection: Connection, sha256: bytes) -> Iterator[bytes]:
    """The bytes of an original, in order, one chunk in memory at a time."""
    with connection.cursor(name="source_chunks") as cursor:
        cursor.itersize = 1
        cursor.execute("select bytes from spatial.source_chunk where sha256 = %s order by number", (sha256,))
        for (chunk,) in cursor:
            yield bytes(chunk)


def keep_reading(connection: Connection, reading: Reading) -> None:
    """Keep how a source was read for the changeset it became."""
    connection.execute(
        "insert into spatial.source_reading (changeset, sha256, layer, file_name, format, source_frame,"
        " crs_evidence, encoding_evidence, report) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            reading.changeset,
            reading.sha256,
            reading.layer,
            reading.file_name,
            reading.format,
            reading.source_frame,
            Jsonb(reading.crs_evidence),
            Jsonb(reading.encoding_evidence),
            Jsonb(reading.report),
        ),
    )


def reading(connection: Connection, changeset: int) -> Reading | None:
    """How the source of a changeset was read; None for one that did not come from a file."""
    with connection.cursor(row_factory=class_row(Reading)) as cursor:
        return cursor.execute(
            "select changeset, sha256, layer, file_name, format, source_frame, crs_evidence,"
            " encoding_evidence, report from spatial.source_reading where changeset = %s",
            (changeset,),
        ).fetchone()


def layers_of(connection: Connection, sha256: bytes) -> tuple[str, ...]:
    """The layers that an original was loaded into."""
    rows = connection.execute(
        "select distinct layer from spatial.source_reading where sha256 = %s order by layer", (sha256,)
    ).fetchall()
    return tuple(layer for (layer,) in rows)


def believed_count(connection: Connection, table: FeatureTable) -> int:
    """Features believed in, whenever they are valid."""
    row = connection.execute(SQL("select count(distinct fid) from {}").format(_believed(table))).fetchone()
    assert row is not None
    return int(row[0])


def believed_shapes(connection: Connection, table: FeatureTable, keys: Sequence[str]) -> dict[str, bytes]:
    """Geometry (WKB, EPSG:4490) of the latest believed version of each key."""
    rows = connection.execute(
        SQL(
            "select distinct on (fid) fid, ST_AsBinary(geom) from {} where fid = any(%s)"
            " order by fid, valid_from desc"
        ).format(_believed(table)),
        (list(keys),),
    ).fetchall()
    return {fid: bytes(shape) for fid, shape in rows}


def control_points(connection: Connection) -> tuple[ControlPoint, ...]:
    """All control points."""
    with connection.cursor(row_factory=class_row(ControlPoint)) as cursor:
        return tuple(
            cursor.execute(
                "select code, name, ST_X(geom) lon_deg, ST_Y(geom) lat_deg, accuracy_m, given_frame, origin"
                " from spatial.control_point order by code"
            ).fetchall()
        )


def keep_control_points(connection: Connection, points: Iterable[ControlPoint]) -> int:
    """Add control points; one already there under its code is replaced. Returns how many."""
    count = 0
    with connection.cursor() as cursor:
        for point in points:
            cursor.execute(
                "insert into spatial.control_point (code, name, geom, accuracy_m, given_frame, origin)"
                " values (%s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4490), %s, %s, %s)"
                " on conflict (code) do update set name = excluded.name, geom = excluded.geom,"
                " accuracy_m = excluded.accuracy_m, given_frame = excluded.given_frame,"
                " origin = excluded.origin, added_at = now()",
                (
                    point.code,
                    point.name,
                    point.lon_deg,
                    point.lat_deg,
                    point.accuracy_m,
                    point.given_frame,
                    point.origin,
                ),
            )
            count += 1
    return count


def drop_control_point(connection: Connection, code: str) -> bool:
    """Take a control point out; False where there is none of that code."""
    return connection.execute("delete from spatial.control_point where code = %s", (code,)).rowcount == 1


def adopt_identities(connection: Connection, staging: Staging, provisional: str) -> int:
    """Give staged features without an assigned key the identity they already have.

    A canonical staged row whose identity is provisional takes that of a believed
    feature with the same geometry and attributes; what is left over, of one with
    the same geometry alone where there is exactly one on both sides. Identities
    already taken by the delivery are left alone. Returns how many were adopted.
    """
    table = staging.table
    columns = [Identifier(column.name) for column in table.columns]
    adopted = _adopt(connection, staging, provisional, [*_shape(table), *columns], unique=False)
    if table.geometry is not None:
        adopted += _adopt(connection, staging, provisional, _shape(table), unique=True)
    _finish(connection, staging, provisional)
    return adopted


def _shape(table: FeatureTable) -> list[Composable]:
    return [SQL("ST_AsEWKB(geom)")] if table.geometry is not None else []


def _adopt(
    connection: Connection, staging: Staging, provisional: str, parts: Sequence[Composable], *, unique: bool
) -> int:
    return connection.execute(
        SQL(
            """
            with staged as (
              select line, fid, row_number() over w n, count(*) over (partition by digest) same, digest
                from (select line, fid, sha256(convert_to(row({parts})::text, 'UTF8')) digest
                      from {staging} where fid like {provisional}) s
                window w as (partition by digest order by line)),
            believed as (
              select fid, row_number() over w n, count(*) over (partition by digest) same, digest
                from (select distinct on (b.fid) b.fid, sha256(convert_to(row({parts})::text, 'UTF8')) digest
                      from {believed} b
                      where b.valid_to = 'infinity'
                        and not exists (select from {staging} t where t.fid = b.fid)
                      order by b.fid) b
                window w as (partition by digest order by fid))
            update {staging} t set fid = b.fid
              from staged s join believed b on b.digest = s.digest and b.n = s.n
              where t.fid = s.fid {only}
            """
        ).format(
            parts=SQL(", ").join(parts),
            staging=staging.identifier,
            believed=_believed(staging.table),
            provisional=SQL("{}").format(provisional + "%"),
            only=SQL("and s.same = 1 and b.same = 1" if unique else ""),
        )
    ).rowcount


def _finish(connection: Connection, staging: Staging, provisional: str) -> None:
    """What is still provisional is a new feature; the digest covers the identity, so it is taken anew."""
    connection.execute(
        SQL("update {} set fid = substr(fid, {}) where fid like {}").format(
            staging.identifier, len(provisional) + 1, provisional + "%"
        )
    )
    _digest(connection, staging)


def keep_untold(connection: Connection, staging: Staging, names: Sequence[str], at: datetime) -> int:
    """Give staged features what is believed of them at an instant in these fields, which the delivery
    does not bring; returns of how many features there was anything."""
    columns = [Identifier(name) for name in names]
    kept = connection.execute(
        SQL(
            "update {staging} s set ({columns}) = row({believed_columns}) from {believed} v"
            " where v.fid = s.fid and v.valid_from <= %s and v.valid_to > %s"
            " and num_nonnulls({believed_columns}) > 0"
        ).format(
            staging=staging.identifier,
            columns=SQL(", ").join(columns),
            believed_columns=SQL(", ").join(SQL("v.{}").format(each) for each in columns),
            believed=_believed(staging.table),
        ),
        (at, at),
    ).rowcount
    if kept:
        _digest(connection, staging)
    return kept


def untold(connection: Connection, staging: Staging, names: Sequence[str], at: datetime) -> dict[str, int]:
    """Of these fields, which the delivery does not bring: how many of its features have a value now."""
    counted = SQL(", ").join(SQL("count(v.{})").format(Identifier(name)) for name in names)
    row = connection.execute(
        SQL(
            "select {} from {} v where v.valid_from <= %s and v.valid_to > %s"
            " and exists (select from {} s where s.fid = v.fid and not s.remove)"
        ).format(counted, _believed(staging.table), staging.identifier),
        (at, at),
    ).fetchone()
    assert row is not None
    return {name: count for name, count in zip(names, row, strict=True) if count}


def _digest(connection: Connection, staging: Staging) -> None:
    """Digests of what is staged, taken anew."""
    connection.execute(
        SQL("update {} v set content_sha256 = sha256({})").format(
            staging.identifier, form.content(staging.table)
        )
    )


def _believed(table: FeatureTable) -> Identifier:
    return Identifier("history", table.believed)


def newest_changeset(connection: Connection, layer_id: str) -> int:
    """The last changeset of a layer at the transaction's place in time; 0 before there was one."""
    row = connection.execute(
        "select coalesce(max(id), 0) from spatial.changeset"
        " where layer = %s and recorded_at <= spatial.asof()",
        (layer_id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def layer_rows(
    connection: Connection,
    table: FeatureTable,
    names: Sequence[str],
    batch: int,
    box_4490: tuple[float, float, float, float] | None = None,
) -> Iterator[list[tuple[object, ...]]]:
    """Features of a layer at the transaction's place in time, by identity, in batches.

    With a box only those whose geometry meets it.

    Each row: fid, valid_from, valid_to, geometry as WKB (where the layer has one),
    then the named columns. Runs inside the caller's transaction.
    """
    geometry = [SQL("ST_AsBinary(geom) geom")] if table.geometry is not None else []
    columns = [SQL("fid, valid_from, valid_to"), *geometry, *map(Identifier, names)]
    where: Composable = SQL("")
    if box_4490 is not None and table.geometry is not None:
        box = SQL("ST_MakeEnvelope(%s, %s, %s, %s, {})").format(SQL(str(SRID)))
        where = SQL(" where geom && {0} and ST_Intersects(geom, {0})").format(box)
    with connection.cursor(name="layer_rows") as cursor:
        cursor.execute(
            SQL("select {} from {}{} order by fid").format(
                SQL(", ").join(columns), Identifier("layer", table.name), where
            ),
            (*box_4490, *box_4490) if box_4490 is not None and table.geometry is not None else None,
        )
        while rows := cursor.fetchmany(batch):
            yield rows


def catalogued(connection: Connection, tables: Sequence[FeatureTable]) -> tuple[Catalogued, ...]:
    """What now stands in the layers of assets, by name."""
    found: list[Catalogued] = []
    for table in tables:
        with connection.cursor(row_factory=class_row(Catalogued)) as cursor:
            found += cursor.execute(
                SQL(
                    "select {} layer, asset_id, name, format, resolution_m, frame, acquired"
                    " from {} order by name"
                ).format(Literal(table.layer), Identifier("layer", table.name))
            ).fetchall()
    return tuple(found)
