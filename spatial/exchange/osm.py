"""OpenStreetMap, as PBF or XML, through GDAL's driver OSM alone. Runs in the reader's process.

All tags become columns; which of GDAL's layers is read follows from the
geometry of the target. The data are under the ODbL, which the report says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyogrio
import pyogrio.raw

from spatial.errors import FileTooLarge, UnreadableFile
from spatial.exchange import osm_pbf
from spatial.exchange.batches import Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.features import Found, write
from spatial.exchange.sandbox import Job

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
_LAYERS = {
    "Point": "points",
    "MultiPoint": "points",
    "LineString": "lines",
    "MultiLineString": "lines",
    "Polygon": "multipolygons",
    "MultiPolygon": "multipolygons",
}
_IDS = ("osm_id", "osm_way_id")
_NO_IDS = (str(2**63 - 1), str(-(2**63)))
"""What GDAL makes of an id that it cannot hold."""
_TAGS = "all_tags"
_CONFIGURATION = "tags_format=json\nattribute_name_laundering=no\n" + "".join(
    f"[{layer}]\nosm_id=yes\nosm_version=no\nosm_timestamp=no\nall_tags=yes\n"
    for layer in ("points", "lines", "multipolygons", "multilinestrings", "other_relations")
)
_CLOSED_WAYS = (
    "closed_ways_are_polygons=aeroway,amenity,boundary,building,craft,geological,historic,landuse,leisure,"
    "military,natural,office,place,shop,sport,tourism,highway=platform,public_transport=platform\n"
)
"""Tags that make a closed way an area."""


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read the nodes, ways or areas of an OpenStreetMap file; returns the description."""
    layer = job.layer or _LAYERS.get(job.geometry or "Point", "points")
    told_of_gaps = _look(path)
    values = _values(path, job, layer)
    names = write(lambda: _features(values), writer, job.limits)
    told = Evidence("bytes", "OSM 内为 UTF-8", "OSM is UTF-8 inside")
    licence = Evidence("licence", f"数据许可:{LICENCE}", f"licence of the data: {LICENCE}")
    return {
        "format": "osm",
        "layer": layer,
        "columns": names,
        "kinds": ["text"] * len(names),
        "declared_wkt": "EPSG:4326",
        "encoding": EncodingReading("UTF-8", (told,)).to_json(),
        "name_bytes_limit": None,
        "notes": [licence.to_json(), *(one.to_json() for one in told_of_gaps)],
        "coordinates": None,
    }


def _look(path: Path) -> tuple[Evidence, ...]:
    """What the structure of a PBF says; UnreadableFile where GDAL would take a fault for data."""
    if _is_xml(path):
        return ()
    gaps = osm_pbf.check(path)
    if gaps is None or not gaps.lacking:
        return ()
    zh = f"{gaps.ways} 条线中有 {gaps.lacking} 条引用了文件里没有的节点,这些线不完整,首条 {gaps.first}"
    en = (
        f"{gaps.lacking} of {gaps.ways} ways name nodes that are not in the file and are not whole, the first"
        f" is {gaps.first}"
    )
    return (Evidence("incomplete", zh, en, {"ways": float(gaps.ways), "lacking": float(gaps.lacking)}),)


def _is_xml(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"<")


def _values(path: Path, job: Job, layer: str) -> tuple[Any, list[str], Any]:
    staged = path.with_suffix(".osm" if _is_xml(path) else ".pbf")
    path.rename(staged)
    configuration = Path(job.work) / "osm.ini"
    configuration.write_text(_CLOSED_WAYS + _CONFIGURATION, encoding="ascii")
    options = {
        "CONFIG_FILE": str(configuration),
        "MAX_TMPFILE_SIZE": "64",
        "USE_CUSTOM_INDEXING": "NO",
    }
    try:
        meta, _, shapes, columns = pyogrio.raw.read(
            staged, layer=layer, max_features=job.limits.rows + 1, **options
        )
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        RuntimeError,
        ValueError,
    ) as broken:
        raise UnreadableFile(
            f"OSM 文件损坏、被截断或没有图层 {layer}:{path.name}",
            f"the OSM file is damaged, cut off or has no layer {layer} ({broken}): {path.name}",
            value=path.name,
        ) from broken
    if len(shapes) > job.limits.rows:
        raise FileTooLarge("要素过多", "too many features", value=job.limits.rows)
    return shapes, [str(name) for name in meta["fields"]], columns


def _features(values: tuple[Any, list[str], Any]) -> Iterator[Found]:
    shapes, names, columns = values
    for row, shape in enumerate(shapes):
        attributes: dict[str, str | None] = {}
        for name, column in zip(names, columns, strict=True):
            value = column[row]
            if name == _TAGS:
                attributes |= {str(key): str(told) for key, told in json.loads(value or "{}").items()}
            elif value is not None:
                attributes[name] = str(value)
        number = next((attributes[one] for one in _IDS if attributes.get(one)), None)
        if number in _NO_IDS:
            raise UnreadableFile(
                f"OSM 编号超出 64 位整数,第 {row + 1} 个要素:{number}",
                f"an id of OSM that no number of 64 bits holds, feature {row + 1}: {number}",
                value=number,
            )
        yield Found(row + 1, {"osm_id": number} | attributes, shape)
