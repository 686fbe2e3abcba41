"""Projects as departments hand them in: boundary points, tables; judged where they lie, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezdxf
import geopandas
import openpyxl
import pytest
import shapely

from planning.compliance.file import projects_of
from planning.errors import BadProject
from spatial.catalogue.city import read_city
from spatial.datum import STANDARD
from spatial.errors import FrameUndecided, OneMapError, UnreadableFile

CITY = read_city("370783")
EAST, NORTH = 40392000.0, 4081000.0
RING = [(0, 0), (200, 0), (200, 100), (0, 100), (0, 0)]
HEAD = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=40\n计量单位=米\n[地块坐标]\n"


def _txt(path: Path, ring: list[tuple[float, float]] = RING, head: str = HEAD, east: float = EAST) -> Path:
    """Boundary points 界址点 as they come: northing first, then easting."""
    lines = [f"J{n % (len(ring) - 1) + 1},1,{NORTH + y},{east + x}" for n, (x, y) in enumerate(ring)]
    content = head + f"{len(ring)},2.0000,1,某厂,面,,工业用地,,@\n" + "\n".join(lines)
    path.write_bytes(content.encode("gb18030"))
    return path


def _sites(path: Path, crs: str | None = None) -> Any:
    return projects_of(path, CITY, STANDARD, crs)


def test_boundary_points_become_a_project_where_they_lie(tmp_path: Path) -> None:
    found = _sites(_txt(tmp_path / "界址点.txt"))
    (project,) = found.projects
    assert found.frame == "EPSG:4528" and project.facts["name"] == "某厂"
    corner = geopandas.GeoSeries([shapely.Point(EAST, NORTH)], crs="EPSG:4528").to_crs("EPSG:4490")[0]
    assert shapely.distance(shapely.from_wkb(project.wkb), corner) < 2e-9
    assert "界址点数" in found.unused, "what is not used is told"


def test_a_table_says_what_is_intended_in_chinese(tmp_path: Path) -> None:
    shape = geopandas.GeoSeries([shapely.Polygon([(EAST + x, NORTH + y) for x, y in RING])], crs="EPSG:4528")
    table = geopandas.GeoDataFrame(
        {"项目名称": ["某厂"], "审批环节": ["预审与选址"], "活动类型": ["工业仓储"], "容积率": ["1.5"],
         "已有不可避让论证": ["是"], "备注": ["x"]},
        geometry=shape,
    )  # fmt: skip
    path = tmp_path / "项目.gpkg"
    table.to_file(path, layer="项目", driver="GPKG", engine="pyogrio")
    found = _sites(path)
    assert dict(found.projects[0].facts) == {
        "name": "某厂", "stage": "preliminary", "activity": "industry", "far": 1.5, "justified": True,
    }  # fmt: skip
    assert found.unused == ("备注",)


def _drawing(path: Path) -> Path:
    drawing = ezdxf.new()
    drawing.modelspace().add_lwpolyline([(EAST + x, NORTH + y) for x, y in RING[:-1]], close=True)
    drawing.saveas(path)
    return path


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["项目名称", "WKT"])
    book.active.append(["某厂", shapely.Polygon([(EAST + x, NORTH + y) for x, y in RING]).wkt])
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("written", "ending", "facts"), [(_drawing, "dxf", {}), (_workbook, "xlsx", {"name": "某厂"})]
)
def test_drawings_and_workbooks_give_projects_once_their_frame_is_said(
    tmp_path: Path, written: Callable[[Path], Path], ending: str, facts: dict[str, str]
) -> None:
    path = written(tmp_path / f"项目.{ending}")
    with pytest.raises(FrameUndecided):
        _sites(path)
    found = _sites(path, "EPSG:4528")
    (project,) = found.projects
    assert dict(project.facts) == facts
    corner = geopandas.GeoSeries([shapely.Point(EAST, NORTH)], crs="EPSG:4528").to_crs("EPSG:4490")[0]
    assert shapely.distance(shapely.from_wkb(project.wkb), corner) < 2e-9


@pytest.mark.parametrize(
    ("spoil", "kind", "match"),
    [
        ({"ring": [(0, 0), (200, 100), (200, 0), (0, 100), (0, 0)]}, BadProject, "Self-intersection"),
        ({"ring": [(0, 0), (200, 0), (200, 100), (0, 100), (5, 5)]}, OneMapError, "闭合|close"),
        ({"head": HEAD.replace("带号=40", "带号=39")}, FrameUndecided, "."),
        ({"head": HEAD.replace("计量单位=米", "计量单位=亩")}, UnreadableFile, "亩|计量单位"),
        ({"ring": [(x + 9e5, y) for x, y in RING]}, BadProject, "带号不是 40"),
    ],
)
def test_malformed_boundary_points_are_refused(
    tmp_path: Path, spoil: dict[str, Any], kind: type[OneMapError], match: str
) -> None:
    with pytest.raises(kind, match=match):
        _sites(_txt(tmp_path / "界址点.txt", **spoil))


def test_a_frame_is_never_assumed_for_a_judgement(tmp_path: Path) -> None:
    path = _txt(tmp_path / "界址点.txt", head="[属性描述]\n计量单位=米\n[地块坐标]\n")
    with pytest.raises(FrameUndecided, match="--crs"):
        _sites(path)
    assert _sites(path, "EPSG:4528").frame == "EPSG:4528"


def test_a_class_that_is_none_is_refused_by_its_value(tmp_path: Path) -> None:
    shape = geopandas.GeoSeries([shapely.box(118.8, 36.9, 118.802, 36.902)], crs="EPSG:4490")
    table = geopandas.GeoDataFrame({"use_code": ["9999"]}, geometry=shape)
    table.to_file(tmp_path / "a.gpkg", layer="a", driver="GPKG", engine="pyogrio")
    with pytest.raises(OneMapError, match="9999"):
        _sites(tmp_path / "a.gpkg")
