"""SQL of the difference 差异取数: of two states of a layer what differs is read, by the digests of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from psycopg.sql import SQL, Composed, Identifier, Literal

from planning.edition import Edition, Shapes
from spatial.catalogue.contract import Contract, FieldType
from spatial.catalogue.tables import feature_table
from spatial.database import Connection
from spatial.history.model import FeatureTable

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH: Final = 20_000
_CHANGED: Final = SQL(
    """
    create temporary table plan_difference on commit drop as
    select fid, a.fid is not null was
      from (select fid, content_sha256 from {table} v where {older}) a
      full join (select fid, content_sha256 from {table} v where {newer}) b using (fid)
     where a.content_sha256 is distinct from b.content_sha256
    """
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of the history: what was true at an instant, as it was believed at another."""

    at: datetime
    """Valid time 有效时间."""
    asof: datetime | None = None
    """Recorded time 登记时间; what is believed now where not said."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two states, of each the rows that the other has not alike."""

    older: Edition
    newer: Edition
    unchanged: int
    """How many rows both have alike."""


def read(
    connection: Connection, contract: Contract, fields: Sequence[str], older: Moment, newer: Moment
) -> Pair:
    """What differs, in the caller's transaction; ``fields`` are the attributes that are wanted.

    Rows that differ in other attributes alone are among those read, alike in both.
    """
    table = feature_table(contract)
    connection.execute("drop table if exists plan_difference")  # of another pair in this transaction
    connection.execute(_CHANGED.format(table=_relation(table), older=_holds(older), newer=_holds(newer)))
    connection.execute("analyze plan_difference")
    row = connection.execute(
        SQL(
            "select (select count(*) from {} v where {}) - (select count(*) from plan_difference where was)"
        ).format(_relation(table), _holds(older))
    ).fetchone()
    assert row is not None
    return Pair(
        _edition(connection, contract, fields, older), _edition(connection, contract, fields, newer), row[0]
    )


def unchanged(
    connection: Connection, contract: Contract, by: str | None, older: Moment
) -> Iterator[tuple[list[str | None], Shapes]]:
    """Class and shape in degrees of the rows alike in both, in batches; after :func:`read`."""
    import shapely

    table = feature_table(contract)
    chosen = SQL("null::text") if by is None else SQL("v.{}::text").format(Identifier(by))
    statement = SQL(
        "select {}, ST_AsBinary(v.geom) from {} v where {} and not exists"
        " (select from plan_difference d where d.fid = v.fid)"
    ).format(chosen, _relation(table), _holds(older))
    with connection.cursor(name="plan_unchanged", binary=True) as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(_BATCH):
            classes, shapes = zip(*rows, strict=True)
            yield list(classes), np.asarray(shapely.from_wkb(np.array(shapes, dtype=object)), dtype=object)


def _edition(connection: Connection, contract: Contract, fields: Sequence[str], moment: Moment) -> Edition:
    import pyarrow as pa

    table = feature_table(contract)
    named = [field for field in contract.fields if field.name in fields and field.name != contract.key]
    columns = [SQL("v.fid"), *(SQL("v.{}").format(Identifier(field.name)) for field in named)]
    if table.geometry is not None:
        columns.append(SQL("ST_AsBinary(v.geom, 'NDR')"))
    statement = SQL("select {} from {} v join plan_difference d using (fid) where {}").format(
        SQL(", ").join(columns), _relation(table), _holds(moment)
    )
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(statement).fetchall()
    found = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    attributes = {
        field.name: pa.array(values, _arrow(field.type))
        for field, values in zip(named, found[1:], strict=False)
    }
    shapes: Any = None
    if table.geometry is not None:
        shapes = np.empty(len(rows), dtype=object)
        shapes[:] = found[-1]
    return Edition.of(pa.array(found[0], pa.string()), attributes, shapes)


def _arrow(kind: FieldType) -> pa.DataType:
    import pyarrow as pa

    return {
        FieldType.TEXT: pa.string(),
        FieldType.INTEGER: pa.int64(),
        FieldType.NUMBER: pa.float64(),
        FieldType.BOOLEAN: pa.bool_(),
        FieldType.DATE: pa.date32(),
        FieldType.INSTANT: pa.timestamp("us", "UTC"),
    }[kind]


def _relation(table: FeatureTable) -> Identifier:
    return Identifier("history", table.name)


def _holds(moment: Moment) -> Composed:
    """The condition of being true and believed, of rows ``v``. Instants stand in the text as literals:
    one statement reads two states.
    """
    valid = SQL("v.valid_from <= {0} and v.valid_to > {0}").format(Literal(moment.at))
    if moment.asof is None:
        return valid + SQL(" and v.recorded_to = 'infinity'")
    return valid + SQL(" and v.recorded_from <= {0} and v.recorded_to > {0}").format(Literal(moment.asof))
