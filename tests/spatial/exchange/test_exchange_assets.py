"""Images and point clouds are catalogued by their headers, and shown as an ordinary layer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from exchange_files import counts
from header_files import (
    NORTH,
    SIZE_M,
    WEST,
    bare_tiff,
    cog,
    huge_tiff,
    las,
    lying_tiff,
    patched,
    tiff,
)
from rasterio.transform import Affine, from_origin

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import HeightType
from spatial.database import connect
from spatial.errors import (
    FileTooLarge,
    FrameUndecided,
    InvalidInput,
    OneMapError,
    RowsRejected,
    UnreadableFile,
    UnsafeFile,
)
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from spatial.exchange.headers import pointcloud, raster

SAID: dict[str, object] = {"author": "李工", "department": "自然资源局", "reason": "航飞"}


def options(**changes: object) -> AssetOptions:
    return AssetOptions(**(SAID | changes))  # type: ignore[arg-type]


def header(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        read = pointcloud.read if path.suffix in (".las", ".laz") else raster.read
        return read(file, path.name)


def test_images_and_point_clouds_are_catalogued_and_shown_as_layers(dsn: str, tmp_path: Path) -> None:
    files = [
        tiff(tmp_path / "正射.tif"),
        cog(tmp_path / "cog.tif"),
        las(tmp_path / "a.las"),
        las(tmp_path / "b.laz"),
    ]
    found = assets.add(dsn, files, options(acquired=date(2026, 5, 1), height_type=HeightType.NORMAL_1985))
    assert [one.layer for one in found] == ["raster-assets"] * 2 + ["point-cloud-assets"] * 2
    with connect(dsn) as connection:
        assert len(catalogue.get(connection, "raster-assets").contract.fields) == 20
        rows = connection.execute(
            "select name, format, width, bands, nodata, resolution_m, frame, height_type, acquired,"
            " cog_faults, ST_AsText(geom) from layer.raster_assets order by name desc"
        ).fetchall()
        clouds = connection.execute(
            "select name, format, version, points, lowest_m, highest_m from layer.point_cloud_assets"
            " order by name"
        ).fetchall()
        names = [one.name for one in assets.held(connection)]
    assert rows[0][:9] == (
        "正射.tif",
        "geotiff",
        1200,
        3,
        "0",
        0.5,
        "EPSG:4549",
        "normal_1985",
        date(2026, 5, 1),
    )
    assert rows[0][9] == "未分块(条带存储)、没有概视图" and rows[1][1] == "cog" and rows[1][9] is None
    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    corner = shapely.Point(to_degrees.transform(WEST, NORTH - 1200 * SIZE_M))
    assert shapely.from_wkt(rows[0][10]).boundary.distance(corner) < 1e-8
    assert [row[:4] for row in clouds] == [("a.las", "las", "1.4", 1000), ("b.laz", "laz", "1.4", 1000)]
    assert clouds[0][4:6] == (5.0, 7.0) and str(tmp_path) not in json.dumps([one.to_json() for one in found])
    assert names == ["cog.tif", "正射.tif", "a.las", "b.laz"]
    before = counts(dsn)
    assets.add(dsn, files[:1], options(acquired=date(2026, 5, 1), height_type=HeightType.NORMAL_1985))
    assert counts(dsn) == before


def test_headers_agree_with_gdal(tmp_path: Path) -> None:
    """rasterio is the oracle: any layout, byte order and size of offsets."""
    turned = Affine(0.4, 0.1, WEST, 0.1, -0.4, NORTH)
    variants: list[dict[str, object]] = [
        {}, {"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"tiled": True, "blockxsize": 128, "blockysize": 64},
        {"interleave": "band"}, {"transform": turned, "crs": "EPSG:4528"}, {"compress": "zstd"},
        {"crs": "EPSG:4490", "transform": from_origin(118.7, 36.9, 1e-5, 1e-5)},
    ]  # fmt: skip
    for number, one in enumerate(variants):
        path = tiff(tmp_path / f"{number}.tif", edge=300, **one)  # type: ignore[arg-type]
        told = header(path)
        with rasterio.open(path) as known:
            t = known.transform
            assert told["matrix"] == pytest.approx([t.c, t.a, t.b, t.f, t.d, t.e], rel=1e-15), one
            assert (told["width"], told["height"], told["bands"]) == (known.width, known.height, known.count)
            assert told["declared"] == f"EPSG:{known.crs.to_epsg()}"
            assert float(str(told["nodata"])) == known.nodata
            assert told["compression"].lower() == str(one.get("compress", "deflate"))
    assert header(cog(tmp_path / "cog.tif"))["cog_faults"] == []


def test_a_frame_without_a_code_must_be_said(dsn: str, tmp_path: Path) -> None:
    own = "+proj=tmerc +lon_0=118.85 +k=1 +x_0=500000 +ellps=GRS80 +units=m"
    for path in (
        tiff(tmp_path / "a.tif", crs=None),
        tiff(tmp_path / "b.tif", crs=own),
        las(tmp_path / "c.las", None),
    ):
        with pytest.raises(FrameUndecided, match="--source-crs"):
            assets.add(dsn, [path], options())
    (found,) = assets.add(dsn, [tmp_path / "a.tif"], options(source_crs="EPSG:4549"))
    assert found.values["frame"] == "EPSG:4549" and found.evidence[0].kind == "option"


def test_a_footprint_outside_the_city_is_refused_with_all_files(dsn: str, tmp_path: Path) -> None:
    good, bad = tiff(tmp_path / "a.tif", edge=64), tiff(tmp_path / "b.tif", edge=64, crs="EPSG:4548")
    before = counts(dsn)
    with pytest.raises(RowsRejected, match=r"b\.tif"):
        assets.add(dsn, [good, bad], options())
    assert counts(dsn) == before
    with pytest.raises(InvalidInput, match="--author"):
        assets.add(dsn, [good], options(author=" "))


def short(path: Path, share: float) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    return path


BAD: dict[str, tuple[Callable[[Path], Path], type[OneMapError]]] = {
    "a million by a million pixels": (lambda t: huge_tiff(t / "a.tif"), FileTooLarge),
    "a size that its blocks deny": (lambda t: lying_tiff(t / "a.tif"), UnreadableFile),
    "a directory in a circle": (
        lambda t: bare_tiff(t / "a.tif", [(256, 4, 1, 1), (257, 4, 1, 1)], loop=True),
        UnreadableFile,
    ),
    "a tag of 4 · 10⁹ values": (lambda t: bare_tiff(t / "a.tif", [(324, 4, 2**32 - 1, 8)]), UnreadableFile),
    "an image cut off": (lambda t: short(tiff(t / "a.tif", edge=300, compress="none"), 0.5), UnreadableFile),
    "an image of 8 bytes": (lambda t: short(bare_tiff(t / "a.tif", [(256, 4, 1, 1)]), 0.08), UnreadableFile),
    "an image without a place": (
        lambda t: bare_tiff(
            t / "a.tif",
            [(256, 4, 1, 1), (257, 4, 1, 1), (273, 4, 1, 8), (278, 4, 1, 1), (279, 4, 1, 1)],
        ),
        UnreadableFile,
    ),
    "a VRT called tif": (
        lambda t: _written(
            t / "a.tif", b"<VRTDataset><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>"
        ),
        UnsafeFile,
    ),
    "a remote overview": (lambda t: _written(t / "a.tif", b"/vsicurl/http://127.0.0.1/x.ovr"), UnsafeFile),
    "a shapefile": (lambda t: _written(t / "a.tif", b"\x00\x00\x27\x0a" + bytes(96)), UnreadableFile),
    "a cloud cut off": (lambda t: short(las(t / "a.las"), 0.5), UnreadableFile),
    "a cloud whose count lies": (lambda t: patched(las(t / "a.las"), 247, "<Q", 2**60), UnreadableFile),
    "a cloud of 4 · 10⁹ records": (lambda t: patched(las(t / "a.las"), 100, "<I", 2**32 - 1), UnreadableFile),
    "a cloud with bounds that are none": (
        lambda t: patched(las(t / "a.las"), 179, "<d", float("nan")),
        UnreadableFile,
    ),
    "a cloud of version 9": (lambda t: patched(las(t / "a.las"), 24, "<B", 9), UnreadableFile),
    "nothing": (lambda t: t / "none.tif", UnreadableFile),
    "a folder": (lambda t: t, UnreadableFile),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_headers_are_refused(tmp_path: Path, name: str) -> None:
    make, kind = BAD[name]
    path = make(tmp_path)
    if path.is_file() and kind is not UnsafeFile and name != "a shapefile":
        with pytest.raises(kind) as refused:
            header(path)
        assert refused.value.zh and refused.value.value is not None


def test_bad_files_leave_the_database_untouched(dsn: str, tmp_path: Path) -> None:
    before = counts(dsn)
    for number, name in enumerate(
        (
            "a million by a million pixels",
            "a VRT called tif",
            "a remote overview",
            "a shapefile",
            "a cloud whose count lies",
            "nothing",
            "a folder",
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        make, kind = BAD[name]
        with pytest.raises(kind):
            assets.add(dsn, [make(folder)], options())
        assert counts(dsn) == before


def test_random_bytes_end_in_an_error_of_a_known_kind(tmp_path: Path) -> None:
    """3 000 headers with a few bytes changed: read, or refused by name, never anything else."""
    random = np.random.default_rng(370783)
    for path in (
        tiff(tmp_path / "a.tif", edge=64, tiled=True, blockxsize=16, blockysize=16),
        las(tmp_path / "a.las", points=5),
    ):
        sound = path.read_bytes()
        refused = 0
        for _ in range(1500):
            raw = bytearray(sound)
            for at in random.integers(0, min(len(raw), 500), 3):
                raw[at] = int(random.integers(0, 256))
            path.write_bytes(raw)
            try:
                json.dumps(header(path))
            except (UnreadableFile, FileTooLarge):
                refused += 1
        assert 100 < refused < 1500


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
