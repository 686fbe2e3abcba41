"""The file of a closed day 日文件: GeoParquet 1.1, a row a believed value, by datastream and time.

Beside all that the database has of a value stands what tells it apart outside: keys of thing, datastream
and property, the UCUM unit, and the point where it was observed, longitude and latitude in CGCS2000. The
values go from COPY through Arrow to the file and back; none becomes a Python object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

HELD: Final = (
    *("id", "phenomenon_time", "recorded_at", "result_number", "phenomenon_end", "result_time"),
    *("source", "datastream", "feature", "flag", "result_json", "details"),
)
"""The columns of the table, in its order: what is needed to bring a value back."""
TOLD: Final = ("datastream_key", "thing", "thing_key", "layer", "property", "unit")
_NAMES: Final[Mapping[str, str]] = {"result_number": "value"}
"""Columns that are called otherwise in the file."""
_ROW_GROUP: Final = 1 << 17
_BLOCK: Final = 8 << 20
_WKB_POINT: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True, slots=True)
class Known:
    """What the file tells of datastreams and features, by their numbers in rising order."""

    streams: NDArray[np.int64]
    told: Mapping[str, Sequence[str | int | None]]
    features: NDArray[np.int64]
    lon_deg: NDArray[np.float64]
    """NaN where a feature is no point."""
    lat_deg: NDArray[np.float64]


def write(rows: Path, target: Path, day: date, digest: int, known: Known) -> int:
    """Lines of COPY (CSV, times in UTC, columns of :data:`HELD`) as a file; how many rows it has."""
    from pyarrow import parquet

    schema = _schema(day, digest)
    count = 0
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            table = _table(batch, schema, known)
            writer.write_table(table, row_group_size=_ROW_GROUP)
            count += table.num_rows
    return count


def lines(source: Path, rows: Path) -> int:
    """The way back: a file as lines for COPY; how many there are."""
    from pyarrow import csv, parquet

    names = [_NAMES.get(name, name) for name in HELD]
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    count = 0
    with parquet.ParquetFile(source) as file, rows.open("wb") as sink:
        for batch in file.iter_batches(batch_size=_ROW_GROUP, columns=names):
            csv.write_csv(batch.select(names), sink, options)
            count += batch.num_rows
    return count


def _batches(rows: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv

    if not rows.stat().st_size:
        return
    types = {name: kind for name, kind in _types().items() if name in HELD}
    yield from csv.open_csv(
        pa.OSFile(str(rows)),
        read_options=csv.ReadOptions(column_names=list(HELD), block_size=_BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=False),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _types() -> dict[str, Any]:
    import pyarrow as pa

    instant = pa.timestamp("us", "UTC")
    return {
        "id": pa.int64(),
        "phenomenon_time": instant,
        "recorded_at": instant,
        "result_number": pa.float64(),
        "phenomenon_end": instant,
        "result_time": instant,
        "source": pa.int64(),
        "datastream": pa.int32(),
        "feature": pa.int32(),
        "flag": pa.int8(),
        "result_json": pa.string(),
        "details": pa.string(),
        "datastream_key": pa.string(),
        "thing": pa.int64(),
        "thing_key": pa.string(),
        "layer": pa.string(),
        "property": pa.string(),
        "unit": pa.string(),
        "geometry": pa.binary(),
    }


def _schema(day: date, digest: int) -> pa.Schema:
    import pyarrow as pa
    from pyproj import CRS

    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Point"],
                "crs": CRS.from_epsg(4490).to_json_dict(),
            }
        },
    }
    fields = [(_NAMES.get(name, name), kind) for name, kind in _types().items()]
    told = {"geo": json.dumps(geo), "onemap:day": day.isoformat(), "onemap:digest": str(digest)}
    return pa.schema(fields, metadata=told)


def _table(batch: pa.RecordBatch, schema: pa.Schema, known: Known) -> pa.Table:
    import pyarrow as pa

    streams = np.searchsorted(known.streams, batch.column("datastream").to_numpy(zero_copy_only=False))
    taken = pa.array(streams)
    columns = {_NAMES.get(name, name): batch.column(name) for name in HELD}
    for name in TOLD:
        columns[name] = pa.array(known.told[name], type=schema.field(name).type).take(taken)
    columns["geometry"] = _points(batch.column("feature"), known)
    return pa.table(columns).select(schema.names).cast(schema)


def _points(features: pa.Array, known: Known) -> pa.Array:
    """WKB of the point of each feature; null where there is none."""
    import pyarrow as pa

    count = len(features)
    numbers = features.fill_null(-1).to_numpy(zero_copy_only=False)
    at = np.searchsorted(known.features, numbers)
    at = np.minimum(at, max(len(known.features) - 1, 0))
    points = np.zeros(count, _WKB_POINT)
    points["order"], points["type"] = 1, 1
    valid = np.zeros(count, bool)
    if len(known.features):
        points["x"], points["y"] = known.lon_deg[at], known.lat_deg[at]
        valid = (known.features[at] == numbers) & np.isfinite(points["x"])
    bits = pa.array(valid).buffers()[1]
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_WKB_POINT.itemsize), count, [bits, pa.py_buffer(points.tobytes())]
    )
    return cast("pa.Array", fixed.cast(pa.binary()))
