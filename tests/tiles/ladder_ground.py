"""Made-up ground for tests of the ladder: areas with classes, and tiles of them without a database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import tile_reader

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.catalogue.tables import feature_table
from spatial.datum.clock import parse_instant
from tiles.ladder.areas import dissolved
from tiles.ladder.lattice import pixel_deg
from tiles.ladder.plot import Material
from tiles.matrix import MatrixSet, Tile, matrix_sets
from tiles.vector import TileQuery, laddered

SETS = tuple(matrix_sets(read_city("370783")).by_id.values())
LON, LAT = 118.79, 36.88
COLORS = tuple((f"0{number}", f"#0000{number:02x}") for number in range(1, 10))


@dataclass(frozen=True)
class Parcel:
    """An area and its class."""

    code: str
    use: str | None
    shape: shapely.Geometry


def land(layer_id: str = "land") -> Contract:
    """A layer of areas whose legend tells classes."""
    text = lambda zh: Title(zh, zh)  # noqa: E731
    return Contract(
        id=layer_id,
        title=text("地块"),
        description=text("为测试而设"),
        steward="寿光市自然资源和规划局",
        source_standard="测试",
        geometry="MultiPolygon",
        key="code",
        valid_time=text("存在"),
        fields=(
            Field("code", FieldType.TEXT, text("编码"), required=True),
            Field("use", FieldType.TEXT, text("用途"), codes=tuple((c, text(c)) for c, _ in COLORS)),
            Field("owner", FieldType.TEXT, text("使用者")),
        ),
        legend=Legend("fill", "#888888", by="use", colors=COLORS),
    )


def parcels(
    seed: int, columns: int, side_deg: float, *, classes: int = 5, patch: int = 1, corner: tuple[float, float]
) -> list[Parcel]:
    """Quadrangles that share crooked sides, of classes drawn for squares of ``patch`` parcels."""
    dice = np.random.default_rng(seed)
    steps = np.arange(columns + 1) * side_deg
    x, y = np.meshgrid(corner[0] + steps, corner[1] + steps)
    x = x + dice.uniform(-0.3, 0.3, x.shape) * side_deg
    y = y + dice.uniform(-0.3, 0.3, y.shape) * side_deg
    use = dice.integers(1, classes + 1, (columns, columns))
    nodes = np.stack([x, y], -1)
    around = (nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1])
    shapes = shapely.polygons(np.stack(around, -2).reshape(-1, 4, 2)).tolist()
    places = [(row, column) for row in range(columns) for column in range(columns)]
    return [
        Parcel(f"L{row:04d}{column:04d}", f"0{use[row // patch, column // patch]}", shape)
        for (row, column), shape in zip(places, shapes, strict=True)
    ]


def query(matrix_set: MatrixSet, tile: Tile) -> TileQuery:
    """Of the layer ``land``."""
    contract = land()
    table = feature_table(contract)
    asked = TileQuery(table, table.columns, matrix_set, tile, parse_instant("2026-06-01"), None, counted=True)
    return laddered(asked, contract, [column.name for column in table.columns])


def material(asked: TileQuery, all_parcels: Sequence[Parcel]) -> Material:
    """As the database gives it."""
    assert asked.rung is not None
    held = sorted(all_parcels, key=lambda each: each.code)
    shapes = np.array([each.shape for each in held], object)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    sizes = (bounds[:, 2:] - bounds[:, :2]).max(1, initial=0) / pixel_deg(asked.matrix_set, asked.tile.zoom)
    return Material(
        [each.code for each in held],
        [each.use for each in held],
        sizes.tolist(),
        [
            json.dumps({"use": each.use}) if size >= asked.rung.single_px else None
            for each, size in zip(held, sizes.tolist(), strict=True)
        ],
        shapely.to_wkb(shapes).tolist(),
    )


def bytes_of(matrix_set: MatrixSet, tile: Tile, all_parcels: Sequence[Parcel]) -> bytes:
    """The tile as it is sent."""
    asked = query(matrix_set, tile)
    return dissolved(asked, material(asked, all_parcels)).body


def tile_of(matrix_set: MatrixSet, tile: Tile, all_parcels: Sequence[Parcel]) -> tile_reader.Layer:
    """The tile, held to the rules of the format."""
    found = tile_reader.read(bytes_of(matrix_set, tile, all_parcels))
    return found.get("land", tile_reader.Layer("land", 4096))
