"""Tiles as one file 瓦片归档: PMTiles of layers at one instant, for whoever has no server at hand.

Web Mercator, as the format has no other grid. Everybody's form of each layer:
internal fields never leave. The file is replaced whole, counted and audited as
every other file that leaves.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from psycopg import IsolationLevel

from spatial.access import release
from spatial.catalogue import store as catalogue
from spatial.catalogue.ladder import single_from
from spatial.catalogue.schemas import public_fields
from spatial.catalogue.store import Layer
from spatial.database import Connection, connect
from spatial.errors import InvalidInput
from spatial.exchange import departures, originals
from spatial.exchange.departures import Departure
from spatial.exchange.report import ExportReport
from spatial.files import replacing
from tiles.cut import cut, public_columns
from tiles.far import store
from tiles.far.model import touched
from tiles.matrix import WEB_MERCATOR, Tile
from tiles.vector import TileQuery, laddered

ZOOM_MOST = 16
_writer: Callable[[BinaryIO], Any] = Writer


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """Which state, and how fine."""

    zoom_max: int = 14
    at: datetime | None = None
    """Instant of valid time; now where not said."""
    asof: datetime | None = None
    """Instant of recorded time; now where not said."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A layer in the archive: its state, and where it has tiles."""

    layer: Layer
    at: datetime
    asof: datetime
    changeset: int
    unmoved: bool

    def query(self, tile: Tile) -> TileQuery:
        columns = public_columns(self.layer)
        query = TileQuery(self.layer.table, columns, WEB_MERCATOR, tile, self.at, self.asof, counted=True)
        return laddered(query, self.layer.contract, [column.name for column in columns])


def export(
    dsn: str,
    layer_ids: Sequence[str],
    path: str | Path,
    options: ArchiveOptions,
    departure: Departure,
    progress: Callable[[int, int], None] = lambda zoom, tiles: None,
) -> list[ExportReport]:
    """Write the layers into one archive; a report for each.

    Raises UnknownLayer, InvalidInput for a layer without geometry or a zoom that
    is not offered, ReleaseLimit where more would leave than may.
    """
    target = Path(path)
    if not 0 <= options.zoom_max <= ZOOM_MOST:
        raise InvalidInput(
            f"最大级别须为 0–{ZOOM_MOST}:{options.zoom_max}",
            f"the largest zoom must be 0 to {ZOOM_MOST}: {options.zoom_max}",
            value=options.zoom_max,
        )
    with connect(dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ  # one state of all layers
        contents = [_content(connection, layer_id, options) for layer_id in layer_ids]
        limits = release.marked(connection)
        fids: dict[str, set[str]] = {layer_id: set() for layer_id in layer_ids}
        with replacing(target) as partial:
            _write(connection, contents, partial, options, fids, progress)
            digest = originals.digest(partial).hex()
            reports = [_report(each, target, partial, digest, options, fids) for each in contents]
            for content, report in zip(contents, reports, strict=True):
                limit = limits.get(report.layer)
                counted = sorted(fids[report.layer]) if limit else []
                departures.let_out(dsn, departure, content.layer.table, report, limit, counted)
    return reports


def _content(connection: Connection, layer_id: str, options: ArchiveOptions) -> _Content:
    layer = catalogue.get(connection, layer_id)
    if layer.table.geometry is None:
        raise InvalidInput(
            f"图层没有几何,没有瓦片:{layer_id}", f"the layer has no geometry, so no tiles: {layer_id}",
            value=layer_id,
        )  # fmt: skip
    present = store.present(connection, layer.table)
    if present is None:
        raise InvalidInput(
            f"图层还没有要素:{layer_id}", f"the layer has no features yet: {layer_id}", value=layer_id
        )
    asof = options.asof or present.recorded_at
    at = options.at or (present.at if options.asof is None else options.asof)
    unmoved = asof >= present.recorded_at
    return _Content(layer, at, asof, store.changeset_at(connection, layer_id, asof), unmoved)


def _write(
    connection: Connection,
    contents: Sequence[_Content],
    partial: Path,
    options: ArchiveOptions,
    fids: dict[str, set[str]],
    progress: Callable[[int, int], None],
) -> None:
    boxes = {each.layer.table.layer: store.boxes(connection, each.layer.table) for each in contents}
    with partial.open("wb") as file:
        writer: Any = _writer(file)
        with closing(writer.tile_f):
            for zoom in range(options.zoom_max + 1):
                where = {name: touched(WEB_MERCATOR, zoom, box) for name, box in boxes.items()}
                tiles = sorted(set().union(*where.values()), key=_number)
                for tile in tiles:
                    body = b""
                    for each in contents:
                        name = each.layer.table.layer
                        if tile in where[name]:
                            found = cut(connection, each.query(tile), unmoved=each.unmoved)
                            fids[name].update(found.fids)
                            body += found.body
                    if body:
                        writer.write_tile(_number(tile), gzip.compress(body, 6, mtime=0))
                progress(zoom, len(tiles))
            writer.finalize(*_told(contents, options, boxes))


def _number(tile: Tile) -> int:
    """The place of a tile in the archive."""
    return int(zxy_to_tileid(tile.zoom, tile.column, tile.row))


def _told(
    contents: Sequence[_Content], options: ArchiveOptions, boxes: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and metadata."""
    held = [box for box in boxes.values() if len(box)]
    west, south = (min(float(box[:, side].min()) for box in held) for side in (0, 1))
    east, north = (max(float(box[:, side].max()) for box in held) for side in (2, 3))
    e7 = {
        f"{name}_e7": int(degrees * 1e7)
        for name, degrees in (
            ("min_lon", west), ("min_lat", south), ("max_lon", east), ("max_lat", north),
            ("center_lon", (west + east) / 2), ("center_lat", (south + north) / 2),
        )
    }  # fmt: skip
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": 0,
        "max_zoom": options.zoom_max,
        "center_zoom": min(10, options.zoom_max),
        **e7,
    }
    layers = [each.layer.contract for each in contents]
    metadata: dict[str, Any] = {
        "name": "、".join(each.title.zh for each in layers),
        "description": "; ".join(each.title.en for each in layers),
        "attribution": "、".join(dict.fromkeys(each.steward for each in layers)),
        "type": "overlay",
        "vector_layers": [
            {
                "id": each.id,
                "description": each.title.zh,
                "minzoom": 0,
                "maxzoom": options.zoom_max,
                "fields": {field.name: field.title.zh for field in public_fields(each)},
                "onemap:singleFrom": single_from(each),
            }
            for each in layers
        ],
    }
    if any(each.synthetic for each in layers):
        metadata["onemap:synthetic"] = "合成数据"
    return header, metadata


def _report(
    content: _Content,
    target: Path,
    partial: Path,
    digest: str,
    options: ArchiveOptions,
    fids: dict[str, set[str]],
) -> ExportReport:
    contract = content.layer.contract
    return ExportReport(
        layer=contract.id,
        file=target.name,
        format="pmtiles",
        frame="EPSG:3857",
        features=len(fids[contract.id]),
        size_bytes=partial.stat().st_size,
        sha256=digest,
        at=options.at,
        asof=options.asof,
        changeset=content.changeset,
        path=(),
        accuracy_m=None,
        synthetic=contract.synthetic,
    )
