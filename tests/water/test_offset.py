"""Vertical datums: converted by what is on record where it holds, there and back; else refused."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from water.errors import DatumNotConvertible
from water.works.datum import VerticalDatum as Datum
from water.works.offset import DatumOffset, Place, between, difference, refused_record

CITY = shapely.box(118.5, 36.6, 119.2, 37.3)
HERE = Place(118.75, 36.88, "41800001")
KNOWN = (Datum.CGVD1985, Datum.YELLOW_SEA_1956, Datum.FEIHUANGHEKOU, Datum.WUSONG, Datum.DAGU)


def known(
    source: Datum,
    target: Datum,
    offset_m: float,
    *,
    area: shapely.Geometry = CITY,
    station: str | None = None,
) -> DatumOffset:
    name = f"{source.value}-{target.value}-{offset_m:g}"
    return DatumOffset(name, source, target, offset_m, 0.02, "联测成果(测试)", "unverified", area, station)


@given(
    st.permutations(KNOWN),
    st.lists(st.floats(-5, 5), min_size=4, max_size=4),
    st.floats(-50, 500),
)
def test_there_and_back_is_the_same_height(
    datums: list[Datum], offsets_m: list[float], height_m: float
) -> None:
    """Offsets of a star about one datum: every pair is at most two steps apart."""
    hub, *others = datums
    held = [known(hub, other, offset) for other, offset in zip(others, offsets_m, strict=True)]
    zero = dict(zip(others, offsets_m, strict=True)) | {hub: 0.0}
    for one, two in permutations(datums, 2):
        forth, back = between(one, two, HERE, held), between(two, one, HERE, held)
        assert forth.offset_m == pytest.approx(zero[two] - zero[one], abs=1e-12)
        assert back.height_m(forth.height_m(height_m)) == pytest.approx(height_m, abs=1e-9)
        steps = 1 if hub in (one, two) else 2
        assert len(forth.via) == steps and forth.uncertainty_m == pytest.approx(0.02 * math.sqrt(steps))


def test_nothing_is_guessed() -> None:
    held = [known(Datum.YELLOW_SEA_1956, Datum.CGVD1985, -0.029)]
    assert between(Datum.YELLOW_SEA_1956, Datum.CGVD1985, HERE, held).height_m(10.0) == pytest.approx(9.971)
    refused = [
        (Datum.WUSONG, Datum.CGVD1985, HERE, held),
        (Datum.YELLOW_SEA_1956, Datum.CGVD1985, Place(117.0, 36.88), held),  # beyond where it holds
        (Datum.NOT_STATED, Datum.CGVD1985, HERE, held),
        (Datum.NOT_STATED, Datum.NOT_STATED, HERE, held),
        (Datum.ASSUMED, Datum.ASSUMED, Place(118.75, 36.88), held),  # of which work, nobody says
        (Datum.YELLOW_SEA_1956, Datum.CGVD1985, HERE, [*held, known(*KNOWN[1::-1], 0.2)]),
    ]
    for source, target, place, offsets in refused:
        with pytest.raises(DatumNotConvertible, match=source.value):
            between(source, target, place, offsets)
    assert between(Datum.WUSONG, Datum.WUSONG, HERE, []).via == ()


def test_a_frozen_datum_is_of_its_station() -> None:
    frozen = known(Datum.WUSONG_FROZEN, Datum.CGVD1985, -1.7, station="41800001")
    assert between(Datum.WUSONG_FROZEN, Datum.CGVD1985, HERE, [frozen]).offset_m == -1.7
    other = Place(118.76, 36.9, "41800002")
    with pytest.raises(DatumNotConvertible):
        between(Datum.WUSONG_FROZEN, Datum.CGVD1985, other, [frozen])
    with pytest.raises(DatumNotConvertible):  # one word, two heights
        difference((Datum.WUSONG_FROZEN, HERE), (Datum.WUSONG_FROZEN, other), [frozen])
    both = [frozen, known(Datum.WUSONG_FROZEN, Datum.CGVD1985, -1.4, station="41800002")]
    found = difference((Datum.WUSONG_FROZEN, HERE), (Datum.WUSONG_FROZEN, other), both)
    assert found.offset_m == pytest.approx(-0.3) and found.uncertainty_m == pytest.approx(0.02 * math.sqrt(2))
    assert difference((Datum.WUSONG, HERE), (Datum.WUSONG, other), []).offset_m == 0.0


@pytest.mark.parametrize(
    "offset",
    [
        known(Datum.WUSONG, Datum.WUSONG, 0.0),
        known(Datum.NOT_STATED, Datum.WUSONG, 0.0),
        known(Datum.ASSUMED, Datum.CGVD1985, 1.0),
        known(Datum.WUSONG, Datum.CGVD1985, math.nan),
        known(Datum.WUSONG, Datum.CGVD1985, 1.0, area=shapely.Polygon()),
    ],
    ids=lambda each: each.id,
)
def test_what_is_no_offset_is_not_entered(offset: DatumOffset) -> None:
    assert refused_record(offset) is not None
    assert refused_record(known(Datum.WUSONG, Datum.CGVD1985, -1.7)) is None
