"""The lists of an evacuation as files 转移清单: addresses and assets as CSV, all of it as GeoJSON."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from spatial.jobs.model import Filed
from water.evacuation.hazard import Declared
from water.evacuation.model import FATES, Evacuation, Fate
from water.evacuation.reading import Asset
from water.evacuation.told import REASONS, hazard_code, seconds

CSV_TYPE: Final = "text/csv; charset=utf-8"
GEOJSON_TYPE: Final = "application/geo+json"
_FATE: Final = {Fate.LEAVES: "能撤离", **{fate: reason[0] for fate, reason in REASONS.items()}}
ADDRESSES: Final = (
    ("地址标识", "address_id"), ("标准地址", "full_text"), ("村", "village"), ("人数", "people"),
    ("最大水深_m", "depth_m"), ("到达_s", "arrival_s"), ("最大流速_m_s", "speed_m_s"), ("危险等级", "hazard"),
    ("最后安全撤离_s", "leave_by_s"), ("出路先断", "cut_off_before_water"), ("结论", "fate"),
    ("避难场所", "shelters"), ("数据性质", "data_nature"),
)  # fmt: skip
"""Columns: title and property."""


def addresses(
    folder: Path, made: Evacuation, villages: Sequence[str], declared: Declared, stamp: str
) -> Filed:
    """One line an address; the mark at the beginning lets spreadsheets read Chinese."""
    rows = [each.values() for each in _rows(made, villages, declared, stamp)]
    return _csv(folder / "addresses.csv", [title for title, _ in ADDRESSES], rows, "受影响地址.csv")


def people(folder: Path, linked: Iterable[tuple[Any, ...]], stamp: str) -> Filed:
    """Who and what is linked to the addresses, by name: personal data."""
    titles = ("地址标识", "关联标识", "对象类别", "关系", "对象标识", "对象名称", "数据性质")
    return _csv(folder / "people.csv", titles, ((*each, stamp) for each in linked), "受影响人员.csv")


def assets(folder: Path, found: Iterable[Asset], declared: Declared, stamp: str) -> Filed:
    """One line an asset."""
    titles = ("图层", "资产标识", "名称", "最大水深_m", "到达_s", "最大流速_m_s", "危险等级", "数据性质")
    rows = (
        (
            each.layer,
            id,
            name,
            round(float(each.exposed.depth_m[row]), 3),
            seconds(each.exposed.arrival_s[row]),
            round(float(each.exposed.speed_m_s[row]), 3),
            hazard_code(int(each.exposed.hazard[row]), declared),
            stamp,
        )
        for each in found
        for row, (id, name) in enumerate(zip(each.ids, each.names, strict=True))
    )
    return _csv(folder / "assets.csv", titles, rows, "受影响资产.csv")


def geojson(
    folder: Path,
    made: Evacuation,
    villages: Sequence[str],
    found: Iterable[Asset],
    declared: Declared,
    stamp: str,
) -> Filed:
    """Addresses and assets as points in CGCS2000."""
    features = [
        _feature(each["address_id"], point, {"kind": "address", **each})
        for each, point in zip(
            _rows(made, villages, declared, stamp), made.addresses.points_deg.tolist(), strict=True
        )
    ]
    for asset in found:
        for row, id in enumerate(asset.ids):
            told = {
                "kind": "asset",
                "layer": asset.layer,
                "name": asset.names[row],
                "depth_m": round(float(asset.exposed.depth_m[row]), 3),
                "arrival_s": seconds(asset.exposed.arrival_s[row]),
                "hazard": hazard_code(int(asset.exposed.hazard[row]), declared),
            }
            features.append(_feature(id, asset.points_deg[row].tolist(), told))
    path = folder / "map.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "onemap:stamp": stamp, "features": features}))
    return Filed(path, GEOJSON_TYPE, "受影响对象.geojson")


def _rows(
    made: Evacuation, villages: Sequence[str], declared: Declared, stamp: str
) -> Iterable[dict[str, Any]]:
    one, exposed, shares = made.addresses, made.addresses.exposed, made.shares
    names = [each.name or each.id for each in made.shelters]
    bounds = np.searchsorted(shares.address, np.arange(len(one) + 1)).tolist()
    for row, id in enumerate(one.ids):
        leave_by = float(made.leave_by_s[row])
        mine = range(bounds[row], bounds[row + 1])
        yield {
            "address_id": id,
            "full_text": one.texts[row],
            "village": villages[row],
            "people": int(one.people[row]),
            "depth_m": round(float(exposed.depth_m[row]), 3),
            "arrival_s": seconds(exposed.arrival_s[row]),
            "speed_m_s": round(float(exposed.speed_m_s[row]), 3),
            "hazard": hazard_code(int(exposed.hazard[row]), declared),
            "leave_by_s": seconds(leave_by),
            "cut_off_before_water": leave_by < exposed.arrival_s[row] and exposed.arrival_s[row] > 0,
            "fate": _FATE[FATES[made.fates[row]]],
            "shelters": ";".join(f"{names[shares.shelter[at]]}:{shares.people[at]}" for at in mine),
            "data_nature": stamp,
        }  # fmt: skip


def _feature(id: str, point: Sequence[float], properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [round(each, 9) for each in point]}
    cut = properties.get("cut_off_before_water")
    return {
        "type": "Feature",
        "id": id,
        "geometry": geometry,
        "properties": properties if cut is None else {**properties, "cut_off_before_water": bool(cut)},
    }


def _csv(path: Path, titles: Sequence[str], rows: Iterable[Iterable[Any]], name: str) -> Filed:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(titles)
        sheet.writerows([["" if value is None else value for value in row] for row in rows])
    return Filed(path, CSV_TYPE, name)
