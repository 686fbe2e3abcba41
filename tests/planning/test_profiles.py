"""Schema profiles: names, units, editions of deliveries, told from the file or asked for, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from delivered_files import (
    COUNT,
    changesets,
    declared,
    frame_of,
    geodatabase,
    held,
    keys,
    legal_m2,
    options,
    parcels,
    publish,
)
from hypothesis import given
from hypothesis import strategies as st
from serving import database_of

from planning import layers, profiles
from planning.land_use import editions, renamed_since_2020
from spatial.errors import EditionUndecided, InvalidInput, ProfileUndecided, RowsRejected, UnitUndecided
from spatial.exchange.load import load
from spatial.exchange.profile import AreaUnit
from spatial.exchange.profile.edition import tell
from spatial.exchange.profile.units import to_m2

UNITS = {"m2": (1.0, 2), "ha": (1e4, 6), "km2": (1e6, 8), "mu": (10000 / 15, 4)}
"""m² of one, and digits that somebody declares."""


def _redline(unit: str = "km2", **more: Any) -> Any:
    """The redline as it was delineated: Chinese zones, areas in some unit."""
    shapes = parcels()
    own = {
        "BSM": keys(COUNT), "XZQDM": ["370783"] * COUNT, "SHENG": ["山东省"] * COUNT,
        "HXBM": ["HX1"] * COUNT, "MJ": declared(shapes, *UNITS[unit]),
        "ZRBHDFQ": ["核心保护区", "一般控制区"] * (COUNT // 2), "LXBM": ["11"] * COUNT,
    }  # fmt: skip
    return frame_of(own | more, shapes)


@pytest.fixture(scope="module")
def planned(server_dsn: str, template: str) -> Iterator[str]:
    """Each test delivers its layer whole."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, "ecological-redline", "land-use-survey", "planned-land-use", "control-lines")
        yield dsn


def test_every_profile_names_fields_that_its_layer_has() -> None:
    for each in profiles.shipped():
        contract = layers.contract(each.layer)
        known = {field.name: field for field in contract.fields}
        named = [field.field for field in each.fields if field.field is not None]
        assert set(named) <= known.keys() and len(named) == len(set(named)), each.id
        assert contract.key in named and not each.verified, "nothing was compared with an official text"
        assert profiles.DECLARED in known
        for field in each.fields:
            if field.units and field.field is not None:
                assert known[field.field].unit == "m2", (each.id, field.name)
        if each.classes is not None:
            assert {each.classes.code, each.classes.edition} <= known.keys()


@pytest.mark.parametrize("unit", ["km2", "ha", "m2", "mu"])
def test_the_shapes_tell_the_unit_of_the_redline(planned: str, tmp_path: Path, unit: str) -> None:
    report = load(
        planned, geodatabase(tmp_path, STBHHX=_redline(unit)), "ecological-redline",
        options("ecological-redline"),
    )  # fmt: skip
    assert report.profile is not None and report.profile["id"] == "stbhhx-delineation"
    assert {"SHENG", "LXBM"} <= set(report.unmapped), "what the layer keeps not is told"
    assert any(note.kind == "unit" and AreaUnit(unit).zh in note.zh for note in report.notes)
    rows = held(planned, "ecological-redline", "mj", "core", "area_declared")
    given_in, digits = UNITS[unit]
    for (mj, core, kept), true, said, row in zip(
        rows, legal_m2(parcels()), declared(parcels(), given_in, digits), range(COUNT), strict=True
    ):
        assert mj == pytest.approx(true, abs=0.006 + given_in * 10**-digits)
        assert core is (row % 2 == 0)
        assert kept == (
            None if unit == "m2" else f"MJ {said:.{digits}f}".rstrip("0") + f" {AreaUnit(unit).zh}"
        )


def test_the_plan_database_is_another_profile(planned: str, tmp_path: Path) -> None:
    shapes = parcels()
    own = {
        "BSM": keys(COUNT),
        "HXMC": ["红线"] * COUNT,
        "SFHXQ": ["1", "0"] * 6,
        "MJ": declared(shapes, 1, 2),
    }
    path = geodatabase(tmp_path, STBHHX=frame_of(own, shapes))
    report = load(planned, path, "ecological-redline", options("ecological-redline"))
    assert report.profile is not None and report.profile["id"] == "stbhhx-plan"
    assert [core for (core,) in held(planned, "ecological-redline", "core")] == [True, False] * 6


def test_what_only_the_areas_tell_apart_is_told_by_them(planned: str, tmp_path: Path) -> None:
    shapes = parcels()
    own = {"BSM": keys(COUNT), "HXMC": ["红线"] * COUNT, "MJ": declared(shapes, 1e4, 6)}
    path = geodatabase(tmp_path, STBHHX=frame_of(own, shapes))
    report = load(planned, path, "ecological-redline", options("ecological-redline"))
    assert report.profile is not None and report.profile["id"] == "stbhhx-delineation", "in hectares"


def test_fields_of_both_variants_are_asked_about(planned: str, tmp_path: Path) -> None:
    path = geodatabase(tmp_path, STBHHX=_redline(SFHXQ=["1"] * COUNT))
    before = changesets(planned)
    with pytest.raises(ProfileUndecided, match="stbhhx-plan") as refusal:
        load(planned, path, "ecological-redline", options("ecological-redline"))
    assert refusal.value.details["options"] == ["--profile stbhhx-delineation", "--profile stbhhx-plan"]
    assert changesets(planned) == before
    chosen = options("ecological-redline", profile="stbhhx-delineation", dry_run=True)
    assert load(planned, path, "ecological-redline", chosen).profile is not None
    with pytest.raises(InvalidInput, match="stbhhx-plan"):
        load(planned, path, "ecological-redline", options("ecological-redline", profile="stbhhx"))


def test_areas_that_fit_no_unit_are_asked_about(planned: str, tmp_path: Path) -> None:
    path = geodatabase(tmp_path, STBHHX=_redline(MJ=[7.0] * COUNT))
    with pytest.raises(UnitUndecided, match="--area-unit"):
        load(planned, path, "ecological-redline", options("ecological-redline"))
    said = options("ecological-redline", area_unit=AreaUnit.HA)
    report = load(planned, path, "ecological-redline", said)
    assert any(note.kind == "contradicted" and "公顷" in note.zh for note in report.notes)
    assert {mj for (mj,) in held(planned, "ecological-redline", "mj")} == {70000.0}


def _survey(codes: list[str], names: list[str] | None, areas: list[float] | None = None) -> Any:
    shapes = parcels(len(codes))
    own: dict[str, Any] = {"BSM": keys(len(codes)), "DLBM": codes, "TBMJ": areas or declared(shapes, 1, 2)}
    return frame_of(own if names is None else own | {"DLMC": names}, shapes)


def test_a_survey_carries_its_edition(planned: str, tmp_path: Path) -> None:
    path = geodatabase(
        tmp_path, DLTB=_survey(["0102", "0602", "08H2"], ["水浇地", "采矿用地", "科教文卫用地"])
    )
    report = load(planned, path, "land-use-survey", options("land-use-survey"))
    assert report.edition == "survey"
    assert held(planned, "land-use-survey", "edition") == [("survey",)] * 3


def test_a_survey_in_mu_is_refused_until_somebody_says_so(planned: str, tmp_path: Path) -> None:
    areas = declared(parcels(3), 10000 / 15, 4)
    path = geodatabase(tmp_path, DLTB=_survey(["0102"] * 3, None, areas))
    with pytest.raises(UnitUndecided, match="亩"):
        load(planned, path, "land-use-survey", options("land-use-survey"))
    load(planned, path, "land-use-survey", options("land-use-survey", area_unit=AreaUnit.MU))
    rows = held(planned, "land-use-survey", "tbmj", "area_declared")
    for (tbmj, kept), mu in zip(rows, areas, strict=True):
        assert tbmj == float((Decimal(str(mu)) * 2000 / 3).quantize(Decimal("0.01")))
        assert kept == f"TBMJ {mu!r} 亩"


def test_classes_of_the_plan_under_names_of_the_survey_are_refused(planned: str, tmp_path: Path) -> None:
    path = geodatabase(tmp_path, DLTB=_survey(["0703", "0102"], ["农村宅基地", "水浇地"]))
    with pytest.raises(EditionUndecided, match="0703"):
        load(planned, path, "land-use-survey", options("land-use-survey"))


def _planned_use(classes: list[tuple[str, str | None]], **more: Any) -> Any:
    shapes = parcels(len(classes))
    own = {
        "BSM": keys(len(classes)), "YDYHFLDM": [code for code, _ in classes],
        "YDYHFLMC": [name for _, name in classes], "MJ": declared(shapes, 1, 2),
    }  # fmt: skip
    return frame_of(own | more, shapes)


@pytest.mark.parametrize(
    ("classes", "edition", "first"),
    [
        ([("0204", "其他园地"), ("060102", "村庄内部道路用地")], "2020", ["02", "12"]),
        ([("0204", "油料园地"), ("0602", "设施农用地")], "2023", ["02", "06"]),
        ([("0602", "种植设施建设用地"), ("1313", None)], "2020", ["06", "13"]),
    ],
)
def test_reused_codes_are_told_apart_by_their_names(
    planned: str, tmp_path: Path, classes: list[tuple[str, str | None]], edition: str, first: list[str]
) -> None:
    path = geodatabase(tmp_path, GHYDYH=_planned_use(classes))
    report = load(planned, path, "planned-land-use", options("planned-land-use"))
    assert report.edition == edition
    found = held(planned, "planned-land-use", "edition", "class1", "ydyhfldm")
    assert found == [(edition, level, code) for level, (code, _) in zip(first, classes, strict=True)]


@pytest.mark.parametrize(
    ("classes", "why"),
    [
        ([("0101", "水田"), ("0102", None)], "2020.*2023"),
        ([("0204", None)], "2020.*2023"),
        ([("0204", "其他园地"), ("0204", "油料园地")], "混用"),
    ],
)
def test_an_edition_that_cannot_be_told_is_asked_about(
    planned: str, tmp_path: Path, classes: list[tuple[str, str | None]], why: str
) -> None:
    path = geodatabase(tmp_path, GHYDYH=_planned_use(classes))
    before = changesets(planned)
    with pytest.raises(EditionUndecided, match=why) as refusal:
        load(planned, path, "planned-land-use", options("planned-land-use"))
    assert "--edition 2023" in refusal.value.details["options"] and changesets(planned) == before
    report = load(planned, path, "planned-land-use", options("planned-land-use", edition="2023"))
    assert {mark for (mark,) in held(planned, "planned-land-use", "edition")} == {"2023"}
    assert report.edition == "2023"


def test_rows_that_say_their_edition_keep_it(planned: str, tmp_path: Path) -> None:
    table = _planned_use([("0204", "其他园地"), ("0204", "油料园地")], FLBB=["2020", None])
    load(planned, geodatabase(tmp_path, GHYDYH=table), "planned-land-use", options("planned-land-use"))
    assert held(planned, "planned-land-use", "edition") == [("2020",), ("2023",)]


def test_a_code_of_no_edition_is_a_rejected_row(planned: str, tmp_path: Path) -> None:
    path = geodatabase(tmp_path, GHYDYH=_planned_use([("0204", "油料园地"), ("9999", "无")]))
    with pytest.raises(RowsRejected) as refusal:
        load(planned, path, "planned-land-use", options("planned-land-use"))
    report: Any = refusal.value.details["report"]
    assert report["edition"] == "2023" and [one["line"] for one in report["rejected"]] == [2]


def test_chinese_names_and_the_layer_say_what_kind_of_line_it_is(planned: str, tmp_path: Path) -> None:
    shapes = parcels(2)
    own = {
        "标识码": keys(2),
        "行政区代码": ["370783"] * 2,
        "名称": ["弥河蓝线"] * 2,
        "面积": declared(shapes, 1, 2),
    }
    path = geodatabase(tmp_path, **{"370783ZXCQCSLX2035": frame_of(own, shapes)})
    report = load(planned, path, "control-lines", options("control-lines"))
    assert report.profile is not None and report.profile["id"] == "zxcqcs-lx" and report.unmapped == ()
    assert held(planned, "control-lines", "lx", "mc") == [("LX", "弥河蓝线")] * 2


def test_names_cut_to_ten_bytes_are_known(planned: str, tmp_path: Path) -> None:
    """A dbf holds ten bytes of a name: five characters of GBK."""
    shapes = parcels(2)
    own = {"标识码": keys(2), "用地用海分": ["0204"] * 2, "行政区名称": ["寿光市"] * 2}
    folder = tmp_path / "送审"
    folder.mkdir()
    frame_of(own, shapes).to_file(folder / "ZXCQGHYDYH.shp", engine="pyogrio", encoding="GB18030")
    (folder / "ZXCQGHYDYH.cpg").unlink()
    said = options("planned-land-use", edition="2023")
    report = load(planned, folder / "ZXCQGHYDYH.shp", "planned-land-use", said)
    assert report.encoding.encoding == "GB18030"
    assert ("用地用海分", "ydyhfldm") in report.fields


@given(
    value=st.decimals(min_value=0, max_value=10**6, places=4),
    unit=st.sampled_from(list(AreaUnit)),
)
def test_a_converted_area_is_exact_or_rounded_half_up(value: Decimal, unit: AreaUnit) -> None:
    found = to_m2(str(value), unit)
    assert found is not None
    exact = Fraction(value) * unit.in_m2
    if unit in (AreaUnit.M2, AreaUnit.HA, AreaUnit.KM2):
        assert Fraction(found) == exact
    else:
        off = Fraction(found) - exact
        assert Fraction(-1, 200) < off <= Fraction(1, 200)


@given(data=st.data())
def test_no_choice_of_classes_is_ever_taken_for_another_edition(data: st.DataObject) -> None:
    """Whatever classes of an edition a file has: it is told as that one, or asked about."""
    table = data.draw(st.sampled_from(editions()))
    codes = data.draw(st.lists(st.sampled_from(sorted(table.names)), min_size=1, max_size=6))
    named = data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes)))
    pairs = frozenset(
        (code, table.names[code] if name else None) for code, name in zip(codes, named, strict=True)
    )
    try:
        found = tell(pairs, editions(), file="f", carried=None, asked=None).edition
    except EditionUndecided:
        return
    assert found == table.id


def test_what_was_renamed_parts_the_editions() -> None:
    for each in renamed_since_2020():
        pair = frozenset({(each.code_2020, each.name_2020)})
        fitting = [table.id for table in editions() if table.fits(each.code_2020, each.name_2020)]
        assert "2020" in fitting and "2023" not in fitting, pair
