"""What a run leaves 推演成果: rasters, depths, hydrographs, the water account; and its record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.jobs.content import canonical
from water.flood import kept, plane, running, store
from water.flood.extent import WET_M, Extent
from water.flood.roughness import table
from water.flood.run import STAMP, STATE, Kind, Run
from water.flood.running import Finished
from water.flood.setting import Setting

POINTS, OPENINGS, LEDGER = "points", "breaches", "ledger.json"
CSV, JSON = "text/csv; charset=utf-8", "application/json"
ACCURACY: Final = (
    "计算结果,不是预警;糙率未经本河率定(待核)",
    "a computation and no warning; roughness is not calibrated on these rivers",
)


@dataclass(frozen=True, slots=True)
class Record:
    """Whose run it is, and what it was asked by."""

    run_id: str
    kind: Kind
    version: str
    inputs: dict[str, Any]
    inputs_sha256: bytes
    begins_at: datetime
    asof: datetime
    subject: str
    department: str | None
    layers: tuple[str, ...]
    repeats: str | None = None
    taken: tuple[dict[str, Any], ...] = ()
    """Of each inflow that was not typed in: where it was taken from, with digests."""


Compare = Callable[[Connection, Extent, dict[str, Any]], None]
"""Puts a run beside another: it may add files and what is told."""


def keep(
    connection: Connection,
    record: Record,
    setting: Setting,
    done: Finished,
    compare: Compare | None = None,
) -> dict[str, Any]:
    """Write files and record inside the caller's transaction; what is told of the run."""
    run_id, raster = record.run_id, setting.terrain.raster
    extent = _levelled(done.watch.extent(raster), setting)
    running.write(connection, run_id, done.pending)
    kept.put(connection, run_id, extent, _tags(record, setting))
    ledger = _ledger(done)
    for stem, head, rows in _tables(setting, done):
        store.put(connection, run_id, f"{stem}.csv", CSV, _csv(record.begins_at, head, rows))
        said = {"begins_at": format_instant(record.begins_at), "columns": head, "rows": rows}
        store.put(connection, run_id, f"{stem}.json", JSON, canonical(said))
    store.put(connection, run_id, LEDGER, JSON, canonical(ledger))
    told = _told(record, setting, done, extent, ledger)
    told["files"] = listed(connection, run_id)
    if compare is not None:
        compare(connection, extent, told)
        told["files"] = listed(connection, run_id)
    store.keep(
        connection,
        Run(
            id=run_id, kind=record.kind, title=setting.asked.title, version=record.version,
            inputs=record.inputs, inputs_sha256=record.inputs_sha256, ground_sha256=setting.sha256,
            repeats=record.repeats, begins_at=record.begins_at, asof=record.asof,
            duration_s=setting.asked.duration_s, subject=record.subject, department=record.department,
            layers=record.layers, synthetic=setting.synthetic, raster=raster,
            outline=plane.outline(raster), told=told,
        ),
    )  # fmt: skip
    return told


def _levelled(extent: Extent, setting: Setting) -> Extent:
    """With how high its deepest water stands."""
    depth = extent.depth_m
    level = np.where(depth > 0, setting.terrain.heights_m + depth, np.nan)
    return replace(extent, level_m=level.astype(np.float32))


def listed(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """The files of a run as they are told."""
    return [
        {"name": each.name, "type": each.media_type, "sha256": each.sha256.hex(), "size": each.size_bytes}
        for each in store.files(connection, run_id)
        if each.name != STATE
    ]


def _tags(record: Record, setting: Setting) -> dict[str, str]:
    """Without what differs between repetitions: equal runs leave equal files."""
    stamp = {"ONEMAP": STAMP} if setting.synthetic else {}
    return {"VERTICAL_DATUM": setting.terrain.datum, "TERRAIN": setting.terrain.source, **stamp}


def _ledger(done: Finished) -> dict[str, float]:
    simulation = done.simulation
    account = simulation.ledger
    return {
        "start_m3": simulation.start_m3, "rained_m3": account.rained_m3,
        "infiltrated_m3": account.infiltrated_m3, "entered_m3": account.entered_m3,
        "left_m3": account.left_m3, "stored_m3": simulation.stored_m3, "imbalance": simulation.imbalance,
    }  # fmt: skip


def _tables(setting: Setting, done: Finished) -> list[tuple[str, list[str], list[tuple[float, ...]]]]:
    found: list[tuple[str, list[str], list[tuple[float, ...]]]] = []
    if setting.points:
        levels = [float(setting.terrain.heights_m[cell]) for _, cell in setting.points]
        names = [name for name, _ in setting.points]
        head = ["t_s", *(f"{name} depth_m" for name in names), *(f"{name} level_m" for name in names)]
        rows = [
            (row[0], *row[1:], *(bed + depth for bed, depth in zip(levels, row[1:], strict=True)))
            for row in done.watch.points
        ]
        found.append((POINTS, head, rows))
    if setting.openings:
        names = [opening.id for opening in setting.openings]
        head = ["t_s", *(f"{name} discharge_m3_s" for name in names), *(f"{name} width_m" for name in names)]
        found.append((OPENINGS, head, done.watch.openings))
    return found


def _csv(begins_at: datetime, head: Sequence[str], rows: Sequence[Sequence[float]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["time", *head])
    for row in rows:
        at = format_instant(begins_at + timedelta(seconds=row[0]))
        writer.writerow([at, *(f"{value:.9g}" for value in row)])
    return buffer.getvalue().encode()


def _told(
    record: Record, setting: Setting, done: Finished, extent: Extent, ledger: dict[str, float]
) -> dict[str, Any]:
    asked, terrain = setting.asked, setting.terrain
    wet = extent.depth_m >= WET_M
    land = wet & ~np.isin(terrain.covers, [table()[name].code for name in ("channel", "floodplain", "water")])
    cell_m2 = terrain.raster.cell_m**2
    told: dict[str, Any] = {
        "run": record.run_id,
        "kind": record.kind.value,
        "title": asked.title,
        "begins_at": format_instant(record.begins_at),
        "asof": format_instant(record.asof),
        "duration_s": asked.duration_s,
        "plane": f"EPSG:{terrain.raster.zone}",
        "cell_m": terrain.raster.cell_m,
        "cells": terrain.raster.rows * terrain.raster.columns,
        "vertical_datum": terrain.datum,
        "terrain": terrain.source,
        "scheme": asked.method.scheme,
        "bits": asked.method.bits,
        "computed_on": done.simulation.COMPUTED_ON,
        "steps": done.simulation.steps,
        "watched_every_s": asked.watch_s,
        "times_s": list(done.times_s),
        "wet_plane_m2": float(wet.sum()) * cell_m2,
        "wet_land_plane_m2": float(land.sum()) * cell_m2,
        "deepest_m": float(extent.depth_m.max()),
        "deepest_land_m": float(extent.depth_m[land].max()) if land.any() else 0.0,
        "ledger": ledger,
        "breaches": _openings(setting, done),
        "points": _points(setting, done),
        "taken": list(record.taken),
        "inputs_sha256": record.inputs_sha256.hex(),
        "ground_sha256": setting.sha256.hex(),
        "estimate_s": round(setting.estimate.seconds, 1),
        "accuracy": dict(zip(("zh", "en"), ACCURACY, strict=True)),
    }
    return told | ({"synthetic": "合成数据"} if setting.synthetic else {})


def _openings(setting: Setting, done: Finished) -> list[dict[str, Any]]:
    if not setting.openings:
        return []
    rows = np.array(done.watch.openings)
    found = []
    for number, opening in enumerate(setting.openings):
        flow = rows[:, 1 + number]
        peak = int(np.argmax(flow))
        found.append(
            {
                "id": opening.id,
                "peak_m3_s": float(flow[peak]),
                "peak_at_s": float(rows[peak, 0]),
                "volume_m3": float(np.trapezoid(flow, rows[:, 0])),
                "width_m": float(rows[-1, 1 + len(setting.openings) + number]),
            }
        )
    return found


def _points(setting: Setting, done: Finished) -> list[dict[str, Any]]:
    rows = np.array(done.watch.points)
    found = []
    for number, (name, cell) in enumerate(setting.points):
        arrival = float(done.watch.arrival_s[cell])
        found.append(
            {
                "id": name,
                "deepest_m": float(rows[:, 1 + number].max()),
                "arrival_s": arrival if np.isfinite(arrival) else None,
                "bed_m": float(setting.terrain.heights_m[cell]),
            }
        )
    return found
