"""Which changes of a contract a layer with data can take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts import WELLS, contracts
from hypothesis import given, settings

from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy, Title
from spatial.catalogue.tables import evolution, feature_table
from spatial.history.model import Column


def _with(name: str, **changes: object) -> Contract:
    fields = tuple(
        replace(field, **changes) if field.name == name else field  # type: ignore[arg-type]
        for field in WELLS.fields
    )
    return replace(WELLS, fields=fields)


def test_the_table_of_a_contract() -> None:
    table = feature_table(WELLS)
    assert (table.name, table.geometry) == ("test_wells", "Point")
    assert table.columns == (
        Column("code", "text"),
        Column("name", "text"),
        Column("kind", "text"),
        Column("depth", "double precision"),
        Column("pumps", "bigint"),
        Column("in_use", "boolean"),
        Column("drilled", "date"),
        Column("measured", "timestamptz"),
        Column("owner", "text", public=False),
    )


@given(contracts())
@settings(max_examples=30, deadline=None)
def test_a_contract_evolves_into_itself_for_nothing(contract: Contract) -> None:
    change = evolution(contract, contract)
    assert (change.added, change.tightened, change.obstacles) == ((), (), ())


NEW = Field("level", FieldType.NUMBER, Title("水位", "Level"), unit="m")


@pytest.mark.parametrize(
    "wider",
    [
        replace(WELLS, title=Title("灌溉井", "Irrigation wells"), steward="农业农村局", order=5),
        _with("name", max_length=20, title=Title("井名", "Well name")),
        _with("name", max_length=None),
        _with("kind", codes=(*WELLS.field("kind").codes, ("3", Title("大口井", "Large")))),
        _with("depth", minimum=-5.0, maximum=None),
        _with("kind", required=False),
        _with("code", pattern=None),
    ],
)
def test_wider_contracts_need_nothing(wider: Contract) -> None:
    change = evolution(WELLS, wider)
    assert (change.added, change.tightened, change.obstacles) == ((), (), ())


def test_a_new_optional_field_is_a_new_column() -> None:
    change = evolution(WELLS, replace(WELLS, fields=(*WELLS.fields, NEW)))
    assert change.added == (Column("level", "double precision"),)
    assert not change.obstacles


@pytest.mark.parametrize(
    ("stricter", "field"),
    [
        (_with("name", required=True), "name"),
        (_with("name", max_length=4), "name"),
        (_with("owner", max_length=4), "owner"),
        (_with("depth", minimum=1.0), "depth"),
        (_with("depth", maximum=400.0), "depth"),
        (_with("code", pattern=r"\d{5}"), "code"),
        (_with("kind", codes=WELLS.field("kind").codes[:1]), "kind"),
        (_with("name", codes=(("a", Title("甲", "A")),)), "name"),
    ],
)
def test_stricter_fields_are_named(stricter: Contract, field: str) -> None:
    assert evolution(WELLS, stricter).tightened == (field,)


@pytest.mark.parametrize(
    ("other", "where"),
    [
        (replace(WELLS, geometry="MultiPoint"), "geometry"),
        (replace(WELLS, key=""), "key"),
        (replace(WELLS, precision_deg=1e-7), "precision_deg"),
        (_with("pumps", type=FieldType.TEXT), "fields.pumps.type"),
        (_with("depth", unit="cm"), "fields.depth.unit"),
        (_with("owner", secrecy=Secrecy.PUBLIC), "fields.owner.secrecy"),
        (replace(WELLS, fields=WELLS.fields[:-1]), "fields.owner"),
        (replace(WELLS, fields=WELLS.fields[::-1]), "fields"),
        (replace(WELLS, fields=(NEW, *WELLS.fields)), "fields"),
        (replace(WELLS, fields=(*WELLS.fields, replace(NEW, required=True))), "fields.level.required"),
    ],
)
def test_what_would_change_written_versions_is_an_obstacle(other: Contract, where: str) -> None:
    assert where in [obstacle.where for obstacle in evolution(WELLS, other).obstacles]
