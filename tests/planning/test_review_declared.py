"""What a delivery declares of itself: widths, heights, grids, tables and figures beside the data."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from review_ground import changed, found_in, ground, layer, subject, survey

from planning.profiles import of_layer
from planning.review.model import Declared, DeclaredField, Figure


def _fields(width: int = 18, **other: int) -> tuple[DeclaredField, ...]:
    """The fields of the survey as its profile has them."""
    (profile,) = of_layer("land-use-survey").profiles
    return tuple(
        DeclaredField(
            each.name,
            each.kind or "text",
            other.get(each.name, each.length) if each.name != "BSM" else width,
        )
        for each in profile.fields
    )


@pytest.mark.parametrize(
    ("format", "fields", "expected"),
    [
        ("filegdb", _fields(), {}),
        ("filegdb", _fields(20, DLMC=30), {"BSM": 20, "DLMC": 30}),
        ("shapefile", _fields(254, DLMC=30), {"DLMC": 30}),
    ],
)
def test_widths_are_those_of_the_profile(
    format: str, fields: tuple[DeclaredField, ...], expected: dict[str, int]
) -> None:
    (profile,) = of_layer("land-use-survey").profiles
    state = survey(ground(100, 4))
    declared = Declared("DLTB", "EPSG:4528", fields, format=format, vertical="EPSG:5737")
    found = found_in(subject(replace(state, declared=declared, profile=profile)), 3)
    assert set(found) == ({"field-width"} if expected else set())
    if expected:
        told = {each.zh.split()[1]: each.measured for each in found["field-width"].findings}
        assert told == expected


def test_what_the_structure_wants_filled() -> None:
    (profile,) = of_layer("land-use-survey").profiles
    state = replace(survey(ground(100, 4)), profile=profile)
    empty = replace(changed(state, "tbmj", 4, None), profile=profile)
    assert found_in(subject(state), 4) == {}
    assert found_in(subject(empty), 4)["value-missing"].findings[0].keys == (state.keys[4],)


def test_tables_and_documents_beside_the_data() -> None:
    state = survey(ground(100, 4))
    names = ("成果/规划文本.pdf", "成果/规划说明.docx", "成果/图集.pdf", "成果/元数据.xml")
    table = (Figure("AQ-01", None, {"table": Decimal(0)}),)
    assert "document-missing" not in found_in(subject(state), 1), "data alone"
    assert set(found_in(subject(state, documents=names, figures=table), 1)) == {"layer-missing"}
    found = found_in(subject(state, documents=names[1:]), 1)
    assert found["table-missing"].total == 1
    assert ["规划文本" in each.zh for each in found["document-missing"].findings] == [True]


def test_text_maps_and_database_must_say_one_number() -> None:
    farmland = layer("permanent-farmland", ground(100, 4))
    agree = Figure("AQ-06", None, {"text": Decimal("1.20"), "map": Decimal("1.2"), "table": Decimal("1.204")})
    wrong = Figure("AQ-07", None, {"text": Decimal("31.5"), "database": Decimal("31.6")})
    alone = Figure("AQ-08", None, {"text": Decimal("3")})
    assert found_in(subject(farmland, figures=(agree, alone)), 10).keys() == {"indicator-missing"}
    found = found_in(subject(farmland, figures=(agree, wrong, alone)), 10)["figures-disagree"]
    assert (found.examined, found.total) == (2, 1) and "文本 31.5" in found.findings[0].zh
    assert found.findings[0].measured == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vertical": "EPSG:5737", "resolution": 0.0001, "tolerance": 0.001}, set()),
        ({"vertical": "EPSG:5737", "resolution": 0.01, "tolerance": 0.1}, {"grid-coarse"}),
        ({"vertical": "EPSG:5736", "resolution": 0.0001, "tolerance": 0.001}, {"vertical-not-1985"}),
        ({"vertical": None, "resolution": 0.0001, "tolerance": 0.001}, {"vertical-not-declared"}),
    ],
)
def test_heights_and_grids_that_a_geodatabase_declares(changes: dict[str, Any], expected: set[str]) -> None:
    state = survey(ground(100, 4))
    said = replace(state, declared=Declared("DLTB", "EPSG:4528", format="filegdb", **changes))
    assert set(found_in(subject(said), 2)) == expected


def test_layers_on_another_grid_than_most() -> None:
    shapes = ground(100, 4)
    fine = {"vertical": "EPSG:5737", "resolution": 1e-9, "tolerance": 9e-9, "format": "filegdb"}
    states = [
        replace(layer(name, shapes), declared=Declared(name, "EPSG:4490", **fine))  # type: ignore[arg-type]
        for name in ("planning-zones", "urban-boundary")
    ]
    assert found_in(subject(*states), 2) == {}
    coarser = fine | {"tolerance": 2e-9}
    odd = replace(survey(shapes), declared=Declared("DLTB", "EPSG:4490", **coarser))  # type: ignore[arg-type]
    assert found_in(subject(*states, odd), 2)["grids-differ"].findings[0].layer == "land-use-survey"
