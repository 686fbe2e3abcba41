"""Files of columns 列式文件 from typed rows: GeoParquet 1.1 and FlatGeobuf.

A program of its own, ``python -m spatial.exchange.columnar``, so that neither
memory nor time of the writing libraries is taken from the process that asks. It
reads a :class:`Description` as a line of JSON, then frames, each its length in
eight bytes (little-endian) and rows as :func:`spatial.history.rows.typed_line`
writes them; a frame of length 0 says that the rows are complete. The file goes
to standard output in such frames, too, and after it a mark: :data:`READY` where
the program takes another file, :data:`LAST` where it ends. Coordinates are east
or longitude first in both formats.
"""

from __future__ import annotations

import binascii
import itertools
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from spatial.history.model import Column

GEOMETRY = "geom"
_BOX = "bbox"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_ROW_GROUP = 65_536
_ROW_GROUP_BYTES = 16 << 20
_BEIJING = "+08:00"
_PIECE = 1 << 18
_FINISHED = 0
HEAD = 8
"""Bytes of a length."""
LAST, READY = (1 << 64) - 2, (1 << 64) - 1
"""In place of a length: the file is complete, and no other one is written, or another one may be."""
_SMALL_BYTES = 4 << 20
"""Rows of a file after which the program goes on: more leave memory behind that is not given back."""
_FILES_MOST = 100
_SPARED = ("geopandas", "pandas", "pyproj", "shapely")
"""pyogrio reads them wherever it finds them, which takes as long as all the rest; Arrow needs none."""


@dataclass(frozen=True, slots=True)
class Description:
    """The file to write."""

    format: str
    """``parquet`` or ``fgb``."""
    columns: tuple[Column, ...]
    geometry: str | None
    crs: str
    """``EPSG:4549`` or ``OGC:CRS84``, as PROJ knows it."""
    layer: str
    title: str
    description: str
    told: dict[str, str]
    """What else the file says of itself: pairs of its metadata, where the format keeps such."""
    folder: str
    """Where the program may lay files down while it writes."""

    def line(self) -> bytes:
        """As the program reads it."""
        columns = [[column.name, column.sql_type] for column in self.columns]
        parts = {name: getattr(self, name) for name in self.__slots__ if name != "columns"}
        return json.dumps({**parts, "columns": columns}).encode() + b"\n"

    @staticmethod
    def parse(line: bytes) -> Description:
        """Back from :meth:`line`."""
        parts = json.loads(line)
        columns = tuple(Column(name, kind) for name, kind in parts.pop("columns"))
        return Description(columns=columns, **parts)


def frame(rows: bytes) -> bytes:
    """The length that precedes ``rows``; of nothing, the mark that all rows were sent."""
    return len(rows).to_bytes(HEAD, "little")


def main() -> None:
    """Standard input to standard output; on any failure the file is left without its end."""
    os.nice(5)
    asked = sys.stdin.buffer
    try:
        for number in range(1, _FILES_MOST + 1):
            if not (line := asked.readline()):
                return
            source, sink = _Source(asked), _Sink(sys.stdout.buffer)
            _write(Description.parse(line), source, sink)
            goes_on = number < _FILES_MOST and source.position <= _SMALL_BYTES
            sink.end(READY if goes_on else LAST)
            if not goes_on:
                return
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)  # no writer is closed: a footer would make a cut file look whole


def _write(description: Description, source: _Source, sink: _Sink) -> None:
    if description.format == "parquet":
        _write_parquet(description, source, sink)
    else:
        _write_flatgeobuf(description, source, sink)


class _Source:
    """The rows of one file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0

    def frames(self) -> Iterator[bytes]:
        """Each as it comes."""
        while (size := int.from_bytes(self._exactly(HEAD), "little")) != _FINISHED:
            yield self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise EOFError("the rows end before they are complete")
        self.position += size
        return found


class _Sink:
    """Standard output as one file in frames, which knows how far it is: Parquet asks, and a pipe
    cannot tell."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = bytearray()
        self._position = 0

    def write(self, content: bytes) -> int:
        self._held += content
        self._position += len(content)
        while len(self._held) >= _PIECE:
            self._send(_PIECE)
        return len(content)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Pieces go when they are full, the last one at the end."""

    def close(self) -> None:
        """What was written is sent by :meth:`end` alone: a cut file must not look whole."""

    def end(self, mark: int) -> None:
        """Send the rest, and the mark."""
        if self._held:
            self._send(len(self._held))
        self._stream.write(mark.to_bytes(HEAD, "little"))
        self._stream.flush()

    def _send(self, size: int) -> None:
        self._stream.write(size.to_bytes(HEAD, "little") + self._held[:size])
        self._stream.flush()
        del self._held[:size]


# Rows.


def _tables(description: Description, source: _Source) -> Iterator[Any]:
    """Each frame as an Arrow table; the values are parsed by Arrow, none by Python."""
    import pyarrow as pa
    from pyarrow import csv

    types = _types(description)
    convert = csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    for rows in source.frames():
        reading = csv.ReadOptions(column_names=list(types), block_size=len(rows) + 1, use_threads=False)
        table = csv.read_csv(
            pa.BufferReader(rows),
            read_options=reading,
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        yield table.combine_chunks()


def _types(description: Description) -> dict[str, Any]:
    """The columns as they are sent."""
    import pyarrow as pa

    types = _attributes(description)
    if description.geometry is not None:
        types[GEOMETRY] = pa.string()
    return types


def _attributes(description: Description) -> dict[str, Any]:
    import pyarrow as pa

    instant = pa.timestamp("us", _BEIJING)
    known = {
        "bigint": pa.int64(),
        "double precision": pa.float64(),
        "numeric": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamptz": instant,
    }
    types = {"fid": pa.string()}
    types |= {column.name: known.get(column.sql_type, pa.string()) for column in description.columns}
    return types | {"valid_from": instant, "valid_to": instant, "changeset": pa.int64()}


def _shapes(texts: Any) -> Any:
    """WKB from its hexadecimal text, all of a column at once: half the bytes, half the offsets."""
    import numpy as np
    import pyarrow as pa

    validity, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    wkb = binascii.unhexlify(memoryview(data)[bounds[0] : bounds[-1]] if data is not None else b"")
    halves = ((bounds - bounds[0]) // 2).astype(np.int32)
    held = [validity, pa.py_buffer(halves), pa.py_buffer(wkb)]
    return pa.Array.from_buffers(pa.binary(), len(texts), held)


def _column(table: Any, name: str) -> Any:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks else column.combine_chunks()


# GeoParquet.


def _write_parquet(description: Description, source: _Source, sink: _Sink) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _parquet_schema(description)
    tables = _tables(description, source)
    held = [_with_shapes(table, description, schema) for table in itertools.islice(tables, 1)]
    # Opened when the first rows are there, and not as a context, which closes after a failure, too.
    writer = parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd")
    for table in tables:
        held.append(_with_shapes(table, description, schema))
        rows, size = sum(map(len, held)), sum(each.nbytes for each in held)
        if rows >= _ROW_GROUP or size >= _ROW_GROUP_BYTES:
            writer.write_table(pa.concat_tables(held))
            held.clear()
    if held:
        writer.write_table(pa.concat_tables(held))
    writer.close()


def _parquet_schema(description: Description) -> Any:
    import pyarrow as pa

    fields = list(_attributes(description).items())
    told = dict(description.told)
    if description.geometry is not None:
        fields.append((GEOMETRY, pa.binary()))
        if _covered(description):
            fields.append((_BOX, pa.struct([(side, pa.float64()) for side in _SIDES])))
        told["geo"] = json.dumps(_geo(description))
    return pa.schema(fields, metadata=told)


def _with_shapes(table: Any, description: Description, schema: Any) -> Any:
    import pyarrow as pa
    import shapely

    if description.geometry is None:
        return table.cast(schema)
    shapes = _shapes(_column(table, GEOMETRY))
    arrays = [*(_column(table, name) for name in _attributes(description)), shapes]
    if _covered(description):
        bounds = shapely.bounds(shapely.from_wkb(shapes.to_numpy(zero_copy_only=False)))
        sides = [pa.array(side) for side in bounds.T]
        arrays.append(pa.StructArray.from_arrays(sides, names=list(_SIDES), mask=shapes.is_null()))
    return pa.Table.from_arrays(arrays, schema=schema)


def _covered(description: Description) -> bool:
    """Whether boxes are kept: not where a field of the layer already has that name."""
    return all(column.name != _BOX for column in description.columns)


def _geo(description: Description) -> dict[str, object]:
    """The ``geo`` metadata (GeoParquet 1.1). Rings are stored outer counterclockwise."""
    from pyproj import CRS

    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": [description.geometry],
        "crs": CRS.from_user_input(description.crs).to_json_dict(),
        "edges": "planar",
        "orientation": "counterclockwise",
    }
    if _covered(description):
        column["covering"] = {"bbox": {side: [_BOX, side] for side in _SIDES}}
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


# FlatGeobuf.


def _write_flatgeobuf(description: Description, source: _Source, sink: _Sink) -> None:
    """Through GDAL, which writes the header last: the whole file is laid down before it is sent."""
    import pyarrow as pa

    with _spared():
        from pyogrio.raw import write_arrow

    schema = _flatgeobuf_schema(description)
    batches = (batch for table in _tables(description, source) for batch in _batches(table, schema))
    with tempfile.TemporaryDirectory(dir=description.folder) as folder:
        path = Path(folder, f"{description.layer}.fgb")
        write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            path,
            layer=description.layer,
            driver="FlatGeobuf",
            geometry_name=GEOMETRY if description.geometry else None,
            geometry_type=description.geometry,
            crs=description.crs if description.geometry else None,
            layer_options={
                "SPATIAL_INDEX": "NO",  # it knows no feature without geometry, and changes the order
                "TITLE": description.title,
                "DESCRIPTION": description.description,
            },
        )
        with path.open("rb") as written:
            while piece := written.read(_PIECE):
                sink.write(piece)


@contextmanager
def _spared() -> Iterator[None]:
    """What pyogrio would read is not to be found, unless it was read already."""
    missing = [name for name in _SPARED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _flatgeobuf_schema(description: Description) -> Any:
    import pyarrow as pa

    fields = list(_attributes(description).items())
    if description.geometry is not None:
        shape = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
        return pa.schema([*fields, shape])
    return pa.schema(fields)


def _batches(table: Any, schema: Any) -> Sequence[Any]:
    import pyarrow as pa

    arrays = [_column(table, name) for name in schema.names if name != GEOMETRY]
    if GEOMETRY in schema.names:
        arrays.append(_shapes(_column(table, GEOMETRY)))
    return [pa.RecordBatch.from_arrays(arrays, schema=schema)]


if __name__ == "__main__":
    main()
