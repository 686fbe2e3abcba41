"""The yearly maintenance package: written as FileGDB, read back by GDAL, and explaining itself."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyogrio.raw import read_arrow

from planning import layers
from planning.edition import Edition
from planning.errors import BadAmendment, NotMaintained, PackageUnproved
from planning.maintenance import file as maintenance_file
from planning.maintenance import proof as maintenance_proof
from planning.maintenance.maintenance import reckon
from planning.maintenance.model import FeatureClass, Maintained, Place, Reason, half_up
from planning.maintenance.roles import Change, roles_of
from planning.sample.split import Cutting, pieces
from spatial.datum import frame, legal_area_m2

PLACE = Place("370783", "寿光市", 2026)
REASON = Reason("370783202600000001", "01", "JD01", "2", "合成数据")
FIELDS = ("bsm", "ysdm", "xzqdm", "ghfqdm", "ghfqmc", "mj", "plan_version")
Zones = dict[str, tuple[str, shapely.Geometry]]


def edition(zones: Zones, version: str) -> Edition:
    count = len(zones)
    return Edition.of(
        list(zones),
        {
            "ysdm": ["2090020610"] * count,
            "xzqdm": ["370783"] * count,
            "ghfqdm": [each[0] for each in zones.values()],
            "ghfqmc": pa.array([None] * count, pa.string()),
            "mj": np.zeros(count),
            "plan_version": [version] * count,
        },
        [each[1] for each in zones.values()],
    )


def drawn() -> Zones:
    """Zones without a gap, cut out of a square; each may have two parts."""
    ring = np.array(shapely.box(118.80, 36.90, 118.82, 36.915).exterior.coords)
    generator = np.random.default_rng(5)
    rings = [piece.ring_deg for piece in pieces(ring, Cutting(150_000.0, 60.0, 99), generator)]
    shapes = [shapely.Polygon(each) for each in rings]
    assert len(shapes) > 12
    zones: Zones = {
        f"z{n:02}": (str(100 * (1 + n % 6)), shapely.MultiPolygon([each]))
        for n, each in enumerate(shapes[1:-1])
    }
    zones["double"] = ("700", shapely.MultiPolygon([shapes[0], shapes[-1]]))
    return zones


def edited(zones: Zones) -> Zones:
    """One zone of another class, two with their line moved, one cut, one gone, one come, one recoded."""
    after = dict(zones)
    keys = sorted(zones)
    after[keys[1]] = ("600" if zones[keys[1]][0] != "600" else "100", zones[keys[1]][1])
    one, two = next(
        (a, b)
        for a in keys[2:]
        for b in keys[2:]
        if a < b and zones[a][0] != zones[b][0]
        and shapely.length(shapely.intersection(zones[a][1].boundary, zones[b][1].boundary)) > 0
        and len(zones[a][1].geoms) == len(zones[b][1].geoms) == 1
    )  # fmt: skip
    both = shapely.union(zones[one][1], zones[two][1])
    west, south, east, north = both.bounds
    left = shapely.intersection(both, shapely.box(west, south, 0.5 * (west + east), north))
    after[one] = (zones[one][0], multi(left))
    after[two] = (zones[two][0], multi(shapely.difference(both, left)))
    free = [key for key in keys[2:] if key not in (one, two, "double")]
    del after[free[0]]
    after["recoded"] = after.pop(free[1])
    cut = zones[free[2]][1]
    west, south, east, north = cut.bounds
    half = shapely.intersection(cut, shapely.box(west, south, east, 0.5 * (south + north)))
    after[free[2]] = (zones[free[2]][0], multi(half))
    after["cut-off"] = (zones[free[2]][0], multi(shapely.difference(cut, half)))
    after["new"] = ("300", shapely.MultiPolygon([shapely.box(118.82, 36.90, 118.823, 36.903)]))
    after["double"] = ("500", zones["double"][1])
    return after


def multi(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


@pytest.fixture(scope="module")
def states() -> tuple[Zones, Zones]:
    before = drawn()
    # As the history keeps them: snapped to 1e-9°.
    return tuple(  # type: ignore[return-value]
        {
            key: (code, shapely.set_precision(shape, 1e-9, mode="pointwise"))
            for key, (code, shape) in each.items()
        }
        for each in (before, edited(before))
    )


@pytest.fixture(scope="module")
def made(states: tuple[Zones, Zones]) -> Maintained:
    (role,) = roles_of("planning-zones")
    older, newer = edition(states[0], "v1"), edition(states[1], "v2")
    return reckon(role, layers.contract("planning-zones"), older, newer, REASON, PLACE)


def _database(made: Maintained, folder: Path) -> tuple[Path, Path]:
    path = folder / f"{PLACE.name}.gdb.zip"
    written = maintenance_file.write(path, PLACE, [made], ["合成数据"])
    assert written.vertical
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "out")
    return path, folder / "out" / f"{PLACE.name}.gdb"


def test_the_package_explains_itself(made: Maintained, states: tuple[Zones, Zones], tmp_path: Path) -> None:
    path, database = _database(made, tmp_path)
    assert maintenance_proof.prove(path) == ()
    names = dict(pyogrio.list_layers(database))
    assert set(names) == {"GHFQWHQ", "GHFQWHH", "GHFQWHC"}
    info = pyogrio.read_info(database, layer="GHFQWHC")
    assert list(info["fields"]) == [
        "BSM", "YSDM", "XZQDM", "XZQMC", "WHLX", "WHLY", "JDZBLY", "WHBH", "KZBSHSLX", "BZ",
    ]  # fmt: skip
    assert "COMPD_CS" in info["crs"] and "1985" in info["crs"]
    _, changes = read_arrow(database, layer="GHFQWHC")
    widths = {
        each.name: int(each.metadata[b"GDAL:OGR:width"]) for each in changes.schema if each.name != "SHAPE"
    }
    assert widths == {
        "BSM": 18, "YSDM": 10, "XZQDM": 12, "XZQMC": 100, "WHLX": 2, "WHLY": 3, "JDZBLY": 10, "WHBH": 18,
        "KZBSHSLX": 3, "BZ": 255,
    }  # fmt: skip
    told = changes.to_pylist()
    assert {row["WHBH"] for row in told} == {REASON.whbh} and {row["YSDM"] for row in told} == {"2090020610"}
    assert any("GHFQDM" in row["BZ"] for row in told) and all(
        row["BZ"].startswith("合成数据") for row in told
    )
    # Which features are told is what two dictionaries say; their codes are those of the table of codes.
    first, second = states
    differing = {key for key in first.keys() | second.keys() if first.get(key) != second.get(key)}
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("标识码对照.txt").decode().splitlines()[1:]
        notes = archive.read("说明.txt").decode()
    recoded = [line.split("\t") for line in lines]
    for suffix, state in (("WHQ", first), ("WHH", second)):
        _, table = read_arrow(database, layer=f"GHFQ{suffix}")
        listed = {new: old for name, new, old in recoded if name == f"GHFQ{suffix}"}
        assert set(listed.values()) == differing & state.keys()
        assert table.column("BSM").to_pylist() == list(listed)
        assert table.num_rows == sum(len(state[key][1].geoms) for key in differing & state.keys())
        assert "PLAN_VERSION" not in table.column_names
    assert "待核" in notes and "合成数据" in notes and "碎屑" not in notes.replace("1 毫米的碎屑", "")


def test_moved_ground_is_that_of_the_states(made: Maintained, states: tuple[Zones, Zones]) -> None:
    """Against unions of the states themselves, in degrees, not against the pieces."""
    first, second = (shapely.union_all([each[1] for each in state.values()]) for state in states)
    plane, degrees = frame("EPSG:4549"), frame("EPSG:4490")
    gone = legal_area_m2(shapely.difference(first, second), plane, given_in=degrees)
    come = legal_area_m2(shapely.difference(second, first), plane, given_in=degrees)
    assert made.areas_m2[Change.MOVED_OUT] == pytest.approx(gone, abs=0.5)
    assert made.areas_m2[Change.MOVED_IN] == pytest.approx(come, abs=0.5)
    assert made.counts[Change.ATTRIBUTES] >= 5 and made.hairs_m2 < 0.1
    assert Change.MOVED_IN in made.unexpected, "the table lists kind 2 alone for zones; what is else is told"


def _with(made: Maintained, place: int, **changed: object) -> Maintained:
    classes = list(made.classes)
    classes[place] = replace(classes[place], **changed)
    return replace(made, classes=tuple(classes))


def _without(each: FeatureClass, row: int) -> dict[str, object]:
    rows = np.delete(np.arange(len(each.shapes)), row)
    return {"table": each.table.take(rows), "shapes": each.shapes[rows]}


@pytest.mark.parametrize("kind", list(Change))
def test_a_record_that_is_missing_is_found(made: Maintained, tmp_path: Path, kind: Change) -> None:
    changes = made.classes[2]
    kinds = changes.table.column("WHLX").to_pylist()
    texts = changes.table.column("BZ").to_pylist()
    # The largest whose loss the receiver can see: a change of code alone is none.
    seen = ["GHFQDM" in text or kind is not Change.ATTRIBUTES for text in texts]
    areas = [
        shapely.area(shape) if found == str(int(kind)) and told else 0.0
        for shape, found, told in zip(changes.shapes, kinds, seen, strict=True)
    ]
    spoiled = _with(made, 2, **_without(changes, int(np.argmax(areas))))
    path, _ = _database(spoiled, tmp_path)
    with pytest.raises(PackageUnproved, match="GHFQ"):
        maintenance_proof.require(path)


def test_other_faults_are_found(made: Maintained, tmp_path: Path) -> None:
    after = made.classes[1]
    areas = after.table.column("MJ").to_numpy().copy()
    areas[0] += 0.01
    place = after.table.column_names.index("MJ")
    wrong = after.table.set_column(place, "MJ", pa.array(areas))
    path, _ = _database(_with(made, 1, table=wrong), tmp_path / "a")
    assert [each.zh[:2] for each in maintenance_proof.prove(path)] == ["MJ"]
    codes = ["1" * 18] * len(after.shapes)
    doubled = after.table.set_column(0, "BSM", pa.array(codes))
    path, _ = _database(_with(made, 1, table=doubled), tmp_path / "b")
    assert [each.feature_class for each in maintenance_proof.prove(path)] == ["GHFQ"]


def test_a_layer_without_change_is_an_empty_package(states: tuple[Zones, Zones], tmp_path: Path) -> None:
    (role,) = roles_of("planning-zones")
    one, two = edition(states[0], "v1"), edition(states[0], "v2")
    made = reckon(role, layers.contract("planning-zones"), one, two, REASON, PLACE)
    assert [len(each.shapes) for each in made.classes] == [0, 0, 0], "the platform's own fields are no change"
    path, _ = _database(made, tmp_path)
    assert maintenance_proof.prove(path) == ()


def test_lines_of_one_layer_go_where_they_belong() -> None:
    contract = layers.contract("control-lines")
    square = shapely.MultiPolygon([shapely.box(118.8, 36.9, 118.801, 36.901)])
    older = Edition.of(["1", "2"], {"lx": ["LX", "HX"], "mj": [0.0, 0.0]}, [square, square])
    newer = Edition.of(["1"], {"lx": ["LX"], "mj": [0.0]}, [square])
    found = {
        role.code: reckon(role, contract, older, newer, REASON, PLACE) for role in roles_of("control-lines")
    }
    assert {code for code, each in found.items() if any(each.counts.values())} == {"ZXCQCSHX"}
    assert found["ZXCQCSHX"].counts[Change.MOVED_OUT] == 1 and found["ZXCQCSHX"].unexpected == ()
    with pytest.raises(NotMaintained):
        roles_of("land-use-survey")


def test_what_does_not_fit_a_field_is_refused() -> None:
    with pytest.raises(BadAmendment, match="WHLY"):
        Reason(whly="0123")


@given(st.integers(0, 10**9))
@settings(max_examples=200, deadline=None)
def test_ties_go_up(thousandths: int) -> None:
    """Against whole numbers: the third decimal decides, 5 upwards."""
    hundredths, rest = divmod(thousandths, 10)
    want = hundredths + (1 if rest >= 5 else 0)
    assert round(half_up(thousandths / 1000) * 100) == want
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        assert Decimal(repr(half_up(thousandths / 1000))) == round(Decimal(thousandths) / 1000, 2)
