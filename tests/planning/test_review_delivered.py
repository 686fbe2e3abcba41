"""Deliveries in files: sound ones are read whole, malformed ones end in findings and never in a crash."""

from __future__ import annotations

import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from delivered_files import GRID, declared, frame_of, geodatabase, keys, packed, parcels
from pyproj import CRS
from review_ground import CITY, ground, survey

from planning.profiles import of_layer
from planning.review import delivered
from planning.review.review import review
from planning.review.subject import Subject


def _frame(count: int = 60, crs: Any = "EPSG:4528", **columns: Any) -> Any:
    """A survey as a department sends it: capitals, the city's zone with prefix."""
    shapes = ground(100, 4)[:count]
    state = survey(shapes)
    table = {name.upper(): list(values) for name, values in state.columns.items()}
    found = geopandas.GeoDataFrame(table | columns, geometry=list(shapes), crs="EPSG:4490")
    return found if crs is None else found.to_crs(crs)


def _found(path: Path) -> tuple[Subject, set[str]]:
    given = Subject(delivered.delivery(path, CITY), CITY)
    told = review(given)
    return given, {each.check for each in told.outcomes if each.total} - {"layer-missing"}


def _area(path: Path, layer: str = "XZQ") -> None:
    area = shapely.coverage_union_all(ground(100, 4)[:60])
    table = geopandas.GeoDataFrame({"XZQDM": ["370783"]}, geometry=[area], crs="EPSG:4490")
    table.to_crs("EPSG:4528").to_file(
        path, layer=layer, driver="OpenFileGDB", engine="pyogrio", layer_options=GRID
    )


def test_a_geodatabase_in_a_zip_is_read_whole_with_its_administrative_area(tmp_path: Path) -> None:
    base = tmp_path / "370783寿光市2026.gdb"
    _frame().to_file(base, layer="DLTB", driver="OpenFileGDB", engine="pyogrio", layer_options=GRID)
    _frame(5)[["BSM", "geometry"]].to_file(base, layer="未知图层", driver="OpenFileGDB", engine="pyogrio")
    _area(base)
    given, found = _found(packed(base, tmp_path / "370783寿光市.zip"))
    state = given.delivery.layers["land-use-survey"]
    assert given.delivery.unknown == ("未知图层",) and given.delivery.problems == ()
    assert state.declared.frame == "EPSG:4528" and len(state) == 60
    assert state.columns["dlmc"].tolist() == survey(ground(100, 4)[:60]).columns["dlmc"].tolist()
    assert shapely.hausdorff_distance(state.shapes_4490, ground(100, 4)[:60]).max() < 2e-9
    assert abs(given.delivery.area_4490.area - shapely.area(ground(100, 4)[:60]).sum()) < 1e-9
    assert state.profile is not None and state.profile.id == "dltb"
    assert set(state.columns["edition"]) == {"survey"}
    left = {"layer-unknown", "field-missing", "field-order", "document-missing", "table-missing"}
    assert found <= left | {"vertical-not-declared"}, "areas and topology are sound"


def _results(folder: Path, table: str, **changes: Any) -> Path:
    """A whole delivery: the database with heights of 1985, the table of indicators, documents."""
    whole = folder / "成果"
    whole.mkdir()
    base = whole / "370783寿光市2026.gdb"
    heights = CRS("EPSG:4528+5737")
    own = [each.name for each in of_layer("land-use-survey").profiles[0].fields]
    survey_ = _frame().assign(**{name: None for name in own if name not in _frame(1)})
    survey_ = survey_[[*own, "geometry"]].set_crs(heights, allow_override=True)
    grid = GRID | changes
    survey_.to_file(base, layer="DLTB", driver="OpenFileGDB", engine="pyogrio", layer_options=grid)
    _area(base)
    (whole / "指标表.csv").write_text(table, encoding="utf-8")
    for name in ("规划文本.pdf", "规划说明.pdf", "规划图集.pdf", "元数据.txt"):
        (whole / name).write_text("合成数据", encoding="utf-8")
    return packed(whole, folder / "370783成果.zip")


TILLED = "耕地保有量,万亩"


def _tilled() -> Decimal:
    state = survey(ground(100, 4)[:60])
    net = zip(state.columns["tbdlmj"], state.columns["dlbm"], strict=True)
    return sum((Decimal(repr(area)) for area, code in net if code == "0102"), Decimal(0)) / 6666667


def test_a_whole_delivery_has_no_finding_but_that_the_other_layers_are_missing(tmp_path: Path) -> None:
    table = (
        f"指标名称,计量单位,指标值,文本值,图件值\n{TILLED},{_tilled():.2f},{_tilled():.2f},{_tilled():.1f}\n"
    )
    given, found = _found(_results(tmp_path, table))
    assert given.delivery.problems == () and given.delivery.figures is not None
    assert [each.code for each in given.delivery.figures] == ["AQ-02"]
    said = given.delivery.layers["land-use-survey"].declared
    assert (said.vertical, said.resolution, said.tolerance) == ("EPSG:5737", 1e-7, 0.001)
    assert found <= {"field-type"}, "columns in which nothing stands have no type of their own"


def test_figures_that_disagree_and_a_coarse_grid_are_found(tmp_path: Path) -> None:
    wrong = _tilled() + Decimal("0.02")
    table = f"指标名称,计量单位,指标值,文本值\n{TILLED},{wrong:.2f},{_tilled():.2f}\n"
    _, found = _found(_results(tmp_path, table, XYSCALE="100", XYTOLERANCE="0.02"))
    assert {"indicator-differs", "figures-disagree", "grid-coarse"} <= found


def test_widths_that_a_geopackage_declares(tmp_path: Path) -> None:
    path = tmp_path / "DLTB.gpkg"
    _frame(20).to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    with sqlite3.connect(path) as base:
        base.execute("pragma writable_schema = on")
        base.execute(
            "update sqlite_master set sql = replace(replace(sql, '\"BSM\" TEXT', '\"BSM\" TEXT(18)'),"
            " '\"DLMC\" TEXT', '\"DLMC\" TEXT(20)') where name = 'DLTB'"
        )
    given, _ = _found(path)
    told = list(review(given, ["field-width"]).findings)
    assert [(each.zh.split()[1], each.measured) for each in told] == [("DLMC", 20.0)]


def test_a_redline_in_hectares_is_judged_in_square_metres(tmp_path: Path) -> None:
    """The same delivery in two units has the same findings: none on areas."""
    for unit, digits in ((1.0, 2), (10_000.0, 6)):
        shapes = parcels()
        own = {
            "BSM": keys(len(shapes)),
            "SHENG": ["山东省"] * len(shapes),
            "MJ": declared(shapes, unit, digits),
        }
        folder = tmp_path / str(digits)
        folder.mkdir()
        given, found = _found(geodatabase(folder, STBHHX=frame_of(own, shapes)))
        state = given.delivery.layers["ecological-redline"]
        assert state.profile is not None and state.profile.id == "stbhhx-delineation"
        assert "area-differs" not in found and given.delivery.problems == ()


def test_a_unit_that_fits_nothing_is_told_and_does_not_stop_the_review(tmp_path: Path) -> None:
    shapes = parcels()
    own = {"BSM": keys(len(shapes)), "SHENG": ["山东省"] * len(shapes), "MJ": [7.0] * len(shapes)}
    given, found = _found(geodatabase(tmp_path, STBHHX=frame_of(own, shapes)))
    assert [each.code for each in given.delivery.problems] == ["unit-undecided"]
    assert {"delivery-unreadable", "area-differs"} <= found


def _spoilt() -> Any:
    """One of everything that is wrong with values, a row each."""
    table = _frame(30)
    table.loc[1, "BSM"] = table.loc[0, "BSM"]
    table.loc[2, "BSM"] = "12345"
    table.loc[3, "DLBM"] = "XX"
    table.loc[4, "DLMC"] = "旱地"
    table.loc[5, "ZLDWDM"] = "3" * 30
    table["TBMJ"] = [str(each) for each in table["TBMJ"]]
    table.loc[6, "TBMJ"] = "很大"
    shapes = table.geometry.tolist()
    shapes[7], shapes[8] = None, shapes[8].centroid
    return table.drop(columns="KCXS").assign(OTHER="x").set_geometry(shapes, crs=table.crs)


def test_everything_that_is_wrong_with_a_table_is_found(tmp_path: Path) -> None:
    path = tmp_path / "DLTB.gpkg"
    _spoilt().to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    expected = {
        "key-repeated", "key-length", "code-unknown", "code-name-differs", "text-too-long",
        "value-not-of-type", "field-type", "field-missing", "field-unknown", "geometry-missing",
        "geometry-type",
    }  # fmt: skip
    assert expected <= _found(path)[1]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda t: t.set_crs(None, allow_override=True), "frame-not-declared"),
        (lambda t: t.set_crs("EPSG:4527", allow_override=True), "delivery-unreadable"),
    ],
)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_wrong_frame_ends_in_a_finding(tmp_path: Path, spoil: Any, expected: str) -> None:
    path = tmp_path / "DLTB.gpkg"
    spoil(_frame(20)).to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    assert expected in _found(path)[1]


def test_a_shapefile_in_gbk_without_a_code_page(tmp_path: Path) -> None:
    folder = tmp_path / "送审"
    folder.mkdir()
    table = _frame(20)[["BSM", "DLBM", "DLMC", "TBMJ", "geometry"]]
    table.to_file(folder / "DLTB.shp", engine="pyogrio", encoding="GB18030")
    (folder / "DLTB.cpg").unlink()
    table[["BSM", "geometry"]].to_file(folder / "CZKFBJ.shp", engine="pyogrio")
    given, found = _found(folder)
    assert set(given.delivery.layers) == {"land-use-survey", "urban-boundary"}
    assert set(given.delivery.layers["land-use-survey"].columns["dlmc"]) == {"农村道路", "水浇地"}
    assert "code-name-differs" not in found


@pytest.mark.parametrize("what", ["cut off", "nothing"])
def test_what_cannot_be_read_is_told(tmp_path: Path, what: str) -> None:
    path = tmp_path / "DLTB.gpkg"
    _frame(20).to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    content = path.read_bytes()
    if what == "cut off":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
        path.mkdir()
        shutil.copystat(tmp_path, path)
    given, found = _found(path)
    assert "delivery-unreadable" in found and given.delivery.layers == {}
    assert given.delivery.problems[0].zh and given.delivery.problems[0].en


def test_blue_and_green_lines_are_one_layer_and_each_is_looked_at(tmp_path: Path) -> None:
    """Four layers of a delivery are one of the platform: their kind is in their names."""
    shapes = parcels(6)
    tables = {}
    for number, (name, some) in enumerate((("ZXCQCSLX", shapes[:3]), ("ZXCQCSLVX", shapes[3:])), 1):
        own = {"BSM": keys(3, number), "MC": ["线"] * 3, "MJ": declared(some, 1, 2)}
        tables[name] = frame_of(own | ({} if number == 1 else {"ODD": ["x"] * 3}), some)
    given, found = _found(geodatabase(tmp_path, **tables))
    state = given.delivery.layers["control-lines"]
    assert given.delivery.problems == () and len(state) == 6
    assert state.columns["lx"].tolist() == ["LX"] * 3 + ["LVX"] * 3
    assert [each.declared.name for each in given.delivery.parts] == ["ZXCQCSLX", "ZXCQCSLVX"]
    told = [each.zh for each in review(given, ["field-unknown"]).findings]
    assert told == ["规定之外的字段:ODD"], "of the second as of the first"
    assert "overlap" not in found and "area-differs" not in found
