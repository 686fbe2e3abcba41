"""Documents become edits or are refused with a place, whatever they hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract
from spatial.catalogue.tables import feature_table
from spatial.datum import frame
from spatial.editing import document
from spatial.editing.model import Condition, Target
from spatial.editing.rules import Reader, Way
from spatial.errors import FeatureRejected, UnreadableDocument

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from contracts import PLOTS, WELLS

CITY = read_city("370783")
_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_shapes = st.sampled_from(["Point", "Polygon", "MultiPolygon", "LineString"])
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
_members = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("Feature") | _json,
        "id": _json,
        "geometry": _json | st.fixed_dictionaries({"type": _shapes, "coordinates": _json}),
        "properties": _json
        | st.dictionaries(st.sampled_from([field.name for field in WELLS.fields] + ["valid_from"]), _json),
        "crs": _json,
    },
)


def reader(contract: Contract, way: Way | None = None) -> Reader:
    visible = frozenset(field.name for field in contract.fields)
    return Reader(
        Target(contract, feature_table(contract), CITY, visible), way or Way(frame("EPSG:4490"), False)
    )


@given(_members | _json, st.sampled_from([WELLS, PLOTS]))
def test_any_document_is_read_or_refused_with_a_place(sent: Any, contract: Contract) -> None:
    readings = (
        lambda one: one.created([sent]),
        lambda one: one.replaced("W0001", sent, Condition(), merge=False),
        lambda one: one.updated("W0001", sent, Condition(), merge=False),
    )
    for read in readings:
        one = reader(contract)
        try:
            read(one)
            one.done()
        except FeatureRejected as refused:
            assert refused.details["where"]
            assert refused.details["faults"]
            orjson.dumps(refused.details)


@given(st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """What is read, other readers of JSON read alike."""
    try:
        value = document.read(body)
    except UnreadableDocument:
        return
    assert value == json.loads(body, parse_int=whole)


def whole(text: str) -> int | float:
    """Beyond 64 bits a number is no integer to most readers."""
    return int(text) if -(2**63) <= int(text) < 2**64 else float(text)


@given(
    st.dictionaries(
        st.sampled_from(["name", "kind", "owner"]),
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30),
    )
)
def test_texts_arrive_in_normal_form(properties: dict[str, str]) -> None:
    import unicodedata

    one = reader(WELLS)
    edit = one.updated("W0001", {"properties": properties}, Condition(), merge=False)
    one.done()
    wanted = {name: unicodedata.normalize("NFC", text) or None for name, text in properties.items()}
    assert edit.values == wanted


@pytest.mark.parametrize("swapped", [False, True])
def test_the_axes_of_the_frame_are_kept(swapped: bool) -> None:
    ring = [[118.8, 36.9], [118.81, 36.9], [118.81, 36.91], [118.8, 36.9]]
    sent = [position[::-1] for position in ring] if swapped else ring
    one = reader(PLOTS, Way(frame("EPSG:4490"), swapped))
    body = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [sent]},
        "properties": {"code": "1"},
    }
    (edit,) = one.created([body])
    one.done()
    shape = shapely.from_wkb(edit.values["geom"])
    assert shapely.get_srid(shape) == 4490
    assert shapely.get_coordinates(shape).tolist() == ring


def test_one_request_has_one_valid_time() -> None:
    one = reader(PLOTS)
    ring = [[118.8, 36.9], [118.81, 36.9], [118.81, 36.91], [118.8, 36.9]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    one.created(
        [
            {
                "type": "Feature",
                "geometry": geometry,
                "properties": {"code": str(n), "valid_from": f"2026-01-0{n}"},
            }
            for n in (1, 2)
        ]
    )
    with pytest.raises(FeatureRejected) as refused:
        one.done()
    assert refused.value.details["where"] == "properties.valid_from"


def test_faults_are_told_up_to_a_hundred() -> None:
    one = reader(WELLS)
    with pytest.raises(FeatureRejected) as refused:
        one.created([{}] * 100_000)
    assert len(refused.value.details["faults"]) == 100  # type: ignore[arg-type]
