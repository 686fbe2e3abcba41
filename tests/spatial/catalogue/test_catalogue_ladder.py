"""The ladder of a contract: what is refused, what holds where nothing is said, who may not see what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts import WELLS

from spatial.catalogue.contract import Contract, Legend, Rung, Step
from spatial.catalogue.declaration import from_json, to_json
from spatial.catalogue.ladder import ladder_of, rung_at, single_from
from spatial.catalogue.rules import problems

AREAS = replace(
    WELLS,
    geometry="MultiPolygon",
    legend=Legend("fill", "#888888", by="kind", colors=(("1", "#111111"), ("2", "#222222"))),
)
NAMES = [field.name for field in WELLS.fields]


@pytest.mark.parametrize(
    ("contract", "ladder", "where"),
    [
        (WELLS, (Rung(14, Step.DISSOLVE),), "ladder[0].step"),
        (AREAS, (Rung(14, Step.CLUSTER),), "ladder[0].step"),
        (AREAS, (Rung(15),), "ladder[0].below"),
        (AREAS, (Rung(0),), "ladder[0].below"),
        (AREAS, (Rung(9), Rung(12)), "ladder[1].below"),
        (AREAS, (Rung(9), Rung(9)), "ladder[1].below"),
        (AREAS, (Rung(14, Step.DISSOLVE, minimum_px=0.3),), "ladder[0].minimum_px"),
        (AREAS, (Rung(14, minimum_px=-1),), "ladder[0].minimum_px"),
        (AREAS, (Rung(14, Step.DISSOLVE, single_px=-1),), "ladder[0].single_px"),
        (AREAS, (Rung(14, Step.DISSOLVE, by="colour"),), "ladder[0].by"),
        (AREAS, (Rung(14, Step.DISSOLVE, by="name"),), "ladder[0].by"),
        (AREAS, (Rung(14, by="kind"),), "ladder[0].by"),
        (AREAS, (Rung(14, fields=("colour",)),), "ladder[0].fields"),
        (WELLS, (Rung(14, Step.CLUSTER, cell_px=24),), "ladder[0].cell_px"),
    ],
)
def test_what_a_ladder_may_not_say_is_named_with_its_place(
    contract: Contract, ladder: tuple[Rung, ...], where: str
) -> None:
    found = problems(replace(contract, ladder=ladder))
    assert [each.where for each in found] == [where]
    assert found[0].zh and found[0].en and found[0].value is not None


@pytest.mark.parametrize(
    "ladder",
    [
        (Rung(14, Step.DISSOLVE), Rung(11, Step.DISSOLVE, by="kind", minimum_px=1, fields=("kind",))),
        (Rung(14, minimum_px=2.5), Rung(8, Step.DISSOLVE, single_px=16)),
    ],
)
def test_a_ladder_survives_json(ladder: tuple[Rung, ...]) -> None:
    contract = replace(AREAS, ladder=ladder)
    assert problems(contract) == () and from_json(to_json(contract)) == contract


def test_without_a_ladder_a_contract_is_written_as_ever() -> None:
    assert "ladder" not in to_json(AREAS)


def test_geometry_and_legend_suggest_a_ladder() -> None:
    assert [(rung.below, rung.step) for rung in ladder_of(AREAS)] == [
        (14, Step.DISSOLVE),
        (11, Step.DISSOLVE),
    ]
    assert rung_at(AREAS, 13, NAMES).by == "kind" and rung_at(AREAS, 10, NAMES).keeps("kind")
    assert rung_at(AREAS, 13, NAMES).keeps("name") and not rung_at(AREAS, 10, NAMES).keeps("name")
    assert rung_at(WELLS, 13, NAMES).step is Step.SINGLE and rung_at(WELLS, 12, NAMES).step is Step.CLUSTER
    plain = replace(AREAS, legend=Legend("fill", "#888888"))
    assert {rung.step for rung in ladder_of(plain)} == {Step.SINGLE}
    assert (single_from(AREAS), single_from(WELLS), single_from(plain)) == (14, 13, 0)


def test_the_last_rung_that_fits_holds() -> None:
    contract = replace(AREAS, ladder=(Rung(12), Rung(9, Step.DISSOLVE)))
    steps = [rung_at(contract, level, NAMES).step for level in (13, 12, 11, 9, 8, 0)]
    assert steps == [Step.SINGLE] * 4 + [Step.DISSOLVE] * 2


def test_a_field_that_is_not_shown_decides_nothing() -> None:
    assert rung_at(AREAS, 5, ["code", "name"]).by is None
