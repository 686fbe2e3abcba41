"""Parts of a sheet by themselves: layout, hatches, holes, names that do not meet, legends that overflow."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from pdf_reader import Sheet

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.catalogue.symbology import Hatch
from tiles.print import press
from tiles.print.ground import ground
from tiles.print.model import SIDES_MM, Job, Orientation, Paper, Plan, Stock, Times
from tiles.print.sheet import sheet

CITY = read_city("370783")
CENTER = (118.7909, 36.8560)
NOW = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)
PLAN = Plan(Paper.A4, Orientation.ACROSS, 2000, CENTER, "试验图")
EVERY = [(paper, orientation) for paper in Paper for orientation in Orientation]


def contract(legend: Legend, geometry: str = "Polygon", codes: int = 0) -> Contract:
    listed = tuple((str(n), Title(f"第{n}类", f"class {n}")) for n in range(codes))
    return Contract(
        id="trial",
        title=Title("试验图层", "Trial layer"),
        description=Title("为测试而设", "made for tests"),
        steward="自然资源和规划局",
        source_standard="为测试而设",
        geometry=geometry,
        key="code",
        valid_time=Title("实地存在", "existence on the ground"),
        legend=legend,
        fields=(
            Field("code", FieldType.TEXT, Title("编码", "Code"), required=True, max_length=20),
            Field("name", FieldType.TEXT, Title("名称", "Name"), max_length=80),
            Field("use", FieldType.TEXT, Title("用途", "Use"), codes=listed),
        ),
    )


def placed(*boxes_mm: tuple[float, float, float, float]) -> list[shapely.Geometry]:
    """Boxes given in millimetres of the map, in metres of the zone."""
    on = ground(PLAN, CITY, sheet(PLAN.paper, PLAN.orientation)).metres
    per_mm = PLAN.scale / 1000
    corners = [(on.left, on.bottom, on.left, on.bottom)] * len(boxes_mm)
    return [
        shapely.box(*(start + mm * per_mm for start, mm in zip(corner, box, strict=True)))
        for corner, box in zip(corners, boxes_mm, strict=True)
    ]


def stocked(
    made: Contract, shapes: list[Any], codes: list[str | None] | None = None, labels: list[str] | None = None
) -> Stock:
    count = len(shapes)
    return Stock(
        *(made, made.legend, 1.0, tuple(f"F{n}" for n in range(count))),
        codes=tuple(codes or [None] * count),
        labels=tuple(labels or [None] * count),
        shapes=tuple(shapely.to_wkb(each) for each in shapes),
    )


def drawn(*layers: Stock, plan: Plan = PLAN, sketch: tuple[Any, ...] = ()) -> Sheet:
    target = io.BytesIO()
    press.draw(Job(plan, CITY, Times(None, None, NOW), layers, sketch), target)
    return Sheet(target.getvalue())


@pytest.mark.parametrize(("paper", "orientation"), EVERY)
def test_parts_of_a_sheet_lie_on_it_and_not_on_each_other(paper: Paper, orientation: Orientation) -> None:
    parts = sheet(paper, orientation)
    sides = sorted(SIDES_MM[paper], reverse=orientation is Orientation.ACROSS)
    assert (parts.width, parts.height) == tuple(sides)
    boxes = {name: getattr(parts, name) for name in ("title", "map", "scale", "legend", "notes", "block")}
    for name, box in boxes.items():
        assert box.width > 20 and box.height > 10, name
        assert box.left >= parts.frame.left and box.right <= parts.frame.right + 1e-9, name
        assert box.bottom >= parts.frame.bottom and box.top <= parts.frame.top + 1e-9, name
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = a.right <= b.left or b.right <= a.left or a.top <= b.bottom or b.top <= a.bottom
        assert apart, (one, other)
    block = parts.block
    assert (block.right, block.bottom) == (pytest.approx(parts.frame.right), parts.frame.bottom), (
        "lower right"
    )


@pytest.mark.parametrize("hatch", [each for each in Hatch if each is not Hatch.NONE])
def test_every_hatch_is_drawn_as_vector_over_its_colour(
    hatch: Hatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spatial.catalogue import legend as signs_of
    from tiles.print import features

    made = contract(Legend("fill", "#dddddd", by="use", colors=(("0", "#f2c94c"),)), codes=1)
    plain = signs_of.signs(made, made.legend)
    hatched = tuple(replace(sign, hatch=hatch if sign.code == "0" else Hatch.NONE) for sign in plain)
    monkeypatch.setattr(features, "signs", lambda *_: hatched)
    page = drawn(stocked(made, placed((40, 40, 80, 80)), ["0"]))
    window = sheet(PLAN.paper, PLAN.orientation).map
    left, bottom = window.left, window.bottom
    picture = page.pixels(200, (left + 45, bottom + 45, left + 75, bottom + 75)).astype(int)
    yellow = np.abs(picture - (242, 201, 76)).max(axis=2) < 12
    assert 0.4 < yellow.mean() < 0.97
    assert (picture.sum(axis=2) < 420).mean() > 0.02, "ink"
    assert page.images() == 0


def test_holes_stay_open_and_lines_end_at_the_neat_line() -> None:
    made = contract(Legend("fill", "#d9534f", outline="#000000"))
    outer, inner = placed((20, 20, 80, 80), (40, 40, 60, 60))
    far = placed((-500, 100, 900, 110))[0]
    page = drawn(stocked(made, [outer.difference(inner), far]))
    window = sheet(PLAN.paper, PLAN.orientation).map

    def color(x: float, y: float) -> list[int]:
        box = (window.left + x - 1, window.bottom + y - 1, window.left + x + 1, window.bottom + y + 1)
        return [int(each) for each in np.median(page.pixels(100, box).reshape(-1, 3), axis=0)]

    assert color(30, 50) == [217, 83, 79]
    assert color(50, 50) == [255, 255, 255]
    assert color(window.width / 2, 105) == [217, 83, 79]
    assert color(-3, 105) == [255, 255, 255], "nothing is drawn beyond the map"


def test_the_upper_layer_covers_the_lower_and_the_sketch_covers_both() -> None:
    red, blue = (
        stocked(contract(Legend("fill", color)), placed((20, 20, 80, 80))) for color in ("#d9534f", "#2b6cb0")
    )
    window = sheet(PLAN.paper, PLAN.orientation).map
    box = (window.left + 50, window.bottom + 50, window.left + 52, window.bottom + 52)
    for layers, wanted in (((red, blue), (217, 83, 79)), ((blue, red), (43, 108, 176))):
        seen = np.median(drawn(*layers).pixels(100, box).reshape(-1, 3), axis=0)
        assert np.abs(seen - wanted).max() <= 2
    ring = [(118.7, 36.8), (118.9, 36.8), (118.9, 36.9), (118.7, 36.9), (118.7, 36.8)]
    figure = {"properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    over = np.median(drawn(red, sketch=(figure,)).pixels(100, box).reshape(-1, 3), axis=0)
    assert np.abs(over - (217, 83, 79)).max() > 8


def test_names_do_not_meet_and_upper_layers_come_first() -> None:
    made = contract(Legend("circle", "#7a3fa0", label="name"), "Point")
    spots = [each.centroid for each in placed(*((50 + n * 2, 60, 52 + n * 2, 62) for n in range(40)))]
    names = [f"某某居民委员会{n:02}" for n in range(40)]
    page = drawn(stocked(made, spots, labels=names))
    words = [word for name in names for word in page.words(name)]
    assert 5 < len(words) < 40
    for one, other in combinations(words, 2):
        apart = one.right <= other.left or other.right <= one.left
        assert apart or one.top <= other.bottom or other.top <= one.bottom, (one, other)
    top, below = spots[:1], spots[:1]
    upper, lower = stocked(made, top, labels=["上"]), stocked(made, below, labels=["下" * 12])
    page = drawn(upper, lower)
    assert page.words("上")[0].left == pytest.approx(drawn(upper).words("上")[0].left)


def test_what_does_not_fit_the_legend_is_counted() -> None:
    colors = tuple((str(n), "#d9534f") for n in range(200))
    made = contract(Legend("fill", "#999999", by="use", colors=colors), codes=200)
    cells = placed(*((n % 20 * 9.0, n // 20 * 9.0, n % 20 * 9.0 + 8, n // 20 * 9.0 + 8) for n in range(200)))
    text = drawn(stocked(made, cells, [str(n) for n in range(200)])).text
    named = sum(f"第{n}类\n" in text or text.endswith(f"第{n}类") for n in range(200))
    (left,) = [line for line in text.split("\n") if "另有" in line]
    assert 20 < named < 200
    assert named + int("".join(mark for mark in left if mark.isdecimal())) == 200


def test_long_titles_keep_within_their_boxes() -> None:
    long = "寿光市国土空间总体规划(2021—2035年)中心城区土地使用规划图及近期建设用地布局调整示意图"
    for paper, orientation in EVERY:
        plan = replace(PLAN, paper=paper, orientation=orientation, title=long, unit=long)
        page = drawn(plan=plan)
        parts = sheet(paper, orientation)
        for word in (each for text in (long[:12], long[-12:]) for each in page.words(text)):
            inside = [
                box
                for box in (parts.title, parts.block)
                if box.left <= word.left and word.right <= box.right and box.bottom <= word.bottom
            ]
            assert inside, (paper, orientation, word)
