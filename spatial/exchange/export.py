"""Giving a layer out as a file 导出: at any instant, in any frame, replaced whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from psycopg import IsolationLevel

from spatial.access import release
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract, Field
from spatial.catalogue.schemas import public_fields
from spatial.database import Connection, connect, transaction
from spatial.datum import Frame, Registry, frame, move
from spatial.datum.store import load_registry
from spatial.errors import InvalidInput
from spatial.exchange import departures, originals, store
from spatial.exchange.block import Block
from spatial.exchange.departures import Departure
from spatial.exchange.report import ExportReport as ExportReport
from spatial.exchange.writers import open_writer
from spatial.files import replacing

_BATCH = 10_000
FORMATS = {
    "json-fg": (".fg.json", ".jsonfg"),
    "geojson": (".geojson", ".json"),
    "geopackage": (".gpkg",),
    "csv": (".csv",),
    "xlsx": (".xlsx",),
    "filegdb": (".gdb.zip",),
    "shapefile": (".shp.zip", ".zip"),
    "boundary-points": (".txt",),
    "vct": (".vct",),
    "kml": (".kml",),
    "dxf": (".dxf",),
}
_ALIASES = {
    "gpkg": "geopackage",
    "shp": "shapefile",
    "gdb": "filegdb",
    "json": "geojson",
    "excel": "xlsx",
    "jsonfg": "json-fg",
}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """In which frame, of which state, in which format."""

    crs: str = "EPSG:4490"
    at: datetime | None = None
    """Instant of valid time; now where not said."""
    asof: datetime | None = None
    """Instant of recorded time; now where not said."""
    format: str | None = None
    """One of ``FORMATS``; by the file's name where not said."""
    fields: tuple[str, ...] | None = None
    """Of the public fields only these; all of them where not said."""
    box_4490: tuple[float, float, float, float] | None = None
    """Only what meets this rectangle: west, south, east, north in CGCS2000."""


def export(
    dsn: str,
    layer_id: str,
    path: str | Path,
    options: ExportOptions | None = None,
    departure: Departure | None = None,
) -> ExportReport:
    """Write a layer's public fields to ``path``; an older file is replaced only by a finished one.

    With a departure the file leaves the platform here: it gets its name when the
    guard has counted it and the audit holds it, else nothing is left. Without one
    the caller keeps the file and sees to who gets it.
    """
    asked = options or ExportOptions()
    target = Path(path)
    kind = format_of(target, asked.format)
    with connect(dsn) as connection:
        # One snapshot, so that the state that is told is the state that is read.
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        registry = load_registry(connection)
        into = registry.frame(asked.crs)
        layer = catalogue.get(connection, layer_id)
        contract = layer.contract
        chosen = _chosen(contract, asked)
        moving = _Moving(into, registry)
        if contract.geometry is not None:
            registry.route(frame("EPSG:4490"), into)
        limit = release.marked(connection).get(layer_id) if departure is not None else None
        features, counted = 0, list[str]()
        with replacing(target) as partial:
            with transaction(connection, at=asked.at, asof=asked.asof):
                changeset = store.newest_changeset(connection, layer_id)
                writer = open_writer(kind, partial, contract, chosen, into)
                try:
                    for block in _blocks(connection, layer, moving, chosen, asked.box_4490):
                        writer.write(block)
                        features += len(block.fids)
                        if limit is not None:
                            counted += block.fids
                finally:
                    writer.close()
            report = ExportReport(
                layer=layer_id,
                file=target.name,
                format=kind,
                frame=into.id if contract.geometry else None,
                features=features,
                size_bytes=partial.stat().st_size,
                sha256=originals.digest(partial).hex(),
                at=asked.at,
                asof=asked.asof,
                changeset=changeset,
                path=moving.path,
                accuracy_m=moving.accuracy_m,
                synthetic=contract.synthetic,
            )
            if departure is not None:
                departures.let_out(dsn, departure, layer.table, report, limit, counted)
    return report


def _chosen(contract: Contract, asked: ExportOptions) -> tuple[Field, ...]:
    leaving = public_fields(contract)
    return leaving if asked.fields is None else tuple(one for one in leaving if one.name in asked.fields)


def format_of(target: Path, asked: str | None) -> str:
    """The format that was asked for, or that the file's name says.

    >>> format_of(Path("宗地.gdb.zip"), None), format_of(Path("a.zip"), "Shapefile")
    ('filegdb', 'shapefile')
    """
    if asked is not None:
        wanted = _ALIASES.get(asked.lower(), asked.lower())
        if wanted in FORMATS:
            return wanted
    else:
        name = target.name.lower()
        for kind, known in FORMATS.items():
            if name.endswith(known):
                return kind
    shown = asked or target.name
    endings = " ".join(ending for several in FORMATS.values() for ending in several)
    raise InvalidInput(
        f"不支持的导出格式(扩展名可为 {endings}):{shown}",
        f"no such format (endings are {endings}): {shown}",
        value=shown,
    )


@dataclass(slots=True)
class _Moving:
    """Moves geometries from CGCS2000 into a frame and remembers how."""

    into: Frame
    registry: Registry
    path: tuple[str, ...] = ()
    accuracy_m: float | None = None

    def move(self, shapes: Any) -> Any:
        positions = shapely.get_coordinates(shapes)
        if self.into.id == "EPSG:4490" or not len(positions):
            return shapes
        moved = move(positions[:, 0], positions[:, 1], frame("EPSG:4490"), self.into, registry=self.registry)
        self.path, self.accuracy_m = moved.path, moved.accuracy_m
        # Not rounded: a file loaded back must snap to the very positions it was made from.
        return shapely.set_coordinates(shapes, np.column_stack((moved.x, moved.y)))


def _blocks(
    connection: Connection,
    layer: catalogue.Layer,
    moving: _Moving,
    fields: tuple[Field, ...],
    box_4490: tuple[float, float, float, float] | None,
) -> Iterator[Block]:
    names = [field.name for field in fields]
    for rows in store.layer_rows(connection, layer.table, names, _BATCH, box_4490):
        columns = list(zip(*rows, strict=True))
        shapes = None
        if layer.contract.geometry is not None:
            shapes = moving.move(shapely.from_wkb(np.array([bytes(one) for one in columns[3]], dtype=object)))
            columns = [*columns[:3], *columns[4:]]
        yield Block(columns[0], columns[1], columns[2], columns[3:], shapes)
