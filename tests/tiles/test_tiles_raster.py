"""Images cut into tile grids: every pixel lies where an independent computation puts it."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from raster_files import (
    EDGE_PX,
    NORTH,
    PIXEL_M,
    QUARTERS,
    WEST,
    centre_of,
    photograph,
    plane_m,
    spot,
    surface,
    write,
)
from rio_cogeo import cog_validate

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import HeightType
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.errors import FileTooLarge, FrameUndecided, NotFound, UnreadableFile
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from tiles.matrix import MatrixSet, Tile, matrix_sets
from tiles.raster import picture, prepare, read, store, view
from tiles.raster.model import Content, Prepared, Range, Source, Style

GRIDS = matrix_sets(read_city("370783")).own_first
EACH_GRID = pytest.mark.parametrize("grid", GRIDS, ids=[each.id for each in GRIDS])
NATIVE = {"CGCS2000_GK120Quad": 14, "CGCS2000Quad": 18, "WebMercatorQuad": 18}
LIMITS = prepare.Limits()


def cut(path: Path, grid: MatrixSet, folder: Path, content: Content, **more: object) -> Prepared:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    source = Source(digest, path.name, str(path), str(more.get("frame", "EPSG:4549")), content, None)
    return prepare.one(source, grid, STANDARD, folder, LIMITS)


def to_grid(grid: MatrixSet) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4549, grid.epsg, always_xy=True)


@EACH_GRID
def test_heights_in_a_tile_are_the_surface_at_the_middle_of_each_pixel(
    grid: MatrixSet, tmp_path: Path
) -> None:
    made = cut(surface(tmp_path / "dsm.tif"), grid, tmp_path / "cut", Content.HEIGHTS)
    assert made.max_zoom == NATIVE[grid.id]
    assert cog_validate(tmp_path / "cut" / made.file, quiet=True)[0]
    back = pyproj.Transformer.from_crs(grid.epsg, 4549, always_xy=True)
    seen = 0
    for zoom in (made.max_zoom - 2, made.max_zoom, made.max_zoom + 1):
        for share_x, share_y in ((0.21, 0.3), (0.5, 0.5), (0.83, 0.71)):
            here = (WEST + share_x * EDGE_PX * PIXEL_M, NORTH - share_y * EDGE_PX * PIXEL_M)
            at = spot(grid, zoom, *to_grid(grid).transform(*here))
            pixels = view.tile(
                [made], tmp_path / "cut", grid, Tile(zoom, at.row, at.column), Style.TERRAIN_RGB, Range(0, 1)
            )
            told = picture.decoded(pixels)[at.y_px, at.x_px]
            expected = plane_m(*back.transform(*centre_of(grid, at)))
            # One step of the code is 4 mm; a pixel leans by 5 cm a metre where frames do not agree.
            assert abs(told - expected) < 0.02 * max(1, 2 ** (made.max_zoom - zoom)), (zoom, told, expected)
            seen += int(pixels[3, at.y_px, at.x_px])
    assert seen == 9 * 255


@EACH_GRID
def test_the_quarters_of_an_image_lie_where_they_were_taken(grid: MatrixSet, tmp_path: Path) -> None:
    made = cut(photograph(tmp_path / "正射.tif"), grid, tmp_path / "cut", Content.PICTURE)
    shares = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
    for color, (share_x, share_y) in zip(QUARTERS, shares, strict=True):
        here = (WEST + share_x * EDGE_PX * PIXEL_M, NORTH - share_y * EDGE_PX * PIXEL_M)
        at = spot(grid, made.max_zoom, *to_grid(grid).transform(*here))
        pixels = view.tile(
            [made], tmp_path / "cut", grid, Tile(at.zoom, at.row, at.column), Style.PICTURE, Range(0, 1)
        )
        assert np.abs(pixels[:3, at.y_px, at.x_px].astype(int) - color).max() <= 6, color
    beyond = spot(grid, made.max_zoom, *to_grid(grid).transform(WEST - 50, NORTH - 50))
    pixels = view.tile(
        [made],
        tmp_path / "cut",
        grid,
        Tile(beyond.zoom, beyond.row, beyond.column),
        Style.PICTURE,
        Range(0, 1),
    )
    assert pixels[3, beyond.y_px, beyond.x_px] == 0


@EACH_GRID
def test_neighbouring_tiles_are_cut_from_one_picture(grid: MatrixSet, tmp_path: Path) -> None:
    """A tile of the coarser level, twice as fine, is its four children side by side."""
    made = cut(surface(tmp_path / "dsm.tif"), grid, tmp_path / "cut", Content.HEIGHTS)
    file, zoom = tmp_path / "cut" / made.file, made.max_zoom
    at = spot(grid, zoom, *to_grid(grid).transform(WEST + 130, NORTH - 130))
    column, row = at.column // 2 * 2, at.row // 2 * 2
    parts = [
        [read.pixels([file], grid, Tile(zoom, row + down, column + right)) for right in (0, 1)]
        for down in (0, 1)
    ]
    with rasterio.open(file) as dataset:
        box = grid.bounds(Tile(zoom, row, column))
        first, line = (
            round((box.left - dataset.bounds.left) / grid.pixel(zoom)),
            round((dataset.bounds.top - box.top) / grid.pixel(zoom)),
        )
        whole = dataset.read(1, masked=True)[line : line + 512, first : first + 512]
    for down in (0, 1):
        for right in (0, 1):
            part, piece = (
                parts[down][right],
                whole[down * 256 : down * 256 + 256, right * 256 : right * 256 + 256],
            )
            if part is None:
                assert piece.mask.all()
                continue
            assert np.array_equal(part.array[0].filled(-1), piece.filled(-1))


def test_shaded_relief_is_lit_from_the_north_west() -> None:
    east, north = np.meshgrid(np.arange(18.0), np.arange(18.0)[::-1])
    flat = picture.shaded(np.zeros((18, 18)), 1, 1)
    towards = picture.shaded(east * 0.5 - north * 0.5, 1, 1)  # falls to the north-west
    away = picture.shaded(north * 0.5 - east * 0.5, 1, 1)
    assert set(flat[0].ravel()) == {180} and flat.shape == (4, 16, 16)  # 255 · sin 45°
    assert towards[0].min() > 180 > away[0].max()
    slope = np.arctan(np.hypot(0.5, 0.5))  # facing the sun: the angle to its ray is 45° − slope
    assert abs(int(towards[0, 8, 8]) - 255 * np.sin(np.pi / 4 + slope)) <= 1


@given(st.floats(-11_000, 9_000, allow_nan=False))
def test_encoded_heights_come_back_within_two_millimetres(metres: float) -> None:
    values = np.array([[metres, np.nan]])
    pixels = picture.encoded(values)
    assert abs(picture.decoded(pixels)[0, 0] - metres) <= 0.002
    assert pixels[3].tolist() == [[255, 0]]


def test_ramps_begin_and_end_where_the_range_does() -> None:
    pixels = picture.colored(np.array([[-9.0, 0.0, 10.0, 99.0, np.nan]]), picture.HEIGHTS, Range(0.0, 10.0))
    first, last = picture.HEIGHTS.rgb[0], picture.HEIGHTS.rgb[-1]
    assert pixels[:3, 0, 0].tolist() == pixels[:3, 0, 1].tolist() == first.tolist()
    assert pixels[:3, 0, 2].tolist() == pixels[:3, 0, 3].tolist() == last.tolist()
    assert pixels[3, 0].tolist() == [255, 255, 255, 255, 0]


def test_the_difference_of_two_surfaces_is_what_was_raised(tmp_path: Path) -> None:
    grid = GRIDS[0]
    older = cut(surface(tmp_path / "2025.tif"), grid, tmp_path / "cut", Content.HEIGHTS)
    newer = cut(surface(tmp_path / "2026.tif", raised_m=3.0), grid, tmp_path / "cut", Content.HEIGHTS)
    for share, expected in ((0.25, 0.0), (0.75, 3.0)):
        at = spot(grid, older.max_zoom, WEST + share * EDGE_PX * PIXEL_M, NORTH - 100)
        pixels = view.tile(
            [newer, older],
            tmp_path / "cut",
            grid,
            Tile(at.zoom, at.row, at.column),
            Style.DIFFERENCE,
            Range(-5, 5),
        )
        wanted = picture.colored(np.array([[expected]]), picture.DIFFERENCE, Range(-5, 5))[:, 0, 0]
        assert np.abs(pixels[:, at.y_px, at.x_px].astype(int) - wanted).max() <= 1


def test_images_of_other_depths_become_pictures(tmp_path: Path) -> None:
    grid = GRIDS[0]
    deep = np.linspace(1000, 9000, EDGE_PX * EDGE_PX).reshape(1, EDGE_PX, EDGE_PX).astype(np.uint16)
    classes = np.kron([[1, 2], [3, 4]], np.ones((EDGE_PX // 2, EDGE_PX // 2))).astype(np.uint8)[None]
    palette = {number: (*color, 255) for number, color in enumerate(QUARTERS, 1)}
    grey = cut(write(tmp_path / "deep.tif", deep), grid, tmp_path / "cut", Content.PICTURE)
    coded = cut(
        write(tmp_path / "classes.tif", classes, palette=palette), grid, tmp_path / "cut", Content.PICTURE
    )
    at = spot(grid, grey.max_zoom, WEST + 75, NORTH - 75)
    place = Tile(at.zoom, at.row, at.column)
    pixels = view.tile([grey], tmp_path / "cut", grid, place, Style.PICTURE, Range(0, 1))
    expected = (deep[0, 150, 150] - grey.low) * 255 / (grey.high - grey.low)
    assert np.abs(pixels[:3, at.y_px, at.x_px].astype(float) - expected).max() <= 2
    pixels = view.tile([coded], tmp_path / "cut", grid, place, Style.PICTURE, Range(0, 1))
    assert pixels[:, at.y_px, at.x_px].tolist() == [*QUARTERS[0], 255]


def catalogued(dsn: str, files: list[Path], taken: date | None = None) -> None:
    said = AssetOptions("李工", "自然资源局", "航飞", acquired=taken, height_type=HeightType.NORMAL_1985)
    assets.add(dsn, files, said)


def prepared(dsn: str, folder: Path) -> list[Prepared | None]:
    with connect(dsn) as connection:
        table = catalogue.get(connection, "raster-assets").table
    return [made for _, _, made in prepare.prepare(dsn, table, GRIDS, folder)]


def test_what_is_prepared_is_noted_and_made_only_once(database: str, tmp_path: Path) -> None:
    catalogued(database, [surface(tmp_path / "dsm.tif")])
    first = prepared(database, tmp_path / "cut")
    assert len(first) == 3 and None not in first
    assert prepared(database, tmp_path / "cut") == [None] * 3
    with connect(database) as connection:
        noted = store.prepared(connection)
    assert {each.matrix_set for each in noted} == {each.id for each in GRIDS}
    for each in noted:
        file = tmp_path / "cut" / each.file
        assert hashlib.sha256(file.read_bytes()).digest() == each.sha256 and each.content is Content.HEIGHTS
        assert each.low is not None and 8 < each.low < each.high < 36  # type: ignore[operator]
    (tmp_path / "cut" / noted[0].file).unlink()
    assert [each is None for each in prepared(database, tmp_path / "cut")].count(False) == 1
    left = [each.name for each in (tmp_path / "cut").iterdir() if each.name.startswith(("onemap", "."))]
    assert not left


def test_a_file_that_changed_or_is_damaged_is_refused_by_name(database: str, tmp_path: Path) -> None:
    good = surface(tmp_path / "dsm.tif")
    catalogued(database, [good])
    good.write_bytes(good.read_bytes() + b"x")
    with pytest.raises(NotFound, match=r"dsm\.tif"):
        prepared(database, tmp_path / "cut")
    whole = photograph(tmp_path / "half.tif").read_bytes()
    (tmp_path / "half.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"half\.tif"):
        cut(tmp_path / "half.tif", GRIDS[0], tmp_path / "cut", Content.PICTURE)
    with pytest.raises(FrameUndecided, match="EPSG:2364"):
        cut(surface(tmp_path / "old.tif"), GRIDS[0], tmp_path / "cut", Content.HEIGHTS, frame="EPSG:2364")
    assert not list((tmp_path / "cut").rglob("*.tif"))


def test_a_cut_is_bounded(tmp_path: Path) -> None:
    path = surface(tmp_path / "dsm.tif")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    source = Source(digest, path.name, str(path), "EPSG:4549", Content.HEIGHTS, None)
    with pytest.raises(FileTooLarge, match=r"dsm\.tif"):
        prepare.one(source, GRIDS[0], STANDARD, tmp_path / "cut", prepare.Limits(wall_s=0.2))
    assert not list((tmp_path / "cut").rglob("*.tif"))
