"""VCT 3.0: areas of signed lines, heads that name frames, faults that name lines, there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from exchange_files import (
    PLOTS,
    REGISTER,
    STATIONS,
    counts,
    full,
    options,
    read_here,
    rows_of,
    squares,
    state,
    write_csv,
)
from hypothesis import given
from hypothesis import strategies as st
from test_exchange_load import plots
from vct_files import (
    AREAS,
    EAST,
    HEAD,
    INNER,
    LINES,
    NORTH,
    ROWS,
    SQUARE,
    TABLES,
    area,
    block,
    line,
    vct,
    written,
)

from spatial.errors import CurvedGeometry, OneMapError, SourceLayerUndecided, UnreadableFile
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load
from spatial.exchange.rings import assemble


def square(*, west: float = 0, south: float = 0, size: float = 100) -> object:
    return shapely.box(EAST + west, NORTH + south, EAST + west + size, NORTH + south + size)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_areas_are_built_of_signed_lines(tmp_path: Path, encoding: str) -> None:
    read = read_here(written(tmp_path / "a.vct", vct(), encoding), layer="DLTB")
    assert (read.format, read.declared, read.columns) == ("vct", "EPSG:4528", ("BSM", "YSDM", "USE", "GRADE"))
    first, second = rows_of(read)
    hole = square(west=10, south=10, size=10)
    assert first["shape"].equals(square().difference(hole)) and len(first["shape"].interiors) == 1
    assert second["shape"].equals(square(west=100))
    assert (first["USE"], first["GRADE"], second["GRADE"]) == ("耕地", "1", None)
    assert first["problem"] is second["problem"] is None


@pytest.mark.parametrize("own", ["BSM", "bsm", "Bsm"])
def test_a_column_of_that_name_stands_for_the_identity(tmp_path: Path, own: str) -> None:
    tables = tuple(one.replace("USE,", f"{own},") for one in TABLES)
    read = read_here(written(tmp_path / "a.vct", vct(tables=tables)), layer="DLTB")
    assert read.columns == ("YSDM", own, "GRADE")
    assert [row[own] for row in rows_of(read)] == ["耕地", "林地"]


@pytest.mark.parametrize(
    "areas",
    [
        area(11, "1,2,0,3", built=("21",)),
        area(11, "1,2", "0,3"),
        area(11, "1", "2", "0", "3"),
        area(11, "1", "2", "0", "3", built=("21",)),
        ["11", "2001", "Unknown", "1", "0,0", "2", *line(1, *SQUARE)[5:-1], *line(3, *INNER)[5:-1], "0"],
    ],
    ids=["with way of building", "two rows", "one a row", "both", "positions of its own"],
)  # fmt: skip
def test_the_ways_of_writing_an_area_are_one(tmp_path: Path, areas: list[str]) -> None:
    content = vct(areas=[*areas, *area(12, "4,-5")])
    first, _ = rows_of(read_here(written(tmp_path / "a.vct", content), layer="DLTB"))
    assert first["problem"] is None
    assert first["shape"].equals(square().difference(square(west=10, south=10, size=10)))


def test_points_lines_tables_and_what_is_not_read(tmp_path: Path) -> None:
    point = [
        "21",
        "2003",
        "Unknown",
        "1",
        "1",
        f"{EAST},{NORTH}",
        "0",
        "22",
        "2003",
        "U",
        "1",
        "2",
        "1,2",
        "3,4",
        "0",
    ]
    content = vct(
        points=point,
        extra=block("Annotation", "31", "2009", "注记", "0", "32", "2009", "注记", "0"),
        rows=[*ROWS, "ZJD", "21,甲", "22,乙", "TableEnd", "DLJX", "1,界", "2,", "TableEnd"],
    )
    path = written(tmp_path / "a.vct", content)
    points = read_here(path, layer="ZJD")
    assert [row["shape"].wkt for row in rows_of(points)][1] == "MULTIPOINT ((1 2), (3 4))"
    assert [note.zh for note in points.notes] == ["Annotation 段未载入(2 个对象)"]
    lines = rows_of(read_here(path, layer="地类界线"))
    assert [row["shape"] is not None for row in lines[:2]] == [True, True]
    assert [row["problem"] for row in lines[2:]] == [f"对象 {one} 没有属性行" for one in (3, 4, 5)]
    with pytest.raises(SourceLayerUndecided, match="DLTB, DLJX, ZJD"):
        read_here(path)


@pytest.mark.parametrize(
    ("changed", "declared"),
    [
        ({}, "EPSG:4528"),
        ({"Parameters": "120,1,500000,0,3,40"}, "EPSG:4549"),
        ({"Parameters": "117,1,20500000,0,6,20"}, "EPSG:4498"),
        ({"Spheroid": "IAG-75,6378140,298.257"}, "EPSG:2364"),
        ({"CoordinateSystemType": "D"}, "EPSG:4490"),
        ({"Parameters": "118.85,1,500000,0,3"}, "unknown: Spheroid:CGCS2000,6378137.0,298.257222101; "),
        ({"Spheroid": "Krassovsky,6378245,298.3"}, "unknown: Spheroid:Krassovsky,6378245,298.3; "),
        ({"Spheroid": ""}, None),
    ],
)
def test_the_head_names_the_frame(tmp_path: Path, changed: dict[str, str], declared: str | None) -> None:
    keys = dict(one.split(":", 1) for one in HEAD) | changed
    content = vct(head=tuple(f"{name}:{value}" for name, value in keys.items()))
    found = read_here(written(tmp_path / "a.vct", content), layer="DLTB").declared
    assert (found or "").startswith(declared) if declared else found is None


def test_swapped_axes_scale_and_offset_are_undone(tmp_path: Path) -> None:
    plain = "\r\n".join(LINES)
    for x, y in {(one.split(",")[0], one.split(",")[1]) for one in LINES if "," in one}:
        turned = f"{(float(y) - NORTH) * 1000!r},{(float(x) - EAST) * 1000!r}"
        plain = plain.replace(f"{x},{y}", turned)
    head = (*HEAD, "XAxisDirection:N", "Scale:0.001", f"Offset:{NORTH},{EAST}")
    read = read_here(written(tmp_path / "a.vct", vct(head=head, lines=plain.split("\r\n"))), layer="DLTB")
    assert rows_of(read)[1]["shape"].equals(square(west=100))
    assert {note.kind for note in read.notes} == {"axes", "offset"}


@pytest.mark.parametrize("said", ["Scale:1:500", "Scale:1", "Scale:", "Offset:0,0", "Offset:"])
def test_a_map_scale_or_nothing_moves_no_position(tmp_path: Path, said: str) -> None:
    read = read_here(written(tmp_path / "a.vct", vct(head=(*HEAD, said))), layer="DLTB")
    assert rows_of(read)[1]["shape"].equals(square(west=100))


PROBLEMS = {
    "a line that is not there": (area(11, "1,99"), "线 99 不存在"),
    "lines that do not join": (area(11, "1,-2"), "线 1 与 2 不相接"),
    "a ring that does not close": (area(11, "1"), "未闭合"),
    "no line": (area(11, "0"), "没有线"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_an_area_that_cannot_be_built_is_a_rejected_row(tmp_path: Path, name: str) -> None:
    lines, said = PROBLEMS[name]
    first, second = rows_of(
        read_here(written(tmp_path / "a.vct", vct(areas=[*lines, *AREAS[8:]])), layer="DLTB")
    )
    assert said in first["problem"] and first["shape"] is None
    assert second["problem"] is None and second["shape"].equals(square(west=100))


BROKEN = {
    "cut in a block": (vct()[:700], "中断"),
    "a count that lies": (vct(lines=["1", "2002", "U", "1", "1", "11", "999999999999", "1,2", "0"]), "中断"),
    "a count too small": (
        vct(lines=["1", "2002", "U", "1", "1", "11", "2", "1,2", "3,4", "5,6", "0"]),
        "应以 0 结束",
    ),
    "a word for a position": (vct(lines=line(1, *SQUARE[:3])[:7] + ["x,y"] * 3 + ["0"]), "坐标应为"),
    "a word for a count": (vct(lines=["1", "2002", "U", "1", "many"]), "应为整数"),
    "a word for an identity": (vct(rows=["DLTB", "x,2001,耕地,1", "TableEnd"]), "标识码应为整数"),
    "an identity beyond 64 bits": (
        vct(rows=["DLTB", f"{'9' * 20},2001,耕地,1", "TableEnd"]),
        "标识码应为整数",
    ),
    "an identity that is a digit of no number": (
        vct(rows=["DLTB", "²,2001,耕地,1", "TableEnd"]),
        "标识码应为",
    ),
    "an identity with an underscore": (vct(rows=["DLTB", "1_1,2001,耕地,1", "TableEnd"]), "标识码应为整数"),
    "an object beyond 64 bits": (vct(areas=area(10**20, "1,2")), "对象标识码应为整数"),
    "a count beyond 64 bits": (vct(lines=["1", "2002", "U", "1", "1", "11", "9" * 20]), "点数应为整数"),
    "a line number beyond 64 bits": (vct(areas=area(11, f"1,{10**20}")), "线标识应为整数"),
    "a factor that is none": (vct(head=(*HEAD, "Scale:abc")), "应为数值"),
    "a factor without end": (vct(head=(*HEAD, "Scale:1e400")), "应为数值"),
    "a factor of nothing": (vct(head=(*HEAD, "Scale:0")), "应为数值"),
    "an offset that is none": (vct(head=(*HEAD, "Offset:x,y")), "应为数值"),
    "a value too many": (vct(rows=["DLTB", "11,2001,耕,地,1", "TableEnd"]), "应有 4 个值"),
    "a table of 10⁹ fields": (vct(tables=("DLTB,1000000000",)), "0 到 500"),
    "a table that is not there": (vct(rows=["XXX", "TableEnd"]), "没有这个属性表"),
    "an identity twice": (vct(areas=AREAS[:8] * 2), "重复"),
    "a text without blocks": ("HeadBegin\r\nHeadEnd\r\n随便", "应为一段的开始"),
    "no attributes": (vct().split("AttributeBegin")[0], "没有属性表"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_names_its_line(tmp_path: Path, name: str) -> None:
    content, said = BROKEN[name]
    with pytest.raises(UnreadableFile, match=r"line \d+") as refused:
        read_here(written(tmp_path / "a.vct", content), layer="DLTB")
    assert said in refused.value.zh and "行" in refused.value.zh


def test_arcs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CurvedGeometry, match="12"):
        read_here(written(tmp_path / "a.vct", vct(lines=line(1, *SQUARE, segment="12"))), layer="DLTB")


def test_a_broken_file_leaves_the_database_alone(dsn: str, tmp_path: Path) -> None:
    before = counts(dsn)
    for content in (
        BROKEN["cut in a block"][0],
        BROKEN["a count that lies"][0],
        vct(areas=PROBLEMS["no line"][0]),
    ):
        with pytest.raises(OneMapError):
            load(dsn, written(tmp_path / "a.vct", content), PLOTS.id, options(source_layer="DLTB"))
        assert counts(dsn) == before


@pytest.mark.parametrize("crs", ["EPSG:4528", "EPSG:4490"])
def test_vct_to_layer_to_vct_is_the_same(dsn: str, tmp_path: Path, crs: str) -> None:
    holed = shapely.box(118.7, 36.8, 118.71, 36.81).difference(shapely.box(118.702, 36.802, 118.704, 36.804))
    shapes = [*squares(5), shapely.MultiPolygon([holed, shapely.box(118.8, 36.8, 118.81, 36.81)])]
    load(dsn, plots(tmp_path / "p.gpkg", shapes, ["耕地"] * 6), PLOTS.id, options())
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    for layer in (PLOTS.id, STATIONS.id):
        held = state(dsn, layer)
        export(dsn, layer, tmp_path / "one.vct", ExportOptions(crs=crs))
        back = load(dsn, tmp_path / "one.vct", layer, full())
        assert (back.outcome, back.frame.frame, back.rows) == ("unchanged", crs, len(held))
        export(dsn, layer, tmp_path / "two.vct", ExportOptions(crs=crs))
        assert (tmp_path / "one.vct").read_bytes() == (tmp_path / "two.vct").read_bytes()


def test_a_table_without_geometry_goes_out_and_comes_back(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "名录.csv"
    path.write_text("code,name,level,parent\n370783001000,圣城街道,town,370783000000\n", encoding="utf-8")
    load(dsn, path, REGISTER.id, options())
    export(dsn, REGISTER.id, tmp_path / "out.vct")
    assert ",NoneGeometry" in (tmp_path / "out.vct").read_text(encoding="gb18030")
    assert load(dsn, tmp_path / "out.vct", REGISTER.id, full()).outcome == "unchanged"


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.booleans())
def test_rings_put_together_cover_what_their_nesting_says(sizes: list[int], turned: bool) -> None:
    """Squares one within the other: each second one is a hole, whatever their order and direction."""
    edges = np.cumsum([size * 2 for size in sizes]).tolist()
    rings = [shapely.get_coordinates(shapely.box(-edge, -edge, edge, edge)) for edge in edges]
    found = assemble([ring[::-1] if turned else ring for ring in rings])
    expected = sum((2 * edge) ** 2 * (-1) ** index for index, edge in enumerate(reversed(edges)))
    assert shapely.is_valid(found) and found.area == pytest.approx(expected)
