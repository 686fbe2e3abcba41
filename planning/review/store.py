"""Reading layers for review out of the history 取数: by COPY, as columns; the only SQL of the review."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import shapely
from psycopg.sql import SQL, Composable, Identifier

from planning.review.model import Objects
from spatial.catalogue.contract import Field, FieldType
from spatial.catalogue.store import Layer
from spatial.database import Connection

_BLOCK: Final = 64 << 20
_NULL: Final = "\\N"
_WKB: Final = "wkb of the feature"
_TYPES: Final = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.float64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.INSTANT: pa.string(),
}
DIVISIONS: Final = "regions"
_ELEMENTS: Final = (12, 20, 30)
"""County, town and village of the register's divisions; zones laid over them are none."""


@dataclass(frozen=True, slots=True)
class Held:
    """A layer at the transaction's place in time."""

    keys: Objects
    columns: dict[str, Any]
    shapes_4490: Objects | None
    changeset: int
    """The last one that is in it; 0 where there is none."""


def held(connection: Connection, layer: Layer, fields: Sequence[Field]) -> Held:
    """What a layer holds at ``spatial.at`` as known at ``spatial.asof``, in order of identity."""
    areal = layer.table.geometry is not None
    chosen: list[Composable] = [SQL("v.fid"), *(SQL("v.{}").format(Identifier(each.name)) for each in fields)]
    types = {"fid of the feature": pa.string()} | {each.name: _TYPES[each.type] for each in fields}
    if areal:
        chosen.append(SQL("encode(ST_AsBinary(v.geom), 'hex')"))
        types[_WKB] = pa.string()
    statement = SQL(
        "select {} from history.{} v where v.recorded_from <= spatial.asof()"
        " and v.recorded_to > spatial.asof() and v.valid_from <= spatial.at() and v.valid_to > spatial.at()"
        " order by v.fid"
    ).format(SQL(", ").join(chosen), Identifier(layer.table.name))
    tables = list(_tables(connection, statement, types))
    columns = {name: _column(tables, name, kind) for name, kind in types.items() if name != _WKB}
    keys = columns.pop("fid of the feature")
    shapes = _shapes(tables) if areal else None
    return Held(keys, columns, shapes, _newest(connection, layer.contract.id))


def divisions(connection: Connection) -> dict[str, Any]:
    """Division code, without the zeros at its end that fill a town's or county's → its area in degrees."""
    rows = connection.execute(
        "select code, ST_AsBinary(geom) from history.regions where recorded_from <= spatial.asof()"
        " and recorded_to > spatial.asof() and valid_from <= spatial.at() and valid_to > spatial.at()"
        " and element = any(%s) and code is not null",
        (list(_ELEMENTS),),
    ).fetchall()
    return {_short(code): shapely.from_wkb(bytes(wkb)) for code, wkb in rows}


def _short(code: str) -> str:
    """A code by its level: 6, 9 or 12 digits.

    >>> _short("370783000000"), _short("370783001000"), _short("370783001001")
    ('370783', '370783001', '370783001001')
    """
    if code[6:].strip("0") == "":
        return code[:6]
    return code[:9] if code[9:].strip("0") == "" else code


def _newest(connection: Connection, layer_id: str) -> int:
    row = connection.execute(
        "select coalesce(max(id), 0) from spatial.changeset"
        " where layer = %s and recorded_at <= spatial.asof()",
        (layer_id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _tables(
    connection: Connection, statement: Composable, types: dict[str, pa.DataType]
) -> Iterator[pa.Table]:
    """The rows of a statement as columns, some tens of megabytes at a time."""
    copying = SQL("copy ({}) to stdout (format csv, null {})").format(statement, SQL(f"'{_NULL}'"))
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        held_, size = [], 0
        for block in copy:  # one row each
            held_.append(bytes(block))
            size += len(held_[-1])
            if size > _BLOCK:
                yield _parsed(b"".join(held_), types)
                held_, size = [], 0
        if held_:
            yield _parsed(b"".join(held_), types)


def _parsed(rows: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    return pv.read_csv(
        io.BytesIO(rows),
        read_options=pv.ReadOptions(column_names=list(types), block_size=16 << 20),
        parse_options=pv.ParseOptions(newlines_in_values=True),
        convert_options=pv.ConvertOptions(
            column_types=types,
            true_values=["t"],
            false_values=["f"],
            null_values=[_NULL],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _column(tables: Sequence[pa.Table], name: str, kind: pa.DataType) -> Any:
    if not tables:
        return np.empty(0, np.float64 if kind == pa.float64() else object)
    parts = [each.column(name) for each in tables]
    if kind == pa.float64():
        return np.concatenate([each.to_numpy() for each in parts])
    whole = pa.chunked_array([chunk for each in parts for chunk in each.chunks], type=kind)
    coded = whole.combine_chunks().dictionary_encode()
    values = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    found: Objects = values[coded.indices.fill_null(len(values) - 1).to_numpy()]
    return found


def _shapes(tables: Sequence[pa.Table]) -> Objects:
    found = [shapely.from_wkb(each.column(_WKB).to_numpy()) for each in tables]
    return np.concatenate(found) if found else np.empty(0, object)
