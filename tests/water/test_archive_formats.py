"""Formats are told by content: what is kept, what is refused and what it should become."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import laspy
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from water.archive import formats
from water.errors import NotPreservable

PDF = b"""%PDF-1.7
1 0 obj
<</Type/Metadata>>stream
<x pdfaid:part='2' pdfaid:conformance='B'/>
endstream
%%EOF
"""


def made(place: Path, name: str) -> Path:
    """A real file of each kind, by the program of the field."""
    path = place / name
    if name.endswith(".tif"):
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=8,
            height=8,
            count=1,
            dtype="uint8",
            transform=from_origin(0, 0, 1, 1),
        ) as raster:
            raster.write(np.ones((1, 8, 8), np.uint8))
    elif name.endswith((".laz", ".las")):
        cloud = laspy.create(point_format=6)
        cloud.x = cloud.y = cloud.z = np.arange(10.0)
        cloud.write(path)
    elif name.endswith(".gpkg"):
        import geopandas
        from shapely import Point

        geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(118, 36)], crs=4490).to_file(path, driver="GPKG")
    elif name.endswith(".sqlite"):
        with closing(sqlite3.connect(path)) as content:
            content.execute("create table a (b)")
            content.commit()
    return path


@pytest.mark.parametrize(("name", "kind"), [("a.tif", "tiff"), ("a.laz", "laz"), ("a.gpkg", "geopackage")])
def test_real_files_are_kept(tmp_path: Path, name: str, kind: str) -> None:
    assert formats.identify(made(tmp_path, name), name).id == kind


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PDF, "pdf-a"),
        ("a.ifc", b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\n", "ifc"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "json"),
        ("a.csv", "时间,水位_m\n1,2\n".encode(), "csv"),
        ("long.csv", b"fid,geom\nR-1," + b"01" * 100_000 + b"\n", "csv"),  # a river of many vertices
        ("a.txt", "正文\n".encode(), "text"),
        ("series.xml", b"<wml2:Collection/>", "text"),
    ],
)
def test_kept(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    (tmp_path / "f").write_bytes(data)
    assert formats.identify(tmp_path / "f", name).id == kind


@pytest.mark.parametrize(
    ("name", "data", "way_out"),
    [
        ("a.pdf", b"%PDF-1.7\nno mark\n%%EOF\n", "no mark of PDF/A; convert it to PDF/A"),
        ("a.pdf", PDF.replace(b"%%EOF\n", b""), "truncated"),
        ("a.pdf", PDF.replace(b"<</Type", b"<</Encrypt 5 0 R/Type"), "encrypted"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(50), "convert it to TIFF"),
        ("a.docx", b"PK\x03\x04" + bytes(50), "PDF/A, CSV, GeoPackage"),
        ("a.dwg", b"AC1032" + bytes(50), "IFC"),
        ("a.shp", b"\x00\x00\x27\x0a" + bytes(50), "GeoPackage"),
        ("a.txt", "河".encode("gbk"), "neither UTF-8"),
        ("a.txt", b"a\x00b", "binary content"),
        ("a.txt", b"", "empty"),
        ("a.json", b'{"a": 1', "cannot be read"),
        ("a.json", b"[" * 100_000, "cannot be read"),
        ("a.csv", b"a,b\n1,2\n1\n", "row 3"),
        ("a.tif", b"II*\0" + struct.pack("<I", 5000), "truncated"),
        ("a.mp4", b"\x00\x00\x00\x20ftypisom" + bytes(50), "TIFF"),
        ("a.tif", "正文".encode(), "contradicts"),
        ("a.csv", PDF, "contradicts"),
    ],
)
def test_refused_with_a_way_out(tmp_path: Path, name: str, data: bytes, way_out: str) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(NotPreservable, match=way_out):
        formats.identify(tmp_path / "f", name)


@pytest.mark.parametrize(("name", "way_out"), [("a.las", "convert it to LAZ"), ("a.sqlite", "GeoPackage")])
def test_real_files_refused(tmp_path: Path, name: str, way_out: str) -> None:
    with pytest.raises(NotPreservable, match=way_out):
        formats.identify(made(tmp_path, name), name)
