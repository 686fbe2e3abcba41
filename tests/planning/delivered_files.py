"""Planning deliveries as departments hand them in, written by GDAL, for the importer and the review."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
from review_ground import ground

from planning import layers
from planning.profiles import of_layer
from spatial.catalogue import store
from spatial.database import connect
from spatial.datum import frame, legal_areas_m2
from spatial.exchange.load import LoadOptions
from spatial.history.model import Delivery

GRID = {"XORIGIN": "0", "YORIGIN": "0", "XYSCALE": "10000000"}
"""A FileGDB of 0.1 mm, as is usual, would itself change areas by a hundredth of a square metre."""
COUNT = 12


def parcels(count: int = COUNT) -> Any:
    """So many parcels of the test ground, in degrees of CGCS2000."""
    return ground(100, 4)[:count]


def legal_m2(shapes: Any) -> list[float]:
    """Their legal areas."""
    found: list[float] = legal_areas_m2(shapes, frame("4549"), given_in=frame("4490")).tolist()
    return found


def declared(shapes: Any, per_unit_m2: float, digits: int) -> list[float]:
    """Areas as somebody writes them down in a unit of so many m², by hand and not by the code under test."""
    step = Decimal(1).scaleb(-digits)
    return [float((Decimal(each) / Decimal(per_unit_m2)).quantize(step)) for each in legal_m2(shapes)]


def keys(count: int, number: int = 1) -> list[str]:
    return [f"3707832090{number}{row:07d}" for row in range(count)]


def frame_of(columns: Mapping[str, Sequence[Any]], shapes: Any, crs: str | None = "EPSG:4528") -> Any:
    """A table with its shapes, moved into the frame of the file."""
    found = geopandas.GeoDataFrame(dict(columns), geometry=list(shapes), crs="EPSG:4490")
    return found if crs is None else found.to_crs(crs)


def geodatabase(path: Path, **tables: Any) -> Path:
    """A zipped FileGDB with these layers."""
    base = path / "370783寿光市2026.gdb"
    for name, table in tables.items():
        table.to_file(base, layer=name, driver="OpenFileGDB", engine="pyogrio", layer_options=GRID)
    return packed(base, path / "370783寿光市.zip")


def packed(base: Path, target: Path) -> Path:
    """A folder in a zip."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(base.rglob("*")):
            archive.write(file, f"{base.name}/{file.relative_to(base)}")
    return target


def options(layer: str, **changes: Any) -> LoadOptions:
    said = {
        "author": "王工", "department": "自然资源和规划局", "reason": "测试", "delivery": Delivery.FULL,
        "allow_retire": True, "profiles": of_layer(layer),
    }  # fmt: skip
    return LoadOptions(**(said | changes))


def publish(dsn: str, *wanted: str) -> None:
    """Put planning layers into service."""
    with connect(dsn) as connection, connection.transaction():
        for layer in wanted:
            store.publish(connection, layers.contract(layer))


def held(dsn: str, layer: str, *fields: str) -> list[tuple[Any, ...]]:
    """What a layer holds, in order of its codes."""
    with connect(dsn) as connection:
        return connection.execute(
            f"select {', '.join(fields)} from layer.{layer.replace('-', '_')} order by bsm"
        ).fetchall()


def changesets(dsn: str) -> int:
    with connect(dsn) as connection:
        row = connection.execute("select count(*) from spatial.changeset").fetchone()
    assert row is not None
    return int(row[0])


def texts(value: str, count: int = COUNT) -> Any:
    return np.array([value] * count, dtype=object)
