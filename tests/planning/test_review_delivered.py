"""Deliveries in files: sound ones are read whole, malformed ones end in findings and never in a crash."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from review_ground import CITY, ground, survey

from planning.review import delivered
from planning.review.review import review
from planning.review.subject import Subject

GRID = {"XORIGIN": "0", "YORIGIN": "0", "XYSCALE": "10000000"}
"""A FileGDB of 0.1 mm, as is usual, would itself change areas by a hundredth of a square metre."""


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
    packed = tmp_path / "370783寿光市.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in base.rglob("*"):
            archive.write(file, f"{base.name}/{file.name}")
    given, found = _found(packed)
    state = given.delivery.layers["land-use-survey"]
    assert given.delivery.unknown == ("未知图层",) and given.delivery.problems == ()
    assert state.declared.frame == "EPSG:4528" and len(state) == 60
    assert state.columns["dlmc"].tolist() == survey(ground(100, 4)[:60]).columns["dlmc"].tolist()
    assert shapely.hausdorff_distance(state.shapes_4490, ground(100, 4)[:60]).max() < 2e-9
    assert abs(given.delivery.area_4490.area - shapely.area(ground(100, 4)[:60]).sum()) < 1e-9
    assert found <= {"layer-unknown", "field-missing", "field-order"}, "areas and topology are sound"


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
