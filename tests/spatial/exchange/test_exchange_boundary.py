"""Boundary points: rings, closing, declared areas and frames, in and out."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import shapely
from exchange_files import PLOTS, counts, full, options, read_here, rows_of, squares
from test_exchange_load import plots

from spatial.database import connect
from spatial.datum import frame, legal_area_m2
from spatial.errors import (
    FieldsDoNotMatch,
    FrameUndecided,
    InvalidInput,
    RowsRejected,
    UnreadableFile,
)
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load

NAMED = {"地块用途": "use"}
SQUARE = [(4081000, 40392000), (4081000, 40392100), (4081100, 40392100), (4081100, 40392000)]
HOLE = [(4081020, 40392020), (4081020, 40392040), (4081040, 40392040), (4081040, 40392020)]


def ring(points: list[tuple[float, float]], number: int = 1, first: int = 1) -> list[str]:
    marks = [f"J{first + index}" for index in range(len(points))]
    rows = [f"{mark},{number},{x:.4f},{y:.4f}" for mark, (x, y) in zip(marks, points, strict=True)]
    return [*rows, f"{marks[0]},{number},{points[0][0]:.4f},{points[0][1]:.4f}"]


def text(*parcels: list[str], zone: str = "40", datum: str = "2000国家大地坐标系") -> str:
    head = [
        "[属性描述]", "格式版本号=1.01版本", f"坐标系={datum}", "几度分带=3", "投影类型=高斯克吕格",
        "计量单位=米", f"带号={zone}", "[地块坐标]",
    ]  # fmt: skip
    return "\r\n".join([*head, *(line for parcel in parcels for line in parcel)])


def parcel(
    *rings: list[str], area: str = "1.0000", use: str = "耕地", points: int | None = None
) -> list[str]:
    lines = [line for one in rings for line in one]
    return [f"{points or len(lines)},{area},1,一号地,面,,{use},,@", *lines]


def geometries(dsn: str) -> list[tuple[str, bytes]]:
    with connect(dsn) as connection:
        return connection.execute("select fid, ST_AsEWKB(geom) from layer.test_plots order by fid").fetchall()


def written(path: Path, content: str, encoding: str = "gb18030") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


FAR = [(x + 500, y) for x, y in SQUARE]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_rings_become_holes_and_parts(tmp_path: Path, encoding: str) -> None:
    content = text(
        parcel(ring(SQUARE), ring(HOLE, 2, 5), area="0.96"), parcel(ring(SQUARE), ring(FAR, 2, 9), use="林地")
    )
    read = read_here(written(tmp_path / "a.txt", content, encoding))
    assert (read.format, read.declared) == ("boundary-points", "EPSG:4528")
    holed, two = rows_of(read)
    assert (holed["line"], holed["地块名称"], holed["地块用途"], holed["problem"]) == (
        9,
        "一号地",
        "耕地",
        None,
    )
    assert holed["shape"].area == 9600 and len(holed["shape"].interiors) == 1
    assert two["shape"].geom_type == "MultiPolygon" and two["shape"].area == 20000


def test_areas_are_held_against_plane_and_ellipsoid(dsn: str, tmp_path: Path) -> None:
    content = text(
        parcel(ring(SQUARE), area="1.2000"), parcel(ring(FAR), area="1.0000"), parcel(ring(HOLE), area="一")
    )
    report = load(dsn, written(tmp_path / "a.txt", content), PLOTS.id, options(fields=NAMED, dry_run=True))
    assert (report.format, report.frame.frame, report.frame.swapped) == (
        "boundary-points",
        "EPSG:4528",
        False,
    )
    told = [one for one in report.notes if one.kind == "contradicted"]
    assert len(told) == 2 and "第 9 行" in told[0].zh and "1.2000 公顷" in told[0].zh
    assert told[0].numbers["declared_m2"] == 12000
    (area,) = [one for one in report.notes if one.kind == "area"]
    legal = [
        legal_area_m2(shapely.Polygon([(y, x) for x, y in one]), frame("4528")) for one in (SQUARE, FAR, HOLE)
    ]
    assert area.numbers["legal_m2"] == pytest.approx(sum(legal), abs=0.01)
    assert (area.numbers["plane_m2"], area.numbers["declared"], area.numbers["differ"]) == (20400, 3, 2)


WRONG = {
    "不闭合": (parcel([*ring(SQUARE)[:-1], "J1,1,4081000.01,40392000"]), "未闭合", False),
    "首末点号不同": (parcel([*ring(SQUARE)[:-1], "J9,1,4081000,40392000"]), "点号不同", False),
    "点数不符": (parcel(ring(SQUARE), points=9), "声明 9 个界址点", False),
    "两点一圈": (parcel(ring(SQUARE[:2])), "不足 4 点", False),
    "圈号乱": (parcel(ring(SQUARE), ring(HOLE, 2), ring(HOLE, 1)), "圈号不连续", False),
    "不是数": (parcel(["J1,1,4081000,东"], points=1), "坐标不是数值", False),
    "无穷": (parcel(["J1,1,4081000,inf"], points=1), "坐标不是数值", False),
    "圈号缺": (parcel(["J1,,4081000,40392000", *ring(SQUARE)]), "缺圈号", False),
    "数中下划线": (parcel(["J1,1,4081000,40392_000", *ring(SQUARE)]), "坐标不是数值", False),
    "圈号自零又回到零": (parcel(ring(SQUARE, 0), ring(HOLE, 1), ring(HOLE, 0)), "圈号不连续", False),
    "缺一格": (parcel(["J1,1,4081000"], points=1), "点号,圈号,X,Y", False),
    "点状": (["5,1,1,x,点,,耕地,,@", *ring(SQUARE)], "只接受", False),
    "没有地块行": (ring(SQUARE), "以 @ 结尾", True),
    "没有地块": ([], "没有地块", True),
    "多出内容": ([f"{'x,' * 12}@"], "多出", True),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_names_its_line(tmp_path: Path, name: str) -> None:
    lines, said, refuses = WRONG[name]
    path = written(tmp_path / "a.txt", text(lines, parcel(ring(SQUARE))) if lines else text())
    if refuses:
        with pytest.raises(UnreadableFile) as refused:
            read_here(path)
        assert said in refused.value.zh
        return
    bad, good = rows_of(read_here(path))
    assert said in bad["problem"] and bad["problem"].startswith("第 ")
    assert bad["shape"] is None and good["problem"] is None


def test_lines_that_a_spreadsheet_has_padded_are_read(tmp_path: Path) -> None:
    lines = [*parcel(ring(SQUARE)), *parcel(ring(FAR), use="林地")]
    padded = text([f"{line},,," for line in lines])
    rows = rows_of(read_here(written(tmp_path / "a.txt", padded)))
    assert [(one["problem"], one["地块用途"], one["shape"].area) for one in rows] == [
        (None, "耕地", 10000),
        (None, "林地", 10000),
    ]


def test_a_name_that_breaks_the_line_for_unicode_alone_does_not_move_the_lines(tmp_path: Path) -> None:
    """Faults are named by the lines that an editor counts."""
    named = [*parcel(ring(SQUARE))]
    named[0] = named[0].replace("一号地", "一\u2028号\x0b地")
    wrong = parcel([*ring(SQUARE)[:-1], "J9,1,4081000,40392000"])
    good, bad = rows_of(read_here(written(tmp_path / "a.txt", text(named, wrong), "utf-8")))
    assert good["problem"] is None
    assert bad["problem"].startswith("第 16 行")


@pytest.mark.parametrize("area", ["1." + "0" * 400, "1e400", "nan", "1_0", "-1", "9" * 400])
def test_an_odd_declared_area_is_told_and_nothing_breaks(dsn: str, tmp_path: Path, area: str) -> None:
    content = text(parcel(ring(SQUARE), area=area))
    report = load(dsn, written(tmp_path / "a.txt", content), PLOTS.id, options(fields=NAMED, dry_run=True))
    told = [one for one in report.notes if one.kind == "contradicted"]
    assert len(told) == (0 if area.startswith("1.0") else 1)
    assert "Infinity" not in json.dumps(report.to_json()) and "NaN" not in json.dumps(report.to_json())


def test_a_parcel_of_very_many_rings_is_judged_at_once(tmp_path: Path) -> None:
    """Not by looking through all rings for each of them."""
    many = [f"J{index},{index},4081000,{40392000 + index % 7}" for index in range(60_000)]
    began = time.process_time()
    (bad,) = rows_of(read_here(written(tmp_path / "a.txt", text(parcel(many)))))
    assert "不足 4 点" in bad["problem"]
    assert time.process_time() - began < 30


def test_a_wrong_parcel_loads_nothing(dsn: str, tmp_path: Path) -> None:
    before = counts(dsn)
    path = written(tmp_path / "a.txt", text(WRONG["不闭合"][0], parcel(ring(SQUARE))))
    with pytest.raises(RowsRejected, match="does not close") as refused:
        load(dsn, path, PLOTS.id, options(fields=NAMED))
    assert refused.value.details["report"]["rejected"][0]["line"] == 9
    assert counts(dsn) == before


@pytest.mark.parametrize("head", ["计量单位=毫米", "坏行"])
def test_a_head_that_cannot_be_followed_is_refused(tmp_path: Path, head: str) -> None:
    content = text(parcel(ring(SQUARE))).replace("计量单位=米", head)
    with pytest.raises(UnreadableFile, match=head.removeprefix("计量单位=")):
        read_here(written(tmp_path / "a.txt", content))


@pytest.mark.parametrize(
    ("datum", "zone", "declared"),
    [
        ("2000国家大地坐标系", "40", "EPSG:4528"),
        ("80国家大地坐标系", "40", "EPSG:2364"),
        ("北京54", "40", "EPSG:2416"),
        ("寿光独立坐标系", "40", "unknown: 坐标系=寿光独立坐标系,几度分带=3,投影类型=高斯克吕格,带号=40"),
        ("CGCS2000", "39", "EPSG:4527"),
    ],
)
def test_the_head_names_the_frame(tmp_path: Path, datum: str, zone: str, declared: str) -> None:
    path = written(tmp_path / "a.txt", text(parcel(ring(SQUARE)), datum=datum, zone=zone))
    assert read_here(path).declared == declared


def test_a_zone_that_the_numbers_deny_is_refused(dsn: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", text(parcel(ring(SQUARE)), zone="39"))
    with pytest.raises(FrameUndecided, match="EPSG:4528"):
        load(dsn, path, PLOTS.id, options(fields=NAMED))


@pytest.mark.parametrize("crs", ["EPSG:4528", "EPSG:4549"])
def test_boundary_points_round_trip(dsn: str, tmp_path: Path, crs: str) -> None:
    holed = shapely.box(118.7, 36.8, 118.71, 36.81).difference(shapely.box(118.702, 36.802, 118.704, 36.804))
    shapes = [*squares(5), shapely.MultiPolygon([holed, shapely.box(118.8, 36.8, 118.81, 36.81)])]
    load(dsn, plots(tmp_path / "p.gpkg", shapes, ["耕地"] * 6), PLOTS.id, options())
    held = geometries(dsn)
    report = export(dsn, PLOTS.id, tmp_path / "out.txt", ExportOptions(crs=crs))
    assert (report.format, report.features) == ("boundary-points", 6)
    content = (tmp_path / "out.txt").read_bytes().decode("gb18030")
    assert "带号=40\r\n" in content and content.count(",@\r\n") == 6
    back = load(dsn, tmp_path / "out.txt", PLOTS.id, full(fields=NAMED))
    # The form has no place for the grade, so that is lost; positions and identities are not.
    assert back.missing == ("grade",) and not [one for one in back.notes if one.kind == "contradicted"]
    assert geometries(dsn) == held


def test_axes_the_other_way_round_are_told_by_the_numbers(dsn: str, tmp_path: Path) -> None:
    turned = [(y - 40_000_000, x) for x, y in SQUARE]
    path = written(tmp_path / "a.txt", text(parcel(ring(turned))))
    report = load(dsn, path, PLOTS.id, options(fields=NAMED, dry_run=True))
    assert (report.frame.frame, report.frame.swapped) == ("EPSG:4549", True)
    (area,) = [one for one in report.notes if one.kind == "area"]
    assert area.numbers["plane_m2"] == 10000 and area.numbers["legal_m2"] == pytest.approx(9997, abs=3)


def test_what_boundary_points_cannot_hold_is_refused(dsn: str, tmp_path: Path) -> None:
    load(dsn, plots(tmp_path / "p.gpkg", squares(1), ["耕地,水田"]), PLOTS.id, options())
    with pytest.raises(FieldsDoNotMatch, match="comma"):
        export(dsn, PLOTS.id, tmp_path / "out.txt", ExportOptions(crs="EPSG:4528"))
    with pytest.raises(InvalidInput, match="--crs"):
        export(dsn, PLOTS.id, tmp_path / "out.txt")
    with pytest.raises(InvalidInput, match="areas"):
        export(dsn, "test-stations", tmp_path / "out.txt", ExportOptions(crs="EPSG:4528"))
    assert [one.name for one in tmp_path.iterdir()] == ["p.gpkg"]
