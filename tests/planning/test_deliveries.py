"""Deliveries as they come from departments, through the importer into a layer of the plan: each trap of
the forms in use ends in the right rows, or in an answer that says what is wrong and what to do.
"""

from __future__ import annotations

import shutil
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from delivered_files import (
    COUNT,
    changesets,
    declared,
    frame_of,
    geodatabase,
    held,
    keys,
    options,
    packed,
    parcels,
    publish,
)
from geodatabase_files import add_class, finish, shape_records
from jet_files import Jet
from serving import database_of
from vct_files import AREAS, EAST, LINES, NORTH, area, line, vct, written

from spatial.database import connect
from spatial.datum import frame, move
from spatial.errors import (
    CurvedGeometry,
    EncodingUndecided,
    FieldsDoNotMatch,
    FrameContradicted,
    FrameUndecided,
    OneMapError,
    RowsRejected,
    SourceLayerUndecided,
)
from spatial.exchange.definitions import of_geodatabase
from spatial.exchange.load import LoadReport, load

LAYER = "land-use-survey"
CODES, NAMES = ["0102", "1006", "0601"] * 4, ["水浇地", "农村道路", "工业用地"] * 4


@pytest.fixture(scope="module")
def bare(server_dsn: str, template: str) -> Iterator[str]:
    """A database in which nothing of the plan is held, and nothing is written."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, LAYER)
        yield dsn


@pytest.fixture(scope="module")
def base(server_dsn: str, template: str) -> Iterator[str]:
    """One that takes each delivery in turn, whole."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, LAYER)
        yield dsn


@pytest.fixture(scope="module")
def trusted(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One in which the same parcels are held, with their codes."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, LAYER)
        load(dsn, geodatabase(tmp_path_factory.mktemp("held"), DLTB=_table()), LAYER, options(LAYER))
        yield dsn


def _table(crs: str | None = "EPSG:4528", **more: Any) -> Any:
    shapes = parcels()
    own = {"BSM": keys(COUNT), "DLBM": CODES, "DLMC": NAMES, "TBMJ": declared(shapes, 1, 2)}
    return frame_of(own | more, shapes, crs)


def _shapefile(folder: Path, table: Any, *, cpg: str | None = None, prj: bool = False) -> Path:
    """A shapefile in GBK: language byte 0, without .cpg and .prj where nothing is said."""
    folder.mkdir()
    path = folder / "370783DLTB.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.to_file(path, engine="pyogrio", encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    if not prj:
        path.with_suffix(".prj").unlink(missing_ok=True)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0
    path.with_suffix(".dbf").write_bytes(dbf)
    return path


def _refused(dsn: str, path: Path, kind: type[OneMapError], match: str, **said: Any) -> OneMapError:
    """Refused with that answer; the database is as it was."""
    before = changesets(dsn), held(dsn, LAYER, "bsm", "dlmc")
    with pytest.raises(kind, match=match) as refusal:
        load(dsn, path, LAYER, options(LAYER, **said))
    assert (changesets(dsn), held(dsn, LAYER, "bsm", "dlmc")) == before
    assert refusal.value.zh and refusal.value.en
    return refusal.value


def _agrees(dsn: str, report: LoadReport, within_m: float = 0.001) -> None:
    """Names in sound Chinese, and every parcel where it lies."""
    assert report.outcome in ("loaded", "unchanged")
    assert [name for (name,) in held(dsn, LAYER, "dlmc")] == NAMES
    assert {mark for (mark,) in held(dsn, LAYER, "edition")} == {"survey"}
    shapes = shapely.from_wkb([bytes(each) for (each,) in held(dsn, LAYER, "ST_AsBinary(geom)")])
    assert shapely.hausdorff_distance(shapes, parcels()).max() < within_m / 100_000


# FileGDB


def test_a_zipped_filegdb_with_division_code_and_chinese_values(base: str, tmp_path: Path) -> None:
    report = load(base, geodatabase(tmp_path, _370783DLTB=_table()), LAYER, options(LAYER))
    assert (report.format, report.frame and report.frame.frame) == ("filegdb", "EPSG:4528")
    assert report.profile is not None and report.profile["id"] == "dltb"
    _agrees(base, report)


def test_a_whole_delivery_says_which_layers_and_tables_there_are(base: str, tmp_path: Path) -> None:
    """Database, table of indicators and documents in one zip: what is meant must be said."""
    whole = tmp_path / "成果"
    whole.mkdir()
    with zipfile.ZipFile(geodatabase(tmp_path, DLTB=_table(), XZQ=_table()[["geometry"]])) as inner:
        inner.extractall(whole)
    (whole / "指标表.csv").write_text("指标名称,指标值\n耕地保有量,1\n", encoding="utf-8")
    (whole / "规划文本.pdf").write_bytes(b"%PDF-1.7")
    path = packed(whole, tmp_path / "成果.zip")
    refusal = _refused(base, path, SourceLayerUndecided, "--source-layer")
    assert refusal.details["layers"] == ["DLTB", "XZQ", "指标表"]
    _agrees(base, load(base, path, LAYER, options(LAYER, source_layer="DLTB")))
    _refused(base, path, FieldsDoNotMatch, "指标名称", source_layer="指标表")


def test_an_arc_is_found_before_it_becomes_chords(base: str, tmp_path: Path) -> None:
    ring = [(118.80, 36.80), (118.81, 36.81), (118.82, 36.80), (118.81, 36.79), (118.80, 36.80)]
    arc = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<2d", *one) for one in ring)
    pyogrio.raw.write(
        tmp_path / "370783.gdb",
        np.array([struct.pack("<BII", 1, 10, 1) + arc], dtype=object),
        [np.array([value], dtype=object) for value in (*keys(1), "0102")],
        ["BSM", "DLBM"],
        driver="OpenFileGDB",
        geometry_type="MultiPolygon",
        crs="EPSG:4490",
        layer="DLTB",
    )
    path = packed(tmp_path / "370783.gdb", tmp_path / "370783.zip")
    _refused(base, path, CurvedGeometry, "折线化")


def test_fields_are_known_by_the_aliases_that_a_geodatabase_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Physical names like FIELD1 with 地类编码 shown for them; GDAL writes none, so the XML is by hand."""
    from spatial.exchange import definitions

    xml = (
        "<D><GPFieldInfoExs><GPFieldInfoEx><Name>FIELD1</Name><AliasName>地类编码</AliasName>"
        "<FieldType>esriFieldTypeString</FieldType><Length>5</Length></GPFieldInfoEx></GPFieldInfoExs>"
        "<SpatialReference><XYScale>10000</XYScale><XYTolerance>0.001</XYTolerance></SpatialReference></D>"
    )
    monkeypatch.setattr(definitions, "_items", lambda path: [("DLTB", xml)])
    told = of_geodatabase(tmp_path, "DLTB", ["FIELD1", "OTHER"])
    assert (told.aliases, told.widths) == (("地类编码", None), (5, None))
    assert (told.resolution, told.tolerance) == (0.0001, 0.001)
    hostile = [("DLTB", '<!DOCTYPE a [<!ENTITY b "c">]><a/>')]
    monkeypatch.setattr(definitions, "_items", lambda path: hostile)
    assert of_geodatabase(tmp_path, "DLTB", ["FIELD1"]).widths == (), "a document type is not followed"


# Shapefile


@pytest.mark.parametrize("cpg", [None, "UTF-8", "ISO-8859-1"])
def test_a_dbf_in_gbk_is_read_as_gbk_whatever_its_cpg_says(
    base: str, tmp_path: Path, cpg: str | None
) -> None:
    path = _shapefile(tmp_path / "送审", _table(), cpg=cpg, prj=True)
    report = load(base, path, LAYER, options(LAYER))
    assert report.encoding.encoding == "GB18030"
    _agrees(base, report)


def test_an_encoding_that_is_said_and_wrong_is_refused(base: str, tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "送审", _table(), prj=True)
    _refused(base, path, EncodingUndecided, "UTF-8", encoding="UTF-8")


def test_mojibake_of_an_earlier_program_is_a_rejected_row_that_says_what_it_was(
    base: str, tmp_path: Path
) -> None:
    spoilt = [NAMES[0].encode("gb18030").decode("latin-1"), *NAMES[1:]]
    refusal = _refused(base, geodatabase(tmp_path, DLTB=_table(DLMC=spoilt)), RowsRejected, "水浇地")
    report: Any = refusal.details["report"]
    assert [one["line"] for one in report["rejected"]] == [1]


# Frames


@pytest.mark.parametrize("crs", ["EPSG:4528", "EPSG:4549"])
def test_without_prj_nothing_is_guessed_until_something_is_trusted(
    bare: str, trusted: str, tmp_path: Path, crs: str
) -> None:
    """Easting / 1e6 tells the zone; the datum only what lies there already, or who delivers."""
    path = _shapefile(tmp_path / "送审", _table(crs))
    shutil.copytree(tmp_path / "送审", tmp_path / "again")
    refusal = _refused(bare, path, FrameUndecided, "--source-crs")
    assert crs in refusal.en
    said = options(LAYER, source_crs=crs, dry_run=True)
    assert load(bare, tmp_path / "again" / path.name, LAYER, said).outcome == "dry-run"
    known = load(trusted, tmp_path / "again" / path.name, LAYER, options(LAYER))
    assert known.frame is not None and known.frame.frame == crs
    assert "believed" in {one.kind for one in known.frame.evidence}


def test_the_zone_of_the_western_neighbours_is_noticed(base: str, trusted: str, tmp_path: Path) -> None:
    """Numbers of zone 40 that are said to be of zone 39 lie a whole zone away."""
    path = geodatabase(tmp_path, DLTB=_table("EPSG:4549").set_crs("EPSG:4548", allow_override=True))
    for dsn in (base, trusted):
        _refused(dsn, path, FrameUndecided, "EPSG:4549")


def test_northings_first_are_turned_round(trusted: str, tmp_path: Path) -> None:
    table = _table("EPSG:4549")
    swapped = shapely.transform(table.geometry.to_numpy(), lambda c: c[:, ::-1])
    path = _shapefile(tmp_path / "送审", table.set_geometry(list(swapped)).set_crs(None, allow_override=True))
    report = load(trusted, path, LAYER, options(LAYER))
    assert report.frame is not None and report.frame.swapped
    _agrees(trusted, report)


def test_outlines_of_web_maps_do_not_pass_for_the_ground(trusted: str, tmp_path: Path) -> None:
    """GCJ-02 under the name of CGCS2000 is some 500 m off: refused, and named."""

    def shifted(coordinates: Any) -> Any:
        found = move(coordinates[:, 0], coordinates[:, 1], frame("EPSG:4490"), frame("GCJ02"))
        return np.column_stack((found.x, found.y))

    table = _table("EPSG:4490")
    web = table.set_geometry(list(shapely.transform(table.geometry.to_numpy(), shifted)), crs="EPSG:4490")
    path = tmp_path / "DLTB.gpkg"
    web.to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    _refused(trusted, path, FrameUndecided, "GCJ02")
    _refused(trusted, path, FrameContradicted, "GCJ02", source_crs="EPSG:4490")
    report = load(trusted, path, LAYER, options(LAYER, source_crs="GCJ02"))
    _agrees(trusted, report, within_m=0.1)


# MDB, VCT, boundary points


def test_a_personal_geodatabase(base: str, tmp_path: Path) -> None:
    jet = Jet()
    table = _table("EPSG:4549")
    columns = {"BSM": "text", "DLBM": "text", "DLMC": "text", "TBMJ": "double"}
    rows = list(zip(keys(COUNT), CODES, NAMES, declared(parcels(), 1, 2), strict=True))
    shapes = [shape.geoms[0] for shape in table.geometry]
    add_class(jet, "DLTB", columns, rows, shape_records(shapes, "Polygon"))
    path = finish(jet, tmp_path / "370783.mdb", {"DLTB": ("Polygon", "EPSG:4549")})
    report = load(base, path, LAYER, options(LAYER))
    assert report.format == "mdb" and report.profile is not None
    _agrees(base, report)


TABLES = ("DLTB,4", "BSM,Char,18", "DLBM,Char,5", "DLMC,Char,60", "TBMJ,Float,16,2", "0")
SQUARE_M2 = 10_000 - 100, 10_000


def _vct(tmp_path: Path, **changes: Any) -> Path:
    first, second = keys(2)
    rows = [
        "DLTB",
        f"11,{first},0102,水浇地,{SQUARE_M2[0]}",
        f"12,{second},0601,工业用地,{SQUARE_M2[1]}",
        "TableEnd",
    ]
    codes = ("2001,地类图斑,Polygon,DLTB",)
    content = vct(tables=TABLES, codes=codes, rows=rows, **changes)
    return written(tmp_path / "370783.vct", content)


def test_a_vct_of_shared_lines_with_a_hole(base: str, tmp_path: Path) -> None:
    report = load(base, _vct(tmp_path), LAYER, options(LAYER))
    assert (report.format, report.edition, report.encoding.encoding) == ("vct", "survey", "GB18030")
    shapes = shapely.from_wkb([bytes(each) for (each,) in held(base, LAYER, "ST_AsBinary(geom)")])
    assert [len(each.geoms[0].interiors) for each in shapes] == [1, 0]
    corner = move(np.array([EAST]), np.array([NORTH]), frame("EPSG:4528"), frame("EPSG:4490"))
    assert shapely.distance(shapes[0], shapely.Point(corner.x[0], corner.y[0])) < 1e-8


@pytest.mark.parametrize(
    ("spoil", "kind", "match"),
    [
        ({"areas": [*area(11, "1,0,3"), *area(12, "4,-5")]}, RowsRejected, "闭合|closed|join"),
        ({"areas": [*area(11, "1,2,0,9"), *area(12, "4,-5")]}, RowsRejected, "9"),
        ({"areas": [*area(11, "1,2,0,3"), *area(12, "4,5")]}, RowsRejected, "12|第 2 行"),
        ({"lines": [*line(1, (0, 0), (50, 50), (100, 0), segment="12"), *LINES]}, CurvedGeometry, "12"),
        ({"areas": AREAS[:-3]}, OneMapError, "."),
    ],
)
def test_rings_of_a_vct_that_do_not_close_are_told(
    base: str, tmp_path: Path, spoil: dict[str, Any], kind: type[OneMapError], match: str
) -> None:
    _refused(base, _vct(tmp_path, **spoil), kind, match)


def test_boundary_points_are_no_parcels_of_the_survey(base: str, tmp_path: Path) -> None:
    """The form of projects, handed in for a layer of the plan: the columns that are there are named."""
    path = tmp_path / "项目.txt"
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    lines = [f"J{n % 4 + 1},1,{NORTH + y},{EAST + x}" for n, (x, y) in enumerate(ring)]
    head = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=40\n计量单位=米\n[地块坐标]\n"
    content = head + "5,1.0000,1,项目,面,,,,@\n" + "\n".join(lines)
    path.write_bytes(content.encode("gb18030"))
    refusal = _refused(base, path, FieldsDoNotMatch, "bsm")
    assert "--field" in refusal.zh and refusal.details["missing"]


def test_nothing_of_all_that_was_refused_is_left(base: str) -> None:
    with connect(base) as connection:
        row = connection.execute("select count(*) from pg_tables where schemaname = 'staging'").fetchone()
    assert row == (0,)
