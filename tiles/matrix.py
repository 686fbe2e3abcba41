"""Tile matrix sets 瓦片矩阵集: how the ground is cut into tiles, in three frames (OGC 17-083r4).

Pure, frozen data. A tile is told by zoom, row from the top and column from the
left; coordinates here are always x = east, y = north in the units of the set's
frame. Axis order is applied in :meth:`MatrixSet.document` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from spatial.catalogue.city import City
from spatial.catalogue.contract import Title
from spatial.errors import NotFound, shorten

TILE_PX = 256
SPHERE_M = 6378137.0
METRES_PER_DEGREE = math.pi * SPHERE_M / 180
PIXEL_M = 0.00028
"""The rendering pixel of OGC, by which scale denominators are told."""
DIGITS_MOST = 9
"""Of a number in an address: more can be no zoom, row or column."""


class NoSuchMatrixSet(NotFound):
    """No tile matrix set of this name is offered."""

    code = "no-such-tile-matrix-set"


class NoSuchTile(NotFound):
    """The set has no tile there, or none is offered at this zoom."""

    code = "no-such-tile"


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a set."""

    zoom: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the frame of a set, or in degrees where it says so; x = east, y = north."""

    left: float
    bottom: float
    right: float
    top: float

    def grown(self, by: float) -> Box:
        """With so much more on every side."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)


@dataclass(frozen=True, slots=True)
class Cover:
    """Rows and columns of one zoom, both ends included."""

    zoom: int
    row_min: int
    row_max: int
    column_min: int
    column_max: int


@dataclass(frozen=True, slots=True)
class MatrixSet:
    """A quad tree of tiles over a square of one frame."""

    id: str
    title: Title
    epsg: int
    left: float
    top: float
    side: float
    """Of the one square tile at zoom 0, in units of the frame."""
    metres_per_unit: float
    axes: tuple[str, str]
    """Names of the axes, in the order of the frame's authority."""
    zoom_max: int
    offered_max: int
    """The finest zoom of which tiles are made: a step of the grid in them is below a centimetre there."""
    near_zoom: int
    """From here on a pixel is at most 8 m on the ground, east to west, in the latitude of the plains
    of the north: tiles are complete; coarser ones are generalised."""
    half_rows: bool = False
    """The lower half of the square is no ground: a matrix has half as many rows as columns."""
    uri: str = ""
    """Of the set in the register of OGC, where it stands there."""
    scale_set: str = ""

    @property
    def swapped(self) -> bool:
        """The authority of the frame puts north, or latitude, first."""
        return self.axes[0] in ("Lat", "N")

    @property
    def crs(self) -> str:
        """URI of the frame."""
        return f"http://www.opengis.net/def/crs/EPSG/0/{self.epsg}"

    def tile_side(self, zoom: int) -> float:
        """Of a tile, in units of the frame.

        >>> WEB_MERCATOR.tile_side(1)
        20037508.342789244
        """
        return self.side / (1 << zoom)

    def pixel(self, zoom: int) -> float:
        """Edge of a pixel, in units of the frame."""
        return self.tile_side(zoom) / TILE_PX

    def columns(self, zoom: int) -> int:
        """Of the matrix of a zoom."""
        return 1 << zoom

    def rows(self, zoom: int) -> int:
        """Of the matrix of a zoom.

        >>> [CGCS2000.rows(zoom) for zoom in range(4)]
        [1, 1, 2, 4]
        """
        return max(1, (1 << zoom) // 2) if self.half_rows else 1 << zoom

    def bounds(self, tile: Tile) -> Box:
        """What a tile covers, in the frame of the set.

        >>> CGCS2000.bounds(Tile(1, 0, 1))
        Box(left=0.0, bottom=-90.0, right=180.0, top=90.0)
        """
        side = self.tile_side(tile.zoom)
        return Box(
            self.left + tile.column * side,
            self.top - (tile.row + 1) * side,
            self.left + (tile.column + 1) * side,
            self.top - tile.row * side,
        )

    def at(self, zoom: int, x: float, y: float) -> Tile:
        """The tile in which a position lies, the nearest one where it lies beside the set.

        >>> CGCS2000.at(14, 118.7909, 36.8560)
        Tile(zoom=14, row=2418, column=13598)
        """
        side = self.tile_side(zoom)
        row, column = math.floor((self.top - y) / side), math.floor((x - self.left) / side)
        return Tile(zoom, min(max(row, 0), self.rows(zoom) - 1), min(max(column, 0), self.columns(zoom) - 1))

    def cover(self, zoom: int, box: Box) -> Cover:
        """The tiles of a zoom that a box touches."""
        first, last = self.at(zoom, box.left, box.top), self.at(zoom, box.right, box.bottom)
        return Cover(zoom, first.row, last.row, first.column, last.column)

    def pixel_m(self, zoom: int, lat_deg: float = 0.0) -> float:
        """Ground size of a pixel, east to west, at a latitude.

        >>> round(CGCS2000.pixel_m(14, 36.9), 2), round(WEB_MERCATOR.pixel_m(14, 36.9), 2)
        (7.64, 7.64)
        """
        cell_m = self.pixel(zoom) * self.metres_per_unit
        return cell_m if self.axes == ("N", "E") else cell_m * math.cos(math.radians(lat_deg))

    def tile(self, zoom: str, row: str, column: str, finest: int | None = None) -> Tile:
        """The tile of an address, or ``NoSuchTile`` with the range there is.

        ``finest`` takes the place of the finest zoom that is offered.

        >>> CGCS2000.tile("3", "3", "7")
        Tile(zoom=3, row=3, column=7)
        """
        level, last = _number(zoom), self.offered_max if finest is None else finest
        if level is None or level > last:
            shown = shorten(zoom, 40)
            raise NoSuchTile(
                f"瓦片矩阵集 {self.id} 提供第 0–{last} 级:{shown}",
                f"tiles of {self.id} are offered at zooms 0 to {last}: {shown}",
                value=shown,
                details={"parameter": "tileMatrix"},
            )
        for text, most, zh, en, name in (
            (row, self.rows(level), "行", "rows", "tileRow"),
            (column, self.columns(level), "列", "columns", "tileCol"),
        ):
            number = _number(text)
            if number is None or number >= most:
                shown = shorten(text, 40)
                raise NoSuchTile(
                    f"{self.id} 第 {level} 级有 0–{most - 1} {zh}:{shown}",
                    f"{self.id} has {en} 0 to {most - 1} at zoom {level}: {shown}",
                    value=shown,
                    details={"parameter": name},
                )
        return Tile(level, int(row), int(column))

    def document(self, language: str = "zh") -> dict[str, Any]:
        """The set as OGC 17-083r4 writes it (TileMatrixSet, JSON)."""
        origin = [self.top, self.left] if self.swapped else [self.left, self.top]
        told: dict[str, Any] = {"id": self.id, "title": self.title.zh if language == "zh" else self.title.en}
        if self.uri:
            told["uri"] = self.uri
        told |= {"crs": self.crs, "orderedAxes": list(self.axes)}
        if self.scale_set:
            told["wellKnownScaleSet"] = self.scale_set
        told["tileMatrices"] = [self._matrix(zoom, origin) for zoom in range(self.zoom_max + 1)]
        return told

    def _matrix(self, zoom: int, origin: list[float]) -> dict[str, Any]:
        cell = self.pixel(zoom)
        return {
            "id": str(zoom),
            "scaleDenominator": cell * self.metres_per_unit / PIXEL_M,
            "cellSize": cell,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": origin,
            "tileWidth": TILE_PX,
            "tileHeight": TILE_PX,
            "matrixWidth": self.columns(zoom),
            "matrixHeight": self.rows(zoom),
        }


WEB_MERCATOR = MatrixSet(
    id="WebMercatorQuad",
    title=Title("网络墨卡托四叉树", "Web Mercator quad tree"),
    epsg=3857,
    left=-math.pi * SPHERE_M,
    top=math.pi * SPHERE_M,
    side=2 * math.pi * SPHERE_M,
    metres_per_unit=1.0,
    axes=("X", "Y"),
    zoom_max=24,
    offered_max=20,
    near_zoom=14,
    uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
    scale_set="http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
)
CGCS2000 = MatrixSet(
    id="CGCS2000Quad",
    title=Title(
        "2000 国家大地坐标系经纬度四叉树(级别同天地图 _c)", "CGCS2000 degrees, levels as Tianditu _c"
    ),
    epsg=4490,
    left=-180.0,
    top=90.0,
    side=360.0,
    metres_per_unit=METRES_PER_DEGREE,
    axes=("Lat", "Lon"),
    zoom_max=24,
    offered_max=20,
    near_zoom=14,
    half_rows=True,
)


@dataclass(frozen=True, slots=True)
class MatrixSets:
    """The sets offered for one city."""

    by_id: dict[str, MatrixSet]

    @property
    def own_first(self) -> tuple[MatrixSet, ...]:
        """The city's own set, the nation's, the world's."""
        return tuple(reversed(self.by_id.values()))

    def find(self, name: str) -> MatrixSet:
        """The set of a name, or ``NoSuchMatrixSet``."""
        found = self.by_id.get(name)
        if found is None:
            known = list(self.by_id)
            shown = shorten(name)
            raise NoSuchMatrixSet(
                f"没有这个瓦片矩阵集,可用的有 {'、'.join(known)}:{shown}",
                f"no such tile matrix set, there are {', '.join(known)}: {shown}",
                value=shown,
            )
        return found


def gauss_krueger(city: City) -> MatrixSet:
    """The set in the city's own 3-degree zone, without the prefix of the zone.

    >>> from spatial.catalogue.city import read_city
    >>> own = gauss_krueger(read_city("370783"))
    >>> own.id, own.epsg, own.tile_side(13)
    ('CGCS2000_GK120Quad', 4549, 256.0)
    """
    meridian = city.central_meridian_deg
    return MatrixSet(
        id=f"CGCS2000_GK{meridian}Quad",
        title=Title(
            f"2000 国家大地坐标系高斯–克吕格四叉树,中央经线 {meridian}°",
            f"CGCS2000 Gauss–Krüger quad tree, central meridian {meridian}°",
        ),
        epsg=city.epsg_without_prefix,
        left=500_000.0 - 1_048_576.0,
        top=3_500_000.0 + 1_048_576.0,
        side=2_097_152.0,
        metres_per_unit=1.0,
        axes=("N", "E"),
        zoom_max=20,
        offered_max=16,
        near_zoom=10,
    )


def matrix_sets(city: City) -> MatrixSets:
    """The world's set, the nation's and the city's own."""
    sets = (WEB_MERCATOR, CGCS2000, gauss_krueger(city))
    return MatrixSets({each.id: each for each in sets})


def _number(text: str) -> int | None:
    """A whole number as an address has it: digits, none of them idle."""
    plain = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MOST
    return int(text) if plain and (text == "0" or text[0] != "0") else None
