"""Hostile drawings, maps and texts end in an error of a known kind, and the database is as it was."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import numpy as np
import pytest
from exchange_files import PLOTS, STATIONS, counts, options, read_here
from pbf_files import write_pbf
from test_exchange_boundary import SQUARE, parcel, ring, text
from test_exchange_drawings import OSM_NODES, OSM_WAYS, drawing, kml, osm_xml, placemark, point
from vct_files import vct

from spatial.errors import CurvedGeometry, FileTooLarge, OneMapError, UnreadableFile, UnsafeFile
from spatial.exchange.load import load
from spatial.exchange.sandbox import Limits


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cut(path: Path, share: float = 0.6) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    return path


def with_type(path: Path, declaration: str, body: str = "") -> Path:
    return written(
        path, f'<?xml version="1.0"?><!DOCTYPE kml [{declaration}]><kml><Document>{body}</Document></kml>'
    )


def many_entities(path: Path) -> Path:
    line = "0\nLINE\n8\n0\n10\n1.0\n20\n1.0\n11\n2.0\n21\n2.0\n"
    with path.open("w") as file:
        file.write("0\nSECTION\n2\nENTITIES\n")
        for _ in range(12):
            file.write(line * 10_000)
        file.write("0\nENDSEC\n0\nEOF\n")
    return path


def endless_arc(path: Path) -> Path:
    document = ezdxf.new("R2010")
    document.modelspace().add_circle((0, 0), 1e15)
    document.saveas(path)
    return path


def nested(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", "<kml></kml>")
        archive.writestr("more.kmz", b"PK")
    return path


def packed_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"<kml>" + bytes(40 << 20))
    return path


DEEP = "<Folder>" * 100_000
BAD: dict[str, tuple[Callable[[Path], Path], type[OneMapError]]] = {
    "a kml that asks for a local file": (
        lambda t: with_type(
            t / "a.kml", '<!ENTITY x SYSTEM "file:///etc/passwd">', placemark("&x;", point(1, 2))
        ),
        UnsafeFile,
    ),
    "a kml with an entity bomb": (
        lambda t: with_type(
            t / "a.kml", "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12)), "&e11;"
        ),
        UnsafeFile,
    ),
    "a kml with a type from elsewhere": (
        lambda t: written(t / "a.kml", '<!DOCTYPE kml SYSTEM "http://127.0.0.1/kml.dtd"><kml></kml>'),
        UnsafeFile,
    ),
    "a kml nested 100 000 deep": (lambda t: written(t / "a.kml", f"<kml>{DEEP}"), UnreadableFile),
    "a kml cut off": (
        lambda t: cut(kml(t / "a.kml", placemark("A", point(118.8, 36.9)) * 9)),
        UnreadableFile,
    ),
    "a kmz in a kmz": (lambda t: nested(t / "a.kmz"), UnsafeFile),
    "a kmz bomb": (lambda t: packed_bomb(t / "a.kmz"), FileTooLarge),
    "a kml that is a VRT": (
        lambda t: written(t / "a.kml", "<VRTDataset><!-- <kml> --></VRTDataset>"),
        UnsafeFile,
    ),
    "a drawing cut off": (lambda t: cut(drawing(t / "a.dxf")), UnreadableFile),
    "a drawing with a word for a number": (
        lambda t: written(t / "a.dxf", "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\nx\n0\nENDSEC\n0\nEOF\n"),
        UnreadableFile,
    ),
    "a drawing of nothing": (
        lambda t: written(t / "a.dxf", "0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n"),
        UnreadableFile,
    ),
    "an arc of 10¹⁵ m": (lambda t: endless_arc(t / "a.dxf"), FileTooLarge),
    "a binary drawing of nonsense": (
        lambda t: written(t / "a.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(range(256)) * 4),
        UnreadableFile,
    ),
    "an osm pbf cut off": (lambda t: cut(write_pbf(t / "a.pbf", OSM_NODES, OSM_WAYS), 0.8), UnreadableFile),
    "an osm pbf that announces 2 GiB": (
        lambda t: write_pbf(t / "a.pbf", OSM_NODES, OSM_WAYS, announced=2**31 - 1),
        UnreadableFile,
    ),
    "an osm xml cut off": (lambda t: cut(osm_xml(t / "a.osm")), UnreadableFile),
    "a vct of arcs": (
        lambda t: written(t / "a.vct", vct(lines=["1", "2002", "U", "1", "1", "99", "2", "1,2", "3,4", "0"])),
        CurvedGeometry,
    ),
    "a vct without lines": (lambda t: written(t / "a.vct", b"HeadBegin" + b"x" * (3 << 20)), UnreadableFile),
    "boundary points of nothing": (lambda t: written(t / "a.txt", "[地块坐标]\n"), UnreadableFile),
}


@pytest.mark.parametrize("name", [name for name in BAD if "osm" not in name])
def test_hostile_files_are_refused(tmp_path: Path, name: str) -> None:
    make, kind = BAD[name]
    path = make(tmp_path)
    with pytest.raises(kind) as refused:
        read_here(path, layer=_layer(name))
    assert type(refused.value) is kind
    assert refused.value.zh and refused.value.en and refused.value.value is not None


@pytest.mark.parametrize(
    "name", ["a kml that asks for a local file", "an arc of 10¹⁵ m", *(n for n in BAD if "osm" in n)]
)
def test_hostile_files_leave_the_database_untouched(dsn: str, tmp_path: Path, name: str) -> None:
    before = counts(dsn)
    make, kind = BAD[name]
    with pytest.raises(kind) as refused:
        load(dsn, make(tmp_path), PLOTS.id, options(source_crs="EPSG:4490"))
    assert type(refused.value) is kind and refused.value.value is not None
    assert counts(dsn) == before


def _layer(name: str) -> str | None:
    return "DLTB" if "vct" in name else None


def test_a_drawing_of_too_many_entities_meets_a_limit(dsn: str, tmp_path: Path) -> None:
    path = many_entities(tmp_path / "a.dxf")
    with pytest.raises(FileTooLarge):
        load(dsn, path, STATIONS.id, options(source_crs="EPSG:4549", limits=Limits(cpu_s=1)))


def test_limits_of_rows_hold_in_every_format(tmp_path: Path) -> None:
    two = text(parcel(ring(SQUARE)), parcel(ring(SQUARE)))
    many = [kml(tmp_path / "a.kml", placemark("A", point(1, 2)) * 3), drawing(tmp_path / "a.dxf")]
    for path in (*many, written(tmp_path / "a.txt", two.encode("gb18030"))):
        with pytest.raises(FileTooLarge):
            read_here(path, limits=Limits(rows=1), layer="站点" if path.suffix == ".dxf" else None)


def test_random_changes_of_texts_end_in_errors_of_known_kinds(tmp_path: Path) -> None:
    """Each text with a few bytes changed: read, or refused by name, never anything else."""
    random = np.random.default_rng(370783)
    sound = {
        "a.kml": kml(tmp_path / "s.kml", placemark("A", point(118.8, 36.9)) * 3).read_bytes(),
        "a.vct": vct().encode("gb18030"),
        "a.txt": text(parcel(ring(SQUARE)), parcel(ring(SQUARE))).encode("gb18030"),
    }
    for name, content in sound.items():
        refused = 0
        for _ in range(300):
            raw = bytearray(content)
            for at in random.integers(0, len(raw), 2):
                raw[at] = int(random.integers(0, 256))
            try:
                read_here(written(tmp_path / name, bytes(raw)), layer="DLTB" if name == "a.vct" else None)
            except OneMapError:
                refused += 1
        assert refused > 20, name
