"""A small synthetic ground 合成数据 for the tests of indicators: parcels, towns and lines around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from planning.layers import contract as planning_contract
from planning.sample.split import Cutting, pieces
from spatial.catalogue import store as catalogue
from spatial.catalogue.declaration import read_toml
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Intent

SQUARE = box(118.75, 36.85, 118.77, 36.866)
"""Some 1.8 km by 1.8 km."""
START = datetime.fromisoformat("2025-01-01T00:00:00+08:00")
CLASSES = ("0102", "0103", "0301", "0601", "0701", "0702", "1101", "1006")
CODES = {"0601": "201A", "0701": "201", "0702": "203"}


def prepare(connection: Connection, layers: Iterable[str]) -> None:
    """Empty layers."""
    for layer in layers:
        ground = resources.files("spatial") / "assets" / "layers" / f"{layer}.toml"
        with resources.as_file(ground) as path:
            declared = read_toml(Path(path)) if path.is_file() else planning_contract(layer)
        catalogue.publish(connection, declared)


def parcels(seed: int = 7, area_m2: float = 60_000.0, square: Polygon = SQUARE) -> list[dict[str, Any]]:
    """A gap-free coverage of parcels with classes of the survey."""
    generator = np.random.default_rng(seed)
    ring = shapely.get_coordinates(square.exterior)
    cut = pieces(ring, Cutting(area_m2, 60.0, 10), generator)
    return [
        parcel(number, Polygon(piece.ring_deg), str(generator.choice(CLASSES)))
        for number, piece in enumerate(cut)
    ]


def parcel(number: int, shape: Polygon | MultiPolygon, dlbm: str) -> dict[str, Any]:
    """One parcel of the survey."""
    return {
        "bsm": f"{number:018d}",
        "dlbm": dlbm,
        "czcsxm": CODES.get(dlbm),
        "tbmj": 1.0,
        "tbdlmj": 1000.5 + number,
        "geom": shape,
        "data_nature": "合成数据",
    }


def zone(layer: str, number: int, shape: Polygon, **values: object) -> dict[str, Any]:
    """A polygon of a control layer, with what its contract requires."""
    required = {
        field.name: field.codes[0][0] if field.codes else "x"
        for field in planning_contract(layer).fields
        if field.required and field.type == "text"
    }
    numbers = {
        field.name: 1.0
        for field in planning_contract(layer).fields
        if field.required and field.type == "number"
    }
    return {**required, **numbers, "bsm": f"{number:018d}", "geom": shape, **values}


def deliver(
    connection: Connection,
    layer_id: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    remove: Sequence[str] = (),
    valid_from: datetime = START,
    full: bool = False,
) -> Changeset | None:
    """Write rows as one changeset; ``remove`` names keys that are there no more."""
    table = catalogue.get(connection, layer_id).table
    key = catalogue.get(connection, layer_id).contract.key
    names = [column.name for column in table.columns]
    columns = ["line", "fid", "remove", "geom", *names]
    staged = [
        (
            number,
            row[key],
            False,
            shapely.to_wkb(row["geom"]),
            *(row.get(name) for name in names),
        )
        for number, row in enumerate(rows)
    ]
    staged += [(10_000 + n, fid, True, None, *(None for _ in names)) for n, fid in enumerate(remove)]
    staging = write.create_staging(connection, table)
    write.copy_rows(connection, staging, columns, staged)
    write.canonicalise(connection, staging)
    delivery = Delivery.FULL if full else Delivery.PARTIAL
    found = write.apply(connection, staging, Intent("test", "测试", "合成数据", valid_from, delivery))
    write.drop_staging(connection, staging)
    return found
