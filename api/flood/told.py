"""What the doors say of a run 推演文档: a line of the list, the whole of it, CoverageJSON, a STAC item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import shapely

from api.stac import documents
from api.stac.flights import Flight
from spatial.catalogue.city import City
from spatial.catalogue.contract import Title, stamped
from spatial.datum import format_instant
from tiles.raster import picture
from tiles.raster.model import Range
from tiles.raster.picture import Ramp
from water.flood.run import ARRIVAL, DEPTH, DIFFERENCE, PROBABILITY, SPEED, ZARR, Kind, Run

COLLECTION: Final = "flood-runs"
UCUM: Final = "http://www.opengis.net/def/uom/UCUM/"
FRAME: Final = "http://www.opengis.net/def/crs/EPSG/0/4490"
Document = dict[str, Any]
QUANTITIES: Final[Mapping[str, tuple[str, Ramp, Range, Title]]] = {
    "depth": (DEPTH, picture.DEPTH, Range(0.0, 3.0), Title("最大水深 m", "maximum depth, m")),
    "arrival": (ARRIVAL, picture.ARRIVAL, Range(0.0, 0.0), Title("到达时间 s", "arrival, s")),
    "speed": (SPEED, picture.SPEED, Range(0.0, 2.0), Title("最大流速 m/s", "maximum speed, m/s")),
    "difference": (
        *(DIFFERENCE, picture.DIFFERENCE, Range(-1.0, 1.0)),
        Title("水深之差 m", "difference of depths, m"),
    ),
    "probability": (
        *(PROBABILITY, picture.PROBABILITY, Range(0.0, 1.0)),
        Title("淹没概率", "probability of water"),
    ),
}
"""File, colours, the values at their two ends, titles. Arrival is shown over the whole of the run."""


def titles(quantity: str) -> Document:
    """What a quantity is called, by language."""
    title = QUANTITIES[quantity][3]
    return {"zh": title.zh, "en": title.en}


def summary(run: Run, base: str) -> Document:
    """A line of the list."""
    told: Document = {
        "id": run.id,
        "kind": run.kind.value,
        "title": run.title,
        "begins_at": format_instant(run.begins_at),
        "duration_s": run.duration_s,
        "kept_at": None if run.kept_at is None else format_instant(run.kept_at),
        "repeats": run.repeats,
        "bbox": list(run.outline.bounds),
        "href": f"{base}/flood/runs/{run.id}",
    }
    return told | stamped(run.synthetic)


def document(run: Run, base: str) -> Document:
    """One run whole: what was asked, what is told, files, pictures."""
    home = f"{base}/flood/runs/{run.id}"
    names = {each["name"] for each in run.told["files"]}
    links = [
        {"href": home, "rel": "self", "type": "application/json"},
        {"href": f"{base}/flood/runs", "rel": "collection", "type": "application/json"},
        {
            "href": f"{base}/stac/collections/{COLLECTION}/items/{run.id}",
            "rel": "alternate",
            "type": documents.GEOJSON,
        },
    ]
    links += [
        {"href": f"{home}/coverage?f={form}", "rel": "http://www.opengis.net/def/rel/ogc/1.0/coverage",
         "type": media}
        for form, media in (("GeoTIFF", "image/tiff"), ("CoverageJSON", "application/prs.coverage+json"))
    ]  # fmt: skip
    if run.repeats is not None:
        links.append({"href": f"{base}/flood/runs/{run.repeats}", "rel": "predecessor-version",
                      "type": "application/json"})  # fmt: skip
    return {
        **summary(run, base),
        "asof": format_instant(run.asof),
        "process": {"id": _process(run), "version": run.version},
        "inputs": run.inputs,
        "inputs_sha256": run.inputs_sha256.hex(),
        "ground_sha256": run.ground_sha256.hex(),
        "department": run.department,
        "told": {name: value for name, value in run.told.items() if name != "files"},
        "files": [_file(each, home) for each in run.told["files"]],
        "pictures": [
            _picture(quantity, run, home) for quantity, (name, *_) in QUANTITIES.items() if name in names
        ],
        "links": links,
    }


def _process(run: Run) -> str:
    return f"flood-{run.kind.value}"


def _file(each: Mapping[str, Any], home: str) -> Document:
    name = str(each["name"])
    inner = name.startswith(ZARR)
    href = f"{home}/{ZARR}" if inner else f"{home}/files/{name}"
    return {**each, "name": ZARR.rstrip("/") if inner else name, "href": href}


def _picture(quantity: str, run: Run, home: str) -> Document:
    ramp = QUANTITIES[quantity][1]
    span = span_of(quantity, run)
    return {
        "quantity": quantity,
        "title": titles(quantity),
        "ramp": {"low": span.low, "high": span.high, "colors": list(ramp.colors)},
        "href": f"{home}/map/tiles/{{tileMatrixSet}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        f"?quantity={quantity}",
        "templated": True,
    }


def span_of(quantity: str, run: Run) -> Range:
    """The values at the two ends of a ramp."""
    return Range(0.0, run.duration_s) if quantity == "arrival" else QUANTITIES[quantity][2]


def position(run: Run, lon: float, lat: float, depths_m: Sequence[float]) -> Document:
    """CoverageJSON of the depth at a place through time."""
    times = [format_instant(run.begins_at + timedelta(seconds=t)) for t in run.told["times_s"]]
    told: Document = {
        "type": "Coverage",
        "domain": {
            "type": "Domain",
            "domainType": "PointSeries",
            "axes": {"x": {"values": [lon]}, "y": {"values": [lat]}, "t": {"values": times}},
            "referencing": [
                {"coordinates": ["x", "y"], "system": {"type": "GeographicCRS", "id": FRAME}},
                {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
            ],
        },
        "parameters": {
            "depth": {
                "type": "Parameter",
                "observedProperty": {"label": {"zh": "水深", "en": "water depth"}},
                "unit": {"symbol": {"value": "m", "type": UCUM}},
            }
        },
        "ranges": {
            "depth": {
                "type": "NdArray", "dataType": "float", "axisNames": ["t"], "shape": [len(times)],
                "values": [round(each, 4) for each in depths_m],
            }
        },
    }  # fmt: skip
    return told | stamped(run.synthetic)


def as_flight(run: Run) -> Flight:
    """A run as the search of STAC looks at items: where and when."""
    end = run.begins_at + timedelta(seconds=run.duration_s)
    return Flight(run.id, COLLECTION, run.title, run.outline, run.begins_at, end, True, ())


def collection(runs: Sequence[Run], lacking: Document | None, city: City, base: str) -> Document:
    """``/stac/collections/flood-runs``; its description says why runs may be missing from it."""
    root = f"{base}/stac"
    address = f"{root}/collections/{COLLECTION}"
    extent = city.extent_4490
    box = [extent.west, extent.south, extent.east, extent.north]
    if runs:
        box = [float(each) for each in shapely.total_bounds([each.outline for each in runs])]
    ends = [each.begins_at + timedelta(seconds=each.duration_s) for each in runs]
    when = (
        [documents.utc(min(each.begins_at for each in runs)), documents.utc(max(ends))]
        if runs
        else [None, None]
    )
    description = "推演的最大水深、到达时间与流速。Depth, arrival and speed of computed floods."
    if lacking is not None:
        description += f"\n\n{lacking['zh']}{lacking['en']}"
    return {
        "type": "Collection",
        "stac_version": documents.VERSION,
        "id": COLLECTION,
        "title": "洪水推演 Runs of floods",
        "description": description,
        "license": "other",
        "keywords": ["洪水", "推演", "淹没水深"],
        "extent": {"spatial": {"bbox": [box]}, "temporal": {"interval": [when]}},
        "links": [
            documents.link(address, "self", documents.JSON),
            documents.link(root, "root", documents.JSON),
            documents.link(root, "parent", documents.JSON),
            documents.link(f"{address}/items", "items", documents.GEOJSON),
            documents.link(f"{base}/flood/runs", "alternate", documents.JSON),
        ],
    }


def item(run: Run, base: str) -> Document:
    """``/stac/collections/flood-runs/items/{run}``"""
    root = f"{base}/stac"
    home = f"{root}/collections/{COLLECTION}"
    raster = run.raster
    properties: Document = {
        "title": run.title,
        "datetime": None,
        "start_datetime": documents.utc(run.begins_at),
        "end_datetime": documents.utc(run.begins_at + timedelta(seconds=run.duration_s)),
        "gsd": raster.cell_m,
        "proj:code": f"EPSG:{raster.zone}",
        "proj:shape": [raster.rows, raster.columns],
        "proj:transform": [raster.cell_m, 0.0, raster.west_m, 0.0, -raster.cell_m, raster.north_m],
        "onemap:kind": run.kind.value,
        "onemap:inputs_sha256": run.inputs_sha256.hex(),
        "onemap:vertical_datum": run.told.get("vertical_datum"),
    }
    if run.kept_at is not None:
        properties["created"] = documents.utc(run.kept_at)
    properties |= stamped(run.synthetic)
    tiles = f"{base}/flood/runs/{run.id}/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    shown = "probability" if run.kind is Kind.ENSEMBLE else "depth"
    files = [_file(one, f"{base}/flood/runs/{run.id}") for one in run.told["files"]]
    return {
        "type": "Feature",
        "stac_version": documents.VERSION,
        "stac_extensions": [documents.FILE, documents.PROJECTION, documents.WEB_MAP_LINKS],
        "id": run.id,
        "collection": COLLECTION,
        "geometry": shapely.geometry.mapping(run.outline),
        "bbox": [float(each) for each in run.outline.bounds],
        "properties": properties,
        "assets": {each["name"]: _asset(each) for each in files},
        "links": [
            documents.link(f"{home}/items/{run.id}", "self", documents.GEOJSON),
            documents.link(root, "root", documents.JSON),
            documents.link(home, "parent", documents.JSON),
            documents.link(home, "collection", documents.JSON),
            documents.link(f"{base}/flood/runs/{run.id}", "alternate", documents.JSON),
            documents.link(f"{tiles}?quantity={shown}", "xyz", "image/png"),
        ],
    }  # fmt: skip


def _asset(each: Mapping[str, Any]) -> Document:
    whole: Document = {"href": each["href"], "title": each["name"], "type": each["type"], "roles": ["data"]}
    if each["name"].endswith(".zarr"):
        return whole  # a store of many files has no size and digest of its own
    return whole | {"file:size": each["size"], "file:checksum": f"1220{each['sha256']}"}
