"""What stands at a point, what somebody is about to write, and plates: on small registers made here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import segno
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from pyproj import Geod

from address.match.near import lies_in
from address.model import Element
from address.places import Places
from address.plates import Plate, UnusablePlate, drawing, link, qr, sheet
from address.reverse import Reverse
from address.rules.charter import shipped
from address.snapshot import Addresses, Aliases, Components, Crossings, Snapshot
from address.suggest import Suggest
from spatial.errors import TooLarge

GEOD = Geod(ellps="GRS80")
SIZES = shipped().plates_mm
NAMES = [
    (Element.COUNTY, "寿光市", -1), (Element.TOWN, "圣城街道", 0), (Element.TOWN, "文家街道", 0),
    (Element.ROAD, "圣城街", 1), (Element.ROAD, "渤海路", 1), (Element.VILLAGE, "桑家营子村", 2),
    (Element.ESTATE, "商务小区", 1),
]  # fmt: skip


def register(
    doors: list[tuple[int, float, float]], extra: Sequence[tuple[Element, str, int, int]] = ()
) -> Places:
    """The names above, doors of 圣城街 as number and position, and further components."""
    rows = [(e, n, p, -1) for e, n, p in NAMES]
    first = len(rows)
    rows += [(Element.DOOR, f"{number}号", 3, number) for number, _, _ in doors]
    rows += list(extra)
    count = len(rows)
    none = np.full(count, -1, dtype=np.int32)
    components = Components(
        pa.array([f"k{row}" for row in range(count)]),
        np.array([each[2] for each in rows], dtype=np.int32),
        np.array([each[0] for each in rows], dtype=np.uint8),
        pa.array([each[1] for each in rows]),
        np.array([each[3] for each in rows], dtype=np.int32),
        none,
        pa.array([""] * count),
        np.ones(count, dtype=bool),
        none,
    )
    size = len(doors)
    addresses = Addresses(
        pa.array([f"a{row}" for row in range(size)], pa.string()),
        np.arange(first, first + size, dtype=np.int32),
        np.full(size, 5, dtype=np.int32),
        np.zeros(size, dtype=np.uint8),
        np.array([x for _, x, _ in doors], dtype=np.float64),
        np.array([y for _, _, y in doors], dtype=np.float64),
        np.full(size, 3, dtype=np.float32),
        np.ones(size, dtype=bool),
    )
    empty = np.empty(0, dtype=np.int32)
    aliases = Aliases(pa.array(["圣城大街"]), np.array([3], dtype=np.int32), np.zeros(1, dtype=np.uint8))
    crossings = Crossings(empty, empty, np.empty(0), np.empty(0))
    return Places(Snapshot(components, addresses, aliases, crossings, "made here"))


at = st.tuples(st.floats(118.5, 119.1), st.floats(36.7, 37.2))
near = st.tuples(st.floats(118.800, 118.806), st.floats(36.880, 36.884))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(at, near), min_size=1, max_size=60, unique=True), st.one_of(at, near))
def test_the_nearest_is_the_nearest_on_the_ellipsoid(points, here):
    reverse = Reverse(register([(n + 1, x, y) for n, (x, y) in enumerate(points)]))
    found = reverse.at(*here, limit=3, within_m=5000).doors
    size = len(points)
    _, _, away = GEOD.inv([here[0]] * size, [here[1]] * size, *map(list, zip(*points, strict=True)))
    truth = sorted(each for each in away if each < 4990)[:3]
    assert len(found) >= len(truth)
    for near_one, true in zip(found, truth, strict=False):
        assert near_one.distance_m == pytest.approx(true, rel=2e-3, abs=0.01)
        assert away[near_one.component - len(NAMES)] == pytest.approx(near_one.distance_m, rel=2e-3, abs=0.01)


def test_a_building_is_where_any_of_its_entrances_is():
    building, other = len(NAMES) + 3, len(NAMES) + 4
    parts = [
        (Element.BUILDING, "3号楼", 6, 3), (Element.BUILDING, "4号楼", 6, 4),
        (Element.UNIT, "1单元", building, 1), (Element.UNIT, "2单元", building, 2),
    ]  # fmt: skip
    places = register([(n, 118.7, 36.8) for n in (1, 2, 3)], parts)
    held = places.snapshot
    entrances = np.array([building + 2, building + 3, other], np.int32)  # two units, and the house beside
    addresses = replace(
        held.addresses, component=entrances,
        longitude_deg=np.array([118.8, 118.8004, 118.8005]), latitude_deg=np.full(3, 36.88),
    )  # fmt: skip
    reverse = Reverse(Places(replace(held, addresses=addresses)))
    found = reverse.at(118.8004, 36.88, limit=2).doors
    assert [each.component for each in found] == [building, other]
    assert [each.distance_m for each in found] == [0.0, pytest.approx(8.92, abs=0.01)]
    assert reverse.at(118.8, 36.88, limit=3, within_m=20).doors[0].component == building


def test_a_point_has_a_door_a_road_a_region_and_a_direction():
    reverse = Reverse(register([(1, 118.8, 36.88), (3, 118.801, 36.88)]))
    standing = reverse.at(118.8, 36.8805, limit=2)
    assert (standing.doors[0].component, standing.doors[0].direction) == (len(NAMES), "北")
    assert (standing.road.component, standing.region) == (3, 5)
    assert reverse.at(10.0, 10.0).doors == ()
    assert Reverse(register([])).at(118.8, 36.88).doors == ()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_lies_below_is_what_the_tree_says(data):
    """Children by rank and number, and what lies below any of some places, or has one for its region."""
    extra = [
        (Element.BUILDING, "3号楼", 6, 3), (Element.BUILDING, "A座", 6, -1), (Element.DOOR, "7号", 5, 7),
        (Element.UNIT, "2单元", len(NAMES) + 3, 2), (Element.ROOM, "201室", len(NAMES) + 6, 201),
    ]  # fmt: skip
    doors = [(number, 118.8 + number / 1e4, 36.88) for number in (1, 3, 7)]
    places = register(doors, extra)
    held = places.snapshot.components
    number, current = held.number, held.current.copy()
    current[data.draw(st.integers(len(NAMES), len(NAMES) + 2))] = False
    for column in (number, current, held.element):
        column.flags.writeable = data.draw(st.booleans())  # what a database hands out may not be written to
    places = Places(replace(places.snapshot, components=replace(held, current=current)))
    everything = range(len(places.parent))
    some = data.draw(st.lists(st.sampled_from(everything), min_size=1, max_size=6, unique=True))
    rank = data.draw(st.sampled_from([int(each) for each in Element]))
    wanted = data.draw(st.one_of(st.none(), st.sampled_from((0, 1, 2, 3, 7, 201))))
    below = [row for above in some for row in everything if places.parent[row] == above and current[row]]
    alike = [row for row in below if places.element[row] == rank and wanted in (None, number[row])]
    assert places.children_like(some, rank, wanted).tolist() == alike
    rows, within = np.array(everything, np.int32), np.array(some, np.int32)
    regions = [places.region(row) if places.address[row] >= 0 else -1 for row in everything]
    truth = [
        regions[row] in some or any(each in some for each in places.path(int(places.parent[row])))
        for row in everything
    ]
    assert places.all_in(rows, within).tolist() == truth


@pytest.fixture(scope="module")
def suggest() -> Suggest:
    doors = [(n, 118.8 + n / 1e5, 36.88) for n in (5, 59, 595, 597, 61)]
    rooms = [
        (Element.BUILDING, "3号楼", 6, 3), (Element.UNIT, "2单元", len(NAMES) + 5, 2),
        (Element.ROOM, "501室", len(NAMES) + 6, 501),
    ]  # fmt: skip
    return Suggest(register(doors, rooms))


def names(suggest: Suggest, text: str, limit: int = 5) -> list[str]:
    return [suggest._places.text(each.component, Element.COUNTY) for each in suggest(text, limit)]


@pytest.mark.parametrize("row", range(len(NAMES)))
def test_every_beginning_of_every_writing_leads_to_the_name(suggest, row):
    name = NAMES[row][1]
    syllables = lazy_pinyin(name)
    for written in (name, "".join(syllables), "".join(each[0] for each in syllables)):
        for length in range(1, len(written) + 1):
            assert any(each.component == row for each in suggest(written[:length], 50)), written[:length]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("圣城街59", "圣城街道圣城街59号"),
        ("SCJ595", "圣城街道圣城街595号"),
        ("圣城大街595号", "圣城街道圣城街595号"),
        ("圣城街道商务", "圣城街道商务小区"),
        ("swxq3", "圣城街道商务小区3号楼"),
        ("商务小区3号楼2单元501", "圣城街道商务小区3号楼2单元501室"),
        ("圣城街", "圣城街道圣城街"),
    ],
)
def test_what_is_meant_comes_first(suggest, typed, first):
    assert names(suggest, typed)[0] == first


def test_of_many_places_of_one_name_the_one_that_the_text_says():
    many = [(Element.ROAD, "繁华路", 2, -1)] * 30 + [(Element.TOWN, "侯镇", 2, -1)]
    town = len(NAMES) + len(many)  # behind a door of 圣城街
    road = [(Element.ROAD, "繁华路", town, -1), (Element.DOOR, "7号", town + 1, 7)]
    suggest = Suggest(register([(1, 118.8, 36.88)], [*many, *road]))
    assert [each.component for each in suggest("侯镇繁华路", 3)] == [town + 1]
    assert [each.component for each in suggest("寿光市侯镇繁华路7", 3)] == [town + 2]


def test_the_city_above_does_not_stand_behind_every_kiosk_of_a_village():
    kiosks = ("水塔", "超市", "广场", "泵站", "学校", "卫生室")
    doors = [(n, 118.8, 36.88) for n in range(1, 11)]
    prefecture = len(NAMES) + len(doors)
    village = prefecture + 1
    extra = [(Element.PREFECTURE, "潍坊市", -1, -1), (Element.VILLAGE, "魏方村", 2, -1)]
    held = register(
        doors, [*extra, *((Element.OBJECT, f"魏方村{each}", village, -1) for each in kiosks)]
    ).snapshot
    at = np.array([5, *[village] * 3, *range(village + 1, village + 7)], np.int32)
    suggest = Suggest(Places(replace(held, addresses=replace(held.addresses, component=at))))
    for typed in ("w", "wei", "weif", "weifan", "wf"):
        found = [each.component for each in suggest(typed, 5)]
        assert {village, prefecture} <= set(found), typed
    assert suggest("weifang", 1)[0].component == prefecture  # written out


@pytest.mark.parametrize("typed", ["caidu", "cdl", "菜都路"])
def test_a_name_is_found_as_the_city_speaks_it(typed):
    suggest = Suggest(register([(1, 118.8, 36.88)], [(Element.ROAD, "菜都路", 1, -1)]))
    assert [each.component for each in suggest(typed, 5)] == [len(NAMES) + 1]


@pytest.mark.parametrize("typed", ["dan", "shan", "danjiazhuang", "shanjiazhuang", "djz", "sjz", "单家"])
def test_a_character_of_two_readings_is_found_by_either_once(typed):
    suggest = Suggest(register([(1, 118.8, 36.88)], [(Element.VILLAGE, "单家庄", 1, -1)]))
    assert [each.component for each in suggest(typed, 9)].count(len(NAMES) + 1) == 1


def test_longer_numbers_follow_the_number_itself(suggest):
    assert names(suggest, "圣城街5") == [f"圣城街道圣城街{n}号" for n in (5, 59, 595, 597)]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(text):
    assert len(_ANY(text, 5)) <= 5


_ANY = Suggest(register([(1, 118.8, 36.88)]))


def plate(number: str = "595号", kind: str = "large") -> Plate:
    return Plate(number, "圣城街", kind, link("https://map.example", "k1"))


def test_a_plate_has_its_size_its_texts_and_the_resolver_in_its_code():
    drawn = fromstring(drawing(plate(), SIZES))
    space = "{http://www.w3.org/2000/svg}"
    assert (drawn.get("width"), drawn.get("height")) == ("570mm", "370mm")
    assert [each.text for each in drawn.iter(f"{space}text")] == ["圣城街", "595号"]
    # The same modules as the code of the resolver's address, drawn by itself.
    alone = io.BytesIO()
    segno.make("https://map.example/v1/resolve/k1", error="m", micro=False).save(alone, kind="svg", border=4)
    paths = [each.get("d") for each in fromstring(alone.getvalue()).iter(f"{space}path")]
    assert paths[-1] in [each.get("d") for each in drawn.iter(f"{space}path")]
    # A picture without a size of its own would be as large as the plate, and lie beside it.
    _, code = drawn.iter(f"{space}svg")
    assert code.get("width") == code.get("height") == fromstring(alone.getvalue()).get("width")
    assert qr("k", "png").startswith(b"\x89PNG")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(SIZES)), min_size=1, max_size=40))
def test_plates_of_a_sheet_lie_on_it_and_do_not_overlap(kinds):
    pages = sheet([plate(kind=kind) for kind in kinds], SIZES)
    drawn = 0
    for page in pages:
        boxes = []
        for group in fromstring(page):
            x, y = (float(each) for each in group.get("transform")[10:-1].split())
            rect = group[0]
            boxes.append((x, y, x + float(rect.get("width")), y + float(rect.get("height"))))
        drawn += len(boxes)
        for n, (x0, y0, x1, y1) in enumerate(boxes):
            assert 0 <= x0 < x1 <= 1200
            assert 0 <= y0 < y1 <= 900
            for a0, b0, a1, b1 in boxes[:n]:
                assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0
    assert drawn == len(kinds)


def test_plates_that_cannot_be_are_refused():
    with pytest.raises(UnusablePlate):
        drawing(plate(kind="huge"), SIZES)
    with pytest.raises(UnusablePlate):
        drawing(plate(number=""), SIZES)
    with pytest.raises(TooLarge):
        sheet([plate()] * 2001, SIZES)
    assert "<b>" not in drawing(Plate("<b>", "&\x00", "small", "x"), SIZES)


def test_what_lies_in_what_is_told_where_a_parent_stands_behind_its_children() -> None:
    """So it is in a register that was followed: new rows come at the end."""
    tree = SimpleNamespace(parent=np.array([2, 0, -1, 2], np.int32))
    lies = {(row, region) for row in range(4) for region in range(4) if lies_in.py_func(tree, row, region)}
    assert lies == {(0, 0), (1, 1), (2, 2), (3, 3), (0, 2), (1, 0), (1, 2), (3, 2)}
