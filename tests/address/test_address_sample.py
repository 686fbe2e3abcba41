"""The sample register: the same from a seed, true to its tree, lying where it says."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
import shapely

from address.model import Element, Form
from address.sample import Drawn, draw, generate
from address.snapshot import Snapshot
from spatial.errors import InvalidInput
from spatial.sample.divisions import read_divisions
from spatial.sample.plane import to_plane

SIZE = 20_000
PARENTS = {
    Element.PREFECTURE: {Element.PROVINCE},
    Element.COUNTY: {Element.PREFECTURE},
    Element.TOWN: {Element.COUNTY},
    Element.ZONE: {Element.TOWN},
    Element.VILLAGE: {Element.TOWN},
    Element.HAMLET: {Element.VILLAGE},
    Element.GROUP: {Element.VILLAGE},
    Element.ROAD: {Element.TOWN, Element.COUNTY},
    Element.LANE: {Element.ROAD, Element.VILLAGE},
    Element.ESTATE: {Element.VILLAGE, Element.TOWN},
    Element.SECTION: {Element.ESTATE},
    Element.DOOR: {
        Element.ROAD, Element.LANE, Element.VILLAGE, Element.HAMLET, Element.GROUP, Element.ESTATE,
    },
    Element.BUILDING: {Element.ESTATE, Element.SECTION, Element.DOOR},
    Element.UNIT: {Element.BUILDING},
    Element.ROOM: {Element.UNIT, Element.BUILDING},
    Element.OBJECT: {Element.TOWN, Element.VILLAGE, Element.ROAD, Element.DOOR, Element.ESTATE},
}  # fmt: skip


@cache
def _drawn() -> Drawn:
    return draw(SIZE, 1)


@pytest.fixture
def drawn() -> Drawn:
    return _drawn()


@pytest.fixture
def register(drawn: Drawn) -> Snapshot:
    return drawn.snapshot


def _path(register: Snapshot, row: int) -> list[str]:
    names = []
    while row >= 0:
        names.append(register.components.name[row].as_py())
        row = int(register.components.parent[row])
    return names[::-1]


def _at(register: Snapshot, *path: str) -> int:
    """Row of the component of a path below the county."""
    tree = register.components
    found = [
        row
        for row in np.flatnonzero(np.asarray(tree.name.to_pylist(), object) == path[-1]).tolist()
        if _path(register, row)[3:] == list(path)
    ]
    assert len(found) == 1, path
    return int(found[0])


def test_the_same_seed_gives_the_same_register_and_another_another() -> None:
    one, two, other = generate(2_000, 5), generate(2_000, 5), generate(2_000, 6)
    for part in ("components", "addresses", "aliases", "crossings"):
        for name in getattr(one, part).__dataclass_fields__:
            first, second = getattr(getattr(one, part), name), getattr(getattr(two, part), name)
            assert pa.array(first).equals(pa.array(second)), (part, name)
    assert one.version == two.version != other.version
    assert not one.addresses.key.equals(other.addresses.key)


def test_keys_are_single_and_shaped_like_uuid_7(register: Snapshot) -> None:
    keys = register.components.key.to_pylist() + register.addresses.key.to_pylist()
    assert len(set(keys)) == len(keys)
    shape = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(shape.fullmatch(key) for key in keys)


def test_divisions_have_the_same_identity_in_registers_of_every_size(register: Snapshot) -> None:
    small = generate(2_000, 1)
    named = {code: key for key, code in zip(small.components.key, small.components.code, strict=True)}
    for key, code in zip(register.components.key, register.components.code, strict=True):
        if code.as_py():
            assert named[code] == key
    shared = set(small.components.key.to_pylist()) & set(register.components.key.to_pylist())
    divisions_and_overlays = register.components.element <= int(Element.VILLAGE)
    assert len(shared) == divisions_and_overlays.sum()


@pytest.mark.parametrize("size", [0, 1_499, 5_000_001])
def test_a_size_that_cannot_be_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match=str(size)):
        generate(size, 1)


def test_all_four_forms_have_their_share(register: Snapshot) -> None:
    forms = Counter(register.addresses.form.tolist())
    share = {form: forms[index] / len(register.addresses.key) for index, form in enumerate(Form)}
    assert 0.95 * SIZE <= len(register.addresses.key) <= 1.05 * SIZE
    assert share[Form.ESTATE] == pytest.approx(0.65, abs=0.06)
    assert share[Form.VILLAGE] == pytest.approx(0.20, abs=0.04)
    assert share[Form.STREET] == pytest.approx(0.06, abs=0.03)
    assert share[Form.LANDMARK] == pytest.approx(0.08, abs=0.04)


def test_the_divisions_are_the_real_ones(register: Snapshot) -> None:
    real = read_divisions()
    tree = register.components
    held = {
        code: (Element(element), tree.code[int(parent)].as_py())
        for code, element, parent in zip(tree.code.to_pylist(), tree.element, tree.parent, strict=True)
        if len(code) == 12
    }
    towns = {town.code: (Element.TOWN, "370783") for town in real.towns}
    villages = {village.code: (Element.VILLAGE, village.parent) for village in real.villages}
    assert held == towns | villages


def test_every_component_keeps_the_convention_of_the_tree(register: Snapshot) -> None:
    tree = register.components
    assert (tree.parent < np.arange(len(tree.key))).all()
    assert np.flatnonzero(tree.parent < 0).tolist() == [0]
    pairs = set(zip(tree.element[1:].tolist(), tree.element[tree.parent[1:]].tolist(), strict=True))
    for child, parent in pairs:
        assert Element(parent) in PARENTS[Element(child)], (Element(child), Element(parent))


def test_no_two_siblings_are_alike(register: Snapshot) -> None:
    tree = register.components
    seen = Counter(zip(tree.parent.tolist(), tree.element.tolist(), tree.name.to_pylist(), strict=True))
    assert [twin for twin, count in seen.items() if count > 1] == []


def test_numbers_stand_in_the_names(register: Snapshot) -> None:
    tree = register.components
    for name, number, sub in zip(
        tree.name.to_pylist(), tree.number.tolist(), tree.sub_number.tolist(), strict=True
    ):
        digits = [int(run) for run in re.findall(r"\d+", name)]
        if number >= 0:
            assert digits[:1] == [number], name
        if sub >= 0:
            assert digits == [number, sub], name


def test_every_address_lies_in_the_village_that_it_names(drawn: Drawn) -> None:
    addresses, tree = drawn.snapshot.addresses, drawn.snapshot.components
    outlines = dict(zip((v.code for v in drawn.ground.villages), drawn.ground.village_areas_deg, strict=True))
    codes = tree.code.take(pa.array(addresses.region)).to_pylist()
    areas = np.array([outlines[code] for code in codes])
    shapely.prepare(areas)
    lost = ~shapely.contains_xy(shapely.buffer(areas, 1e-6), addresses.longitude_deg, addresses.latitude_deg)
    assert not lost.any(), np.flatnonzero(lost)[:5]


def test_an_address_of_a_village_lies_in_the_village_of_its_path(register: Snapshot) -> None:
    tree, addresses = register.components, register.addresses
    for row in range(0, len(addresses.key), 7):
        at = int(addresses.component[row])
        while at >= 0 and tree.element[at] != Element.VILLAGE:
            at = int(tree.parent[at])
        assert at in (-1, int(addresses.region[row]))


def test_doors_of_streets_are_numbered_by_frontage_and_side(drawn: Drawn) -> None:
    """Measured anew: along the map's road, 4 m to a number, odd on the left of the direction."""
    tree, addresses = drawn.snapshot.components, drawn.snapshot.addresses
    roads = dict(zip(drawn.streets.rows.tolist(), drawn.ground.roads, strict=True))
    checked = 0
    for row in np.flatnonzero(addresses.form == list(Form).index(Form.STREET)).tolist():
        component = int(addresses.component[row])
        road = roads.get(int(tree.parent[component]))
        if (
            road is None
            or tree.sub_number[component] >= 0
            or not tree.name[component].as_py().removesuffix("号").isdigit()
        ):
            continue
        line = shapely.LineString(road.line_m)
        point = to_plane([addresses.longitude_deg[row], addresses.latitude_deg[row]])
        number = int(tree.number[component])
        along = shapely.line_locate_point(line, shapely.Point(point))
        near = shapely.distance(line, shapely.Point(point))
        if near > road.width_m / 2 + 10 or road.grade != "street":
            continue  # drawn into its village at a border
        assert abs(along - 4 * ((number - 1) // 2) - 2) < 2.5, number
        start, end = road.line_m[0], road.line_m[-1]
        left = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0]) > 0
        assert left == (number % 2 == 1), number
        assert (start[0] > end[0]) if road.east_west else (start[1] < end[1])
        checked += 1
    assert checked > 800


@pytest.mark.parametrize(
    "path",
    [
        ("圣城街道", "现代社区", "商务小区", "3号楼", "2单元", "501室"),
        ("圣城街道", "现代社区", "商务小区", "沿街商铺3号"),
        ("文家街道", "桑家营子村", "123号"),
        ("圣城街道", "圣城街", "595号", "寿光市人民政府"),
        ("洛城街道", "东斟灌村", "东斟灌村村委会"),
        ("侯镇", "岔河盐场"),
        ("孙家集街道", "三元朱村"),
        ("羊口镇", "渔港路", "羊口渔港"),
        ("圣城街道", "菜都路", "188号", "晨鸣国际大酒店"),
        ("稻田镇", "马寨村"),
        ("古城街道", "北洛村", "188号附1号"),
        ("圣城街道", "全福元社区", "全福元花园小区", "12号楼", "3单元", "1001室"),
        ("上口镇", "西景明二村", "西景明二村村委会"),
        ("双王城生态经济园区", "寇家坞三村"),
        ("圣城街道", "兆祥社区", "豪源丽景", "C座", "1单元", "1402室"),
        ("圣城街道", "金光西街", "2299号"),
        ("圣城街道", "仓圣社区", "仓圣小区", "12号楼", "3单元", "4层西户"),
        ("化龙镇", "丰城一村", "大棚区"),
    ],
)
def test_the_places_of_well_known_hard_lines_are_there(register: Snapshot, path: tuple[str, ...]) -> None:
    assert register.components.current[_at(register, *path)]


def test_former_units_lead_to_what_took_their_place(register: Snapshot) -> None:
    tree = register.components
    gone = _at(register, "弥河镇")
    assert not tree.current[gone]
    assert tree.name[int(tree.successor[gone])].as_py() == "孙家集街道"
    assert (tree.successor >= 0).sum() == (~tree.current).sum() == 5


def test_roads_that_meet_on_the_map_have_a_crossing(drawn: Drawn) -> None:
    register = drawn.snapshot
    lines = dict(zip(drawn.streets.rows.tolist(), drawn.ground.roads, strict=True))
    pair = {_at(register, "圣城街道", "菜都路"), _at(register, "圣城街道", "渤海路")}
    crossings = register.crossings
    found = [{int(a), int(b)} for a, b in zip(crossings.first, crossings.second, strict=True)]
    assert found.count(pair) == 1
    assert len(set(map(frozenset, found))) == len(found)
    for a, b, lon, lat in zip(
        crossings.first.tolist(),
        crossings.second.tolist(),
        crossings.longitude_deg,
        crossings.latitude_deg,
        strict=True,
    ):
        here = shapely.Point(to_plane([lon, lat]))
        assert max(shapely.LineString(lines[row].line_m).distance(here) for row in (a, b)) < 0.01


def test_an_estate_at_a_street_has_an_auxiliary_address(register: Snapshot) -> None:
    addresses = register.addresses
    assert addresses.main is not None
    (auxiliary,) = np.flatnonzero(addresses.main >= 0).tolist()
    assert _path(register, int(addresses.component[auxiliary]))[-2:] == ["金光西街", "2299号"]
    main = int(addresses.main[auxiliary])
    assert _path(register, int(addresses.component[main]))[-1] == "豪源丽景"
