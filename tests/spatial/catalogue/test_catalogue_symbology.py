"""The tables of symbols: every neighbour can be told apart, by colour or by hatch, by everybody."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from contracts import WELLS

from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.catalogue.declaration import from_json, to_json
from spatial.catalogue.legend import legend, signs, visible_style
from spatial.catalogue.rules import accept, problems
from spatial.catalogue.symbology import Hatch, Symbol, symbologies, symbology
from spatial.errors import BadContract, NotFound

TABLE = "land-use-2023"
# Of Machado, Oliveira & Fernandes 2009, full severity, over linear RGB.
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deutan": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
}
APART = 10.0
"""ΔE of CIE 1976: two areas side by side are surely two colours."""


def lab(color: str, sight: str) -> tuple[float, float, float]:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    seen = [
        min(1.0, max(0.0, sum(weight * each for weight, each in zip(row, linear, strict=True))))
        for row in SIGHTS[sight]
    ]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        sum(weight * each for weight, each in zip(row, seen, strict=True)) / most
        for row, most in zip(rows, white, strict=True)
    )
    fx, fy, fz = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: Symbol, other: Symbol, sight: str) -> bool:
    distance = sum((a - b) ** 2 for a, b in zip(lab(one.color, sight), lab(other.color, sight), strict=True))
    return distance**0.5 >= APART or one.hatch is not other.hatch


def test_the_colour_distance_is_the_published_one() -> None:
    red, white = lab("#ff0000", "normal"), lab("#ffffff", "normal")
    assert red == pytest.approx((53.24, 80.09, 67.20), abs=0.1)
    assert white == pytest.approx((100, 0, 0), abs=0.1)


@pytest.mark.parametrize("table", symbologies())
@pytest.mark.parametrize("sight", SIGHTS)
def test_neighbours_in_a_list_are_told_apart(table: str, sight: str) -> None:
    symbols = symbology(table).symbols
    levels = {len(symbol.code) for symbol in symbols}
    lists = [list(symbols), *([each for each in symbols if len(each.code) == level] for level in levels)]
    for listed in lists:
        for one, other in pairwise(listed):
            assert apart(one, other, sight), (one, other)


def test_the_table_of_land_use_is_whole_and_says_that_it_is_unchecked() -> None:
    table = symbology(TABLE)
    codes = [symbol.code for symbol in table.symbols]
    assert len(set(codes)) == len(codes) == 175
    assert codes == sorted(codes), "a parent before its children"
    assert all(code[:-2] in codes for code in codes if len(code) > 2)
    assert [sum(len(code) == 2 * level for code in codes) for level in (1, 2, 3)] == [24, 111, 40]
    assert all(re.fullmatch("#[0-9a-f]{6}", symbol.color) and symbol.name for symbol in table.symbols)
    assert not table.checked
    assert "分类指南" in table.source


def test_an_unknown_table_names_those_there_are() -> None:
    with pytest.raises(NotFound, match=TABLE):
        symbology("no-such-table")


def with_table(table: str = TABLE, **legend_: object) -> Contract:
    uses = ("0101", "0301", "0701", "9999")
    use = Field(
        "use",
        FieldType.TEXT,
        Title("地类", "use"),
        codes=tuple((code, Title(f"类{code}", code)) for code in uses),
    )
    drawn = replace(Legend("fill", "#cccccc", by="use", table=table), **legend_)
    return replace(WELLS, geometry="Polygon", fields=(*WELLS.fields, use), legend=drawn)


def test_a_legend_takes_colours_and_hatches_from_its_table() -> None:
    contract = accept(with_table(colors=(("0301", "#123456"),)))
    found = {sign.code: (sign.color, sign.hatch) for sign in signs(contract, visible_style(contract))}
    assert found["0101"] == ("#f5f8dc", Hatch.SLASH)
    assert found["0301"][0] == "#123456", "what the contract says goes before the table"
    assert "9999" not in found
    assert found[None] == ("#cccccc", Hatch.NONE)
    document = legend(contract)
    assert document["table"]["checked"] is False
    entries = document["entries"]
    assert isinstance(entries, list)
    assert [entry.get("hatch") for entry in entries] == ["slash", "slash", "slash", None]


def test_a_hidden_field_takes_the_table_along() -> None:
    document = legend(with_table(), shown=["code"])
    assert "table" not in document
    assert document["by"] is None


def test_a_table_survives_writing_and_reading() -> None:
    contract = with_table()
    assert from_json(to_json(contract)).legend == contract.legend
    assert "table" not in to_json(WELLS)["legend"]


@pytest.mark.parametrize(
    ("contract", "where"),
    [
        (with_table("no-such-table"), "legend.table"),
        (with_table(by=None), "legend.colors"),
        (with_table(by="kind"), "legend.table"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(contract: Contract, where: str) -> None:
    assert where in [problem.where for problem in problems(contract)]
    with pytest.raises(BadContract):
        accept(contract)
