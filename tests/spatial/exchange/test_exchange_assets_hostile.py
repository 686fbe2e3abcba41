"""Headers that pass for sound and say what cannot be: refused by name, nothing is catalogued."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from exchange_files import counts
from header_files import NORTH, SIZE_M, WEST, las, patched, tiff
from pyproj import CRS
from rasterio.transform import Affine
from test_exchange_assets import options

from spatial.datum.wkt import frame_of_wkt
from spatial.errors import OneMapError, UnknownFrame
from spatial.exchange import assets

Made = Callable[[Path], Path]


def tag_of(path: Path, tag: int, kind: int, count: int, value: int) -> Path:
    """The first directory's entry of a tag written anew, in a little-endian TIFF of 32 bits."""
    raw = bytearray(path.read_bytes())
    assert raw[:4] == b"II*\0"
    (at,) = struct.unpack_from("<I", raw, 4)
    (entries,) = struct.unpack_from("<H", raw, at)
    for each in range(at + 2, at + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", raw, each)[0] == tag:
            struct.pack_into("<HHII", raw, each, tag, kind, count, value)
            path.write_bytes(raw)
            return path
    raise AssertionError(f"no tag {tag}")


def placed(folder: Path, west: float, north: float, step: float) -> Path:
    return tiff(folder / "a.tif", edge=64, transform=Affine(step, 0, west, 0, -step, north))


def laz(folder: Path) -> Path:
    return las(folder / "a.laz", points=200)


HOSTILE: dict[str, Made] = {
    "four thousand million bands": lambda t: tag_of(tiff(t / "a.tif", edge=64), 277, 4, 1, 2**32 - 1),
    "no bands": lambda t: tag_of(tiff(t / "a.tif", edge=64), 277, 3, 1, 0),
    "pixels of four thousand million bits": lambda t: tag_of(
        tiff(t / "a.tif", edge=64), 258, 4, 1, 2**32 - 1
    ),
    "a place at the end of all numbers": lambda t: placed(t, 1e300, 1e300, 0.5),
    "pixels as large as the galaxy": lambda t: placed(t, WEST, NORTH, 1e20),
    "pixels of nothing": lambda t: placed(t, WEST, NORTH, 1e-300),
    "a packed cloud of 2 to the 60 points": lambda t: patched(laz(t), 247, "<Q", 2**60),
    "a packed cloud of 2 to the 64 points": lambda t: patched(laz(t), 247, "<Q", 2**64 - 1),
    "a cloud at the end of all numbers": lambda t: patched(
        las(t / "a.las"), 179, "<4d", 1e308, -1e308, 1e308, -1e308
    ),
    "a cloud as high as the moon": lambda t: patched(las(t / "a.las"), 211, "<2d", 1e308, -1e308),
    "points of no bytes": lambda t: patched(las(t / "a.las"), 105, "<H", 0),
    "a cloud upside down": lambda t: patched(las(t / "a.las"), 179, "<2d", WEST, WEST + 1),
    "infinite bounds": lambda t: patched(las(t / "a.las"), 179, "<d", float("inf")),
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_is_catalogued_of_what_cannot_be(dsn: str, tmp_path: Path, made: Made) -> None:
    path = made(tmp_path)
    before = counts(dsn)
    with pytest.raises(OneMapError) as refused:
        assets.add(dsn, [path], options(source_crs="EPSG:4549"))
    assert refused.value.zh and refused.value.en and refused.value.value is not None
    assert counts(dsn) == before


def test_words_with_a_nul_among_them_are_kept_without_it(dsn: str, tmp_path: Path) -> None:
    """No data value and time of a header are text of anybody's hand."""
    path = tiff(tmp_path / "a.tif", edge=64, nodata=201)
    raw = path.read_bytes()
    assert raw.count(b"201\0") == 1
    path.write_bytes(raw.replace(b"201\0", b"2\x001\0"))
    (found,) = assets.add(dsn, [path], options())
    assert found.values["nodata"] == "21"


def test_zero_scales_of_a_cloud_hurt_nothing(dsn: str, tmp_path: Path) -> None:
    """Scales say how points are packed; only bounds are catalogued."""
    path = patched(las(tmp_path / "a.las"), 131, "<3d", 0.0, float("nan"), float("inf"))
    (found,) = assets.add(dsn, [path], options())
    assert found.values["points"] == 1000 and SIZE_M > 0


@pytest.mark.parametrize("lost", ["central_meridian", "false_easting", "latitude_of_origin", "scale_factor"])
@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT1_ESRI"])
def test_a_projection_that_lacks_a_parameter_is_no_known_frame(lost: str, version: str) -> None:
    """What is left out is never guessed, and never ends the reader."""
    text = CRS.from_epsg(4549).to_wkt(version)
    at = text.lower().index(f'parameter["{lost}"')
    cut = text[:at] + text[text.index("]", at) + 2 :]
    try:
        found = frame_of_wkt(cut)
    except UnknownFrame as refused:
        assert refused.zh and refused.value
    else:
        assert found.id == "EPSG:4549", "what it lacks has its usual value"
        assert lost in ("latitude_of_origin", "scale_factor")


def test_a_definition_of_half_a_letter_is_refused() -> None:
    with pytest.raises(UnknownFrame):
        frame_of_wkt(CRS.from_epsg(4549).to_wkt().replace("CGCS2000", "CGCS\ud800"))
