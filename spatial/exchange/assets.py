"""Cataloguing images and point clouds 影像与点云登记: what they are and where they lie, not their content.

File → digest → header in the sandbox → frame → footprint → one changeset of the
layer ``raster-assets`` or ``point-cloud-assets``, all files or none. The layers
are ordinary ones and are published with the first file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely

from spatial.catalogue import quality
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import City, read_city
from spatial.catalogue.contract import Contract, HeightType
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection, connect
from spatial.datum import BEIJING, Registry, beijing_day
from spatial.datum.store import load_registry
from spatial.errors import FrameUndecided, InvalidInput, RowsRejected, UnreadableFile
from spatial.exchange import footprint, originals, sandbox, store
from spatial.exchange.evidence import Evidence
from spatial.exchange.headers.reader import RESULT
from spatial.exchange.sandbox import Job, Limits
from spatial.history import write
from spatial.history.model import SRID, Delivery, Intent

LAYERS = {"raster": "raster-assets", "point-cloud": "point-cloud-assets"}


@dataclass(frozen=True, slots=True)
class AssetOptions:
    """Who catalogues what, and what the headers do not say."""

    author: str
    department: str
    reason: str
    source_crs: str | None = None
    height_type: HeightType | None = None
    acquired: date | None = None
    flight: str | None = None
    """航次: images of one flight are shown together."""
    city: str = "370783"
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as the catalogue will have it."""

    layer: str
    name: str
    values: dict[str, object]
    shape: Any
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, object]:
        """JSON-ready; the place of the file is internal."""
        shown = {name: value for name, value in self.values.items() if name != "place"}
        shown["acquired"] = None if self.values["acquired"] is None else str(self.values["acquired"])
        return {
            "layer": self.layer,
            **shown,
            "footprint": shapely.geometry.mapping(self.shape),
            "evidence": [one.to_json() for one in self.evidence],
        }


def add(dsn: str, paths: Sequence[str | Path], options: AssetOptions) -> tuple[Asset, ...]:
    """Catalogue files, all or none; one that is there already is brought up to date.

    Raises UnreadableFile, UnsafeFile, FileTooLarge, FrameUndecided where a header
    names no known frame, RowsRejected where a footprint lies outside the city.
    """
    with connect(dsn) as connection:
        registry = load_registry(connection)
    found = tuple(_look(path, options, registry) for path in paths)
    city = read_city(options.city)
    with connect(dsn) as connection:
        try:
            for layer in LAYERS.values():
                rows = [one for one in found if one.layer == layer]
                if rows:
                    _store(connection, layer, rows, options, city)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    return found


def held(connection: Connection) -> tuple[store.Catalogued, ...]:
    """The catalogued files, images first."""
    served = {layer.contract.id: layer for layer in catalogue.layers(connection)}
    return store.catalogued(connection, [served[one].table for one in LAYERS.values() if one in served])


def contract(layer_id: str) -> Contract:
    """The contract of a layer of assets, as it ships with the platform."""
    return shipped("spatial", layer_id)


def _look(given: str | Path, options: AssetOptions, registry: Registry) -> Asset:
    path = originals.plain_path(given)
    if not path.is_file():
        raise UnreadableFile(f"不是文件:{path}", f"no file: {path}", value=str(path))
    with sandbox.work_folder() as work, path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        job = Job(path=str(work / path.name), work=str(work), handle=file.fileno(), limits=options.limits)
        sandbox.run(job)
        header = json.loads((work / RESULT).read_text(encoding="utf-8"))
    values: dict[str, object] = {
        "asset_id": digest,
        "name": path.name,
        "place": str(path.resolve()),
        "size_bytes": path.stat().st_size,
        "acquired": options.acquired,
        "file_time": header["file_time"],
        "format": header["format"],
        "height_type": (options.height_type or _heights(header)).value,
    }
    frame_id, evidence = _frame(header, options, path.name)
    source = registry.frame(frame_id)
    values |= {"frame": source.id, "frame_evidence": f"{evidence.zh};{evidence.en}"[:500]}
    told = [evidence]
    if header["kind"] == "raster":
        matrix = header["matrix"]
        corners = footprint.raster_corners(header["width"], header["height"], matrix)
        values["resolution_m"] = footprint.raster_resolution_m(matrix, source)
        values["flight"] = options.flight
        values |= {name: header[name] for name in _RASTER}
        told += _cog(header, values)
    else:
        corners = footprint.cloud_corners(header["bounds"])
        values["resolution_m"] = footprint.cloud_spacing_m(header["bounds"], header["points"], source)
        values |= {name: header[name] for name in _CLOUD}
        values["lowest_m"], values["highest_m"] = header["heights"]
    shape = footprint.outline(corners, source, registry)
    return Asset(LAYERS[header["kind"]], path.name, values, shape, tuple(told))


_RASTER = ("width", "height", "bands", "sample_type", "nodata", "compression", "overviews")
_CLOUD = ("version", "points", "point_format")


def _heights(header: dict[str, Any]) -> HeightType:
    """An image has no heights unless its header names their frame; a point cloud always has some."""
    if header["kind"] == "raster" and header["height_type"] == "unknown":
        return HeightType.NONE
    return HeightType(header["height_type"])


def _cog(header: dict[str, Any], values: dict[str, object]) -> list[Evidence]:
    faults = header["cog_faults"]
    if not faults:
        values["format"], values["cog_faults"] = "cog", None
        return [Evidence("cog", "是云优化 GeoTIFF(分块、概视图、目录在前)", "is a cloud-optimised GeoTIFF")]
    zh, en = "、".join(one for one, _ in faults), ", ".join(one for _, one in faults)
    values["cog_faults"] = zh
    return [Evidence("cog", f"不是云优化 GeoTIFF:{zh}", f"is no cloud-optimised GeoTIFF: {en}")]


def _frame(header: dict[str, Any], options: AssetOptions, name: str) -> tuple[str, Evidence]:
    declared: str | None = header["declared"]
    if options.source_crs is not None:
        said = options.source_crs
        words = declared or "-"
        return said, Evidence(
            "option",
            f"由 --source-crs 指明 {said}(文件头:{words})",
            f"said by --source-crs: {said} ({words})",
        )
    if declared is None or declared.startswith("unknown"):
        shown_zh = "未声明坐标系" if declared is None else f"声明的坐标系没有已登记的代码({declared})"
        shown_en = (
            "declares no frame" if declared is None else f"declares a frame of no known code ({declared})"
        )
        raise FrameUndecided(
            f"文件头{shown_zh},请用 --source-crs 指明:{name}",
            f"the header {shown_en}; say it with --source-crs: {name}",
            value=name,
            details={"option": "--source-crs", "declared": declared},
        )
    return declared, Evidence("declared", f"文件头声明 {declared}", f"the header declares {declared}")


def _layer(connection: Connection, layer_id: str) -> catalogue.Layer:
    """The layer, made with the first file and widened where the platform's contract has grown."""
    provide(connection, contract(layer_id))
    return catalogue.get(connection, layer_id)


def _store(
    connection: Connection, layer_id: str, rows: list[Asset], options: AssetOptions, city: City
) -> None:
    for zh, en, value in (
        ("经办人", "author", options.author),
        ("部门", "department", options.department),
        ("原因", "reason", options.reason),
    ):
        if not value.strip():
            raise InvalidInput(f"须填写{zh}(--{en})", f"say the {en} with --{en}", value=value)
    layer = _layer(connection, layer_id)
    valid_from = beijing_day(datetime.now(BEIJING).date()).start
    assert valid_from is not None
    intent = Intent(options.author, options.department, options.reason, valid_from, Delivery.PARTIAL)
    names = [one.name for one in layer.contract.fields]
    staging = write.create_staging(connection, layer.table)
    values = (
        (
            line,
            one.values["asset_id"],
            shapely.to_wkb(shapely.set_srid(one.shape, SRID), include_srid=True),
            *(one.values.get(name) for name in names),
        )
        for line, one in enumerate(rows, 1)
    )
    write.copy_rows(connection, staging, ["line", "fid", "geom", *names], values)
    write.canonicalise(connection, staging)
    findings = quality.check(connection, layer.contract, staging, city, valid_from)
    if first := next(iter(findings), None):
        name = rows[first.line - 1].name
        raise RowsRejected(
            f"{findings.total} 处不合格,未登记任何文件;第一处:{first.zh}:{name}",
            f"{findings.total} faults, nothing was catalogued; the first: {first.en}: {name}",
            value=name,
        )
    changeset = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    if changeset is not None:
        quality.keep(connection, changeset.id, findings)
