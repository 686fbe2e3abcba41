"""The matcher: what it finds, what it never accepts, where it points, and how its confidence is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from address.disturb import KINDS, Register, Split, digest, hard_queries, noisy_queries
from address.match import Decision, Index, Outcome
from address.match.calibrate import isotonic
from address.match.file import StaleIndex
from address.model import Element, MatchLevel
from address.sample import generate
from address.snapshot import Snapshot

SIZE = 20_000
QUERIES = 500


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return generate(SIZE, 1)


@pytest.fixture(scope="module")
def register(snapshot: Snapshot) -> Register:
    return Register(snapshot)


@pytest.fixture(scope="module")
def index(snapshot: Snapshot) -> Index:
    return Index(snapshot)


def _full_text(register: Register, row: int) -> str:
    return "".join(
        register.names[each] for each in register.path(int(register.snapshot.addresses.component[row]))
    )


def test_the_standard_writing_of_every_address_is_found(index: Index, register: Register) -> None:
    rows = np.random.default_rng(5).choice(SIZE, 2000, replace=False)
    texts = [_full_text(register, row) for row in rows.tolist()]
    exact = index.match_many(texts)
    assert exact.exact.mean() > 0.99 and (exact.address == rows)[exact.exact].all()
    read, _ = index.features(texts)
    assert (read == index.snapshot.addresses.component[rows]).mean() > 0.998


def test_noisy_queries_are_understood_and_none_is_wrongly_accepted(index: Index, register: Register) -> None:
    queries = noisy_queries(register, QUERIES, 7, Split.TEST)
    truth = index.snapshot.addresses.component[[query.truth for query in queries]]
    found = index.match_many([query.text for query in queries])
    right = found.component == truth
    accepted = found.decision == 0
    assert right.mean() >= 0.98
    assert accepted.mean() >= 0.9
    assert not (accepted & ~right).any()


def test_hard_negatives_are_never_wrongly_accepted(index: Index, register: Register) -> None:
    queries = hard_queries(register, 12, 7, Split.TEST)
    found = index.match_many([query.text for query in queries])
    rows = np.array([query.truth for query in queries])
    truth = np.where(rows >= 0, index.snapshot.addresses.component[rows], -1)
    wrong = (found.decision == 0) & (found.component != truth)
    assert [queries[at] for at in np.flatnonzero(wrong)] == []
    assert (found.component == truth)[rows >= 0].mean() > 0.97


def test_there_are_thirty_kinds_and_more_and_the_sets_are_frozen(register: Register) -> None:
    assert len(KINDS) >= 30 and len({kind.name for kind in KINDS}) == len(KINDS)
    one, same = (noisy_queries(register, 60, 3, Split.TEST) for _ in range(2))
    other = noisy_queries(register, 60, 3, Split.TRAIN)
    assert digest(one, register) == digest(same, register) != digest(other, register)
    assert not {query.truth for query in one} & {query.truth for query in other}


def test_a_contradiction_is_told_and_not_accepted(index: Index) -> None:
    (best, *_) = index.match("寿光市羊口镇商务小区3号楼2单元501室")
    assert best.decision is not Decision.AUTOMATIC
    said = {each.part.element: each.outcome for each in best.evidence}
    assert said[Element.TOWN] is Outcome.CONTRADICTS and said[Element.ROOM] is Outcome.AGREES


@pytest.mark.parametrize(
    "text", ["9圣街楼市58", "道5单-镇8-圣1城街室", "街楼道372城街单村", "号0城街路单5", "圣252街3圣4城街"]
)
def test_a_heap_of_characters_is_no_address(index: Index, text: str) -> None:
    """A name that is only near, with no region beside it: whatever is found is for a person to see."""
    assert all(each.decision is not Decision.AUTOMATIC for each in index.match(text, 3))


def test_levels_of_match_and_point_are_told_apart(index: Index) -> None:
    (door, *_) = index.match("寿光市圣城街道圣城街595号")
    assert (door.match_level, door.point_level, door.decision) == (
        MatchLevel.DOOR, MatchLevel.DOOR, Decision.AUTOMATIC,
    )  # fmt: skip
    (none, *_) = index.match("寿光市圣城街道圣城街99999号")
    assert none.match_level is MatchLevel.ROAD and none.decision is not Decision.AUTOMATIC


def test_a_crossing_is_where_the_register_says(index: Index, register: Register) -> None:
    (best, *_) = index.match("寿光菜都路与渤海路交叉口")
    crossings = index.snapshot.crossings
    places = {
        frozenset((register.names[one], register.names[other])): (x, y)
        for one, other, x, y in zip(
            crossings.first, crossings.second, crossings.longitude_deg, crossings.latitude_deg, strict=True
        )
    }
    assert (best.longitude_deg, best.latitude_deg) == places[frozenset(("菜都路", "渤海路"))]
    assert best.decision is not Decision.AUTOMATIC


def test_metres_from_a_place_are_metres(index: Index) -> None:
    (at, *_) = index.match("寿光市圣城街道圣城街595号")
    (away, *_) = index.match("寿光市圣城街道圣城街595号南200米")
    bearing, _, distance = Geod(ellps="GRS80").inv(
        at.longitude_deg, at.latitude_deg, away.longitude_deg, away.latitude_deg
    )
    assert distance == pytest.approx(200, rel=0.01) and abs(bearing) == pytest.approx(180, abs=1)
    assert away.point_level < at.point_level and away.decision is not Decision.AUTOMATIC


def test_one_and_many_answer_alike(index: Index, register: Register) -> None:
    queries = noisy_queries(register, 40, 9, Split.TEST)
    texts = [query.text for query in queries]
    many = index.match_many(pa.chunked_array([texts[:25], texts[25:], [None, texts[0]]]))
    for at, text in enumerate(texts):
        one = index.match(text)
        assert one[0].component == str(index.snapshot.components.key[int(many.component[at])])
        assert one[0].confidence == pytest.approx(float(many.confidence[at]), abs=1e-6)
    assert many.component[40] == -1 and many.component[41] == many.component[0]


def test_what_is_read_once_is_read_as_in_a_batch(index: Index, register: Register) -> None:
    texts = [each.text for each in noisy_queries(register, 60, 11, Split.TEST)]
    texts += ["", "🙂", "寿光市" * 200, "商务小区lO1室", "农圣街与金光街交叉口南200米（501室）"]
    for text in texts:
        reading, batch = index.parser.read(text), index.parser.parse_many([text])
        assert reading.parsed == index.parser.parse(text)
        for name in batch.__slots__:
            one, many = getattr(reading.columns, name), getattr(batch, name)
            assert one.dtype == many.dtype and one.tolist() == many.tolist(), (text, name)
        parsed, found = index.candidates(text, 3, reading)
        assert (parsed, found) == index.candidates(text, 3)
        assert [each.row for each in found] == [each.row for each in index.match(text, 3)]


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from("寿光圣城街道路号楼12-#附一与交叉口南米室 ()"), max_size=60).map("".join)
)
def test_any_text_gets_an_answer(index: Index, text: str) -> None:
    for match in index.match(text):
        assert 0 <= match.confidence <= 1 and match.match_level > MatchLevel.NONE


def test_a_mapped_file_answers_as_the_index_does(index: Index, register: Register, tmp_path: Path) -> None:
    file = tmp_path / "addresses.index"
    index.save(file)
    mapped = Index(index.snapshot, index.parser, file=file)
    texts = [query.text for query in noisy_queries(register, 50, 4, Split.TEST)]
    assert (mapped.match_many(texts).component == index.match_many(texts).component).all()
    stale = replace(index.snapshot, version="other")
    with pytest.raises(StaleIndex, match="build it anew"):
        Index(stale, index.parser, file=file)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.integers(-50, 50), st.booleans(), min_size=1, max_size=30))
def test_calibration_is_the_isotonic_regression(outcomes: dict[int, bool]) -> None:
    """Against the max-min formula: the block of each point, before smoothing, has its mean."""
    pairs = sorted(outcomes.items())
    right = np.array([pair[1] for pair in pairs], np.float64)
    score = np.array([pair[0] for pair in pairs], np.float64)
    logit, probability = isotonic(score, right)
    assert (np.diff(probability) >= 0).all() and ((probability > 0) & (probability < 1)).all()
    n = len(right)
    expected = [
        max(min(right[a : b + 1].mean() for b in range(i, n)) for a in range(i + 1)) for i in range(n)
    ]
    fitted = np.interp(score, logit, probability)
    # Equal in the exact regression means equal here, and more means no less.
    for i in range(n - 1):
        if expected[i] == pytest.approx(expected[i + 1]):
            assert fitted[i] == pytest.approx(fitted[i + 1], abs=1e-6)
