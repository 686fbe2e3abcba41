"""A difference as a GeoPackage 差异文件: complete, so that it can be applied wherever the older state is.

Layers ``removed``, ``inserted``, ``before`` and ``after`` hold the rows in CGCS2000 with every bit that
the history keeps (SQLite knows no NaN and no negative zero, nor does the history); ``changes`` tells
what became of what, by code. The file's name ends in ``.gpkg``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planning.difference.difference import Difference, compare
from planning.difference.pairs import Change
from planning.edition import GEOMETRY, Edition
from spatial.files import replacing

if TYPE_CHECKING:
    import pyarrow as pa

ROWS: Final = ("removed", "inserted", "before", "after")
"""Layers of rows, as they are named in :class:`planning.difference.difference.Difference`."""
MEDIA_TYPE: Final = "application/geopackage+sqlite3"
_UNCHANGED: Final = "unchanged"


def write(
    path: Path, difference: Difference, changes: Sequence[Change], geometry: str | None, told: str
) -> None:
    """Write all of it; the file gets its name when it is complete. ``told`` describes its layers."""
    with replacing(path) as partial:
        for name in ROWS:
            edition: Edition = getattr(difference, name)
            _write(partial, name, edition.table, geometry if edition.has_shapes else None, told)
        _write(partial, "changes", _changes(changes, difference.unchanged), None, told)


def read(path: Path) -> Difference:
    """The difference that :func:`write` wrote; applied to the older state it gives the newer one."""
    from pyogrio.raw import read_arrow

    found = {}
    for name in ROWS:
        meta, table = read_arrow(path, layer=name)
        if meta["geometry_name"] in table.column_names:
            place = table.column_names.index(meta["geometry_name"])
            shapes = table.column(place).combine_chunks().cast("large_binary")
            table = table.remove_column(place).append_column(GEOMETRY, shapes)
        found[name] = Edition.from_table(table.replace_schema_metadata(None))
    again = compare(found["before"], found["after"])
    _, table = read_arrow(path, layer="changes")
    return Difference(
        found["removed"], found["inserted"], again.before, again.after, again.changed,
        int(table.column(_UNCHANGED)[0].as_py()) if table.num_rows else 0,
    )  # fmt: skip


def _write(file: Path, layer: str, table: pa.Table, geometry: str | None, told: str) -> None:
    import pyarrow as pa
    from pyogrio.raw import write_arrow

    fields = [
        pa.field(GEOMETRY, pa.large_binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
        if each.name == GEOMETRY
        else each
        for each in table.schema
    ]
    write_arrow(
        table.cast(pa.schema(fields)),
        file,
        layer=layer,
        driver="GPKG",
        geometry_name=GEOMETRY if geometry else None,
        geometry_type=geometry,
        crs="EPSG:4490" if geometry else None,
        append=False,
        layer_options={"FID": "row", "DESCRIPTION": told},
    )


def _changes(changes: Sequence[Change], unchanged: int) -> pa.Table:
    import pyarrow as pa

    def joined(name: str) -> list[str]:
        return [",".join(getattr(each, name)) for each in changes]

    columns: dict[str, Any] = {
        "kind": [each.kind.value for each in changes],
        "codes_before": joined("before"),
        "codes_after": joined("after"),
        "fields": joined("fields"),
        "shape": [None if each.shape is None else each.shape.value for each in changes],
        "before_m2": np.array([each.before_m2 for each in changes], np.float64),
        "after_m2": np.array([each.after_m2 for each in changes], np.float64),
        _UNCHANGED: np.full(len(changes), unchanged, np.int64),
    }
    texts = {"kind", "codes_before", "codes_after", "fields", "shape"}
    return pa.table(
        {name: pa.array(each, pa.string()) if name in texts else each for name, each in columns.items()}
    )
