"""Each format read back by a program that is not ours, into the same shape."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet
import shapely

from spatial.datum.clock import BEIJING

Rows = dict[str, tuple[dict[str, Any], shapely.Geometry | None]]
"""Identity → properties as GeoJSON has them, and the geometry."""
NAMES = (
    "code", "name", "floors", "height", "listed", "built", "seen", "valid_from", "valid_to", "changeset",
)  # fmt: skip
INSTANTS = ("seen", "valid_from", "valid_to")


def geojson(answer: httpx.Response, scratch: Path) -> Rows:
    return _features(answer.json()["features"], "geometry")


def jsonfg(answer: httpx.Response, scratch: Path) -> Rows:
    document = answer.json()
    return _features(document["features"], "place" if "coordRefSys" in document else "geometry")


def sequence(answer: httpx.Response, scratch: Path) -> Rows:
    first, *records = answer.content.decode().split("\x1e")
    assert first == ""
    assert all(record.endswith("}\n") for record in records)
    return _features([json.loads(record) for record in records], "geometry")


def _features(features: list[dict[str, Any]], member: str) -> Rows:
    assert len({each["id"] for each in features}) == len(features)
    return {
        each["id"]: (
            {name: _instant(name, value) for name, value in each["properties"].items()},
            shapely.geometry.shape(each[member]) if each[member] else None,
        )
        for each in features
    }


def delimited(answer: httpx.Response, scratch: Path) -> Rows:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    found: Rows = {}
    for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")):
        wkt = row.pop("geom", None)
        pair = [row.pop(name, None) for name in ("lon", "lat", "east", "north")]
        shape = shapely.from_wkt(wkt) if wkt else None
        if shape is not None and shape.geom_type == "Point":
            shown = {float(each) for each in pair if each}
            assert shown == set(shape.coords[0])
        fid = row.pop("fid")
        found[fid] = ({name: _typed(name, text) for name, text in row.items()}, shape)
    return found


def _typed(name: str, text: str) -> object:
    if text == "":
        return None
    kinds: dict[str, Callable[[str], object]] = {
        "floors": int,
        "changeset": int,
        "height": float,
        "listed": lambda word: {"true": True, "false": False}[word],
    }
    return _instant(name, kinds.get(name, str)(text))


def parquet(answer: httpx.Response, scratch: Path) -> Rows:
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    found: Rows = {}
    for row in table.to_pylist():
        assert all(isinstance(row[name], datetime | None) for name in INSTANTS)
        assert isinstance(row["built"], date | None)
        row.pop("bbox", None)
        fid, wkb = row.pop("fid"), row.pop("geom", None)
        row["built"] = row["built"].isoformat() if row["built"] else None
        properties = {name: _in_beijing(value) if name in INSTANTS else value for name, value in row.items()}
        found[fid] = (properties, shapely.from_wkb(wkb) if wkb else None)
    return found


def flatgeobuf(answer: httpx.Response, scratch: Path) -> Rows:
    """By ogr2ogr; dates are instants there, for want of a type."""
    path = scratch / "layer.fgb"
    path.write_bytes(answer.content)
    options = ["-lco", "COORDINATE_PRECISION=12", "-lco", "SIGNIFICANT_FIGURES=17"]
    command = ["ogr2ogr", "-f", "GeoJSON", *options, "/vsistdout/", path]
    features = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["features"]
    found: Rows = {}
    for each in features:
        row = dict.fromkeys(NAMES) | each["properties"]  # what is null is absent to GDAL
        fid = row.pop("fid")
        row["built"] = row["built"][:10].replace("/", "-") if row["built"] else None
        for name in INSTANTS:
            row[name] = (
                _in_beijing(datetime.fromisoformat(row[name].replace("/", "-"))) if row[name] else None
            )
        found[fid] = (row, shapely.geometry.shape(each["geometry"]) if each["geometry"] else None)
    return found


def _in_beijing(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(BEIJING)


def _instant(name: str, value: Any) -> Any:
    return _in_beijing(datetime.fromisoformat(value)) if name in INSTANTS and value else value


READERS: dict[str, Callable[[httpx.Response, Path], Rows]] = {
    "jsonfg": jsonfg,
    "geojsonl": sequence,
    "csv": delimited,
    "parquet": parquet,
    "fgb": flatgeobuf,
}
EAST_FIRST = ("parquet", "fgb")
"""Formats whose coordinates are x before y in every frame."""
