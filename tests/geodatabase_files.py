"""Personal geodatabases for the tests: tables of ``jet_files``, shapes as GDAL's shapefiles have them."""

from __future__ import annotations

import struct
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pyproj
import shapely
from jet_files import Columns, Jet

NO_FRAME = "{B286C06B-0879-11D2-AACA-00C04FA33C20}"
_SHAPE_TYPES = {"Point": 1, "LineString": 3, "Polygon": 4, "MultiPoint": 2}


def shape_records(shapes: Sequence[object], kind: str) -> list[bytes]:
    """The records of a shapefile that GDAL writes; their content is what a geodatabase holds."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, "a.shp")
        pyogrio.raw.write(
            path,
            np.asarray(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
            [np.arange(len(shapes), dtype=np.int32)],
            ["n"],
            driver="ESRI Shapefile",
            geometry_type=kind,
            crs="EPSG:4490",
        )
        whole, index = path.read_bytes(), path.with_suffix(".shx").read_bytes()[100:]
        places = struct.unpack(f">{len(index) // 4}i", index)
        return [
            whole[2 * at + 8 : 2 * at + 8 + 2 * size]
            for at, size in zip(places[::2], places[1::2], strict=True)
        ]


def add_class(
    jet: Jet,
    name: str,
    columns: Columns,
    rows: Sequence[Sequence[Any]],
    records: Sequence[bytes | None],
    *,
    announced: int | None = None,
) -> None:
    """Add a feature class: an id, the shapes, the columns."""
    whole = [
        (number, record, *row) for number, (record, row) in enumerate(zip(records, rows, strict=True), 1)
    ]
    jet.add(name, {"OBJECTID": "long", "SHAPE": "ole", **columns}, whole, announced=announced)
    jet.add(f"{name}_SHAPE_Index", {"IndexedObjectId": "long", "MinGX": "long"}, [(1, 0)])


def finish(jet: Jet, path: Path, classes: dict[str, tuple[str, str | None]], *, flags: int = 0) -> Path:
    """Add the geodatabase's own tables and write; of each class its kind and frame (code, WKT or none)."""
    frames = list(dict.fromkeys(crs for _, crs in classes.values()))
    jet.add(
        "GDB_SpatialRefs",
        {"SRID": "long", "SRTEXT": "memo", "FalseX": "double", "FalseY": "double", "XYUnits": "double"},
        [(number, wkt(crs), -400.0, -400.0, 1e9) for number, crs in enumerate(frames, 1)],
        flags=flags,
    )
    jet.add(
        "GDB_GeomColumns",
        {
            "TableName": "text", "FieldName": "text", "ShapeType": "long", "ExtentLeft": "double",
            "ExtentBottom": "double", "ExtentRight": "double", "ExtentTop": "double",
            "IdxOriginX": "double", "SRID": "long", "HasZ": "boolean", "HasM": "boolean",
        },
        [
            (name, "SHAPE", _SHAPE_TYPES[kind], 0.0, 0.0, 1.0, 1.0, 0.0, frames.index(crs) + 1, False, False)
            for name, (kind, crs) in classes.items()
        ],
        flags=flags,
    )  # fmt: skip
    jet.add("GDB_ObjectClasses", {"ID": "long", "Name": "text"}, list(enumerate(classes, 1)))
    return jet.write(path)


def wkt(crs: str | None) -> str:
    """A frame as ESRI writes it."""
    if crs is None:
        return NO_FRAME
    return crs if "[" in crs else str(pyproj.CRS.from_user_input(crs).to_wkt("WKT1_ESRI"))
