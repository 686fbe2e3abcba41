"""Grading by GB/T 22482: each case and each edge of the table, by hand."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadVerification
from water.forecast import grading
from water.forecast.limits import WORST, limits, read

TEXT = (resources.files("water") / "assets" / "forecast-grading.toml").read_text(encoding="utf-8")

PEAKS = [
    (100.0, 100.0, 20.0, True),
    (120.0, 100.0, 20.0, True),
    (80.0, 100.0, 20.0, True),
    (120.0000001, 100.0, 20.0, False),
    (79.9999999, 100.0, 20.0, False),
    (0.36, 0.3, 0.06, True),  # 0.06 is no binary fraction: an edge is an edge
    (0.0, 5.0, 1.0, False),
    (2016.0, 1680.0, 336.0, True),
    (2017.0, 1680.0, 336.0, False),
]
TIMES = [
    (0.0, 1.0, None, 3.0, True),
    (3.0, 1.0, None, 3.0, True),
    (-3.0, 1.0, None, 3.0, True),
    (3.01, 1.0, None, 3.0, False),
    (6.0, 6.0, None, 6.0, True),
    (7.0, 6.0, None, 6.0, False),
    (24.0, 24.0, None, 24.0, True),
    (3.0, 1.0, 8.0, 3.0, True),  # 30 % of 8 h is less than 3 h
    (6.0, 1.0, 20.0, 6.0, True),
    (-6.1, 1.0, 20.0, 6.0, False),
]
VOLUMES = [
    (60.0, 50.0, 10.0, True),
    (60.1, 50.0, 10.0, False),
    (120.0, 100.0, 20.0, True),
    (120.1, 100.0, 20.0, False),
    (220.0, 200.0, 20.0, True),  # 20 % would be 40 mm: 20 mm at most
    (221.0, 200.0, 20.0, False),
    (1.2, 1.0, 0.2, True),
    (0.79, 1.0, 0.2, False),
]
CHANNELS = [
    (110.0, 110.0, 90.0, 4.0, True),
    (114.0, 110.0, 90.0, 4.0, True),
    (106.0, 110.0, 90.0, 4.0, True),
    (114.1, 110.0, 90.0, 4.0, False),
    (86.0, 90.0, 110.0, 4.0, True),  # falling: the size of the change counts
    (90.0, 90.0, 90.0, 0.0, True),
    (90.1, 90.0, 90.0, 0.0, False),
    (21.12, 21.1, 21.0, 0.02, True),
]
SHARES = [
    (100, 100, "甲"), (85, 100, "甲"), (17, 20, "甲"), (8499, 10000, "乙"), (84, 100, "乙"), (7, 10, "乙"),
    (6999, 10000, "丙"), (6, 10, "丙"), (5999, 10000, WORST), (0, 7, WORST),
]  # fmt: skip
DETERMINATIONS = [
    (1.0, "甲"), (0.9, "甲"), (np.nextafter(0.9, 0), "乙"), (0.7, "乙"), (np.nextafter(0.7, 0), "丙"),
    (0.5, "丙"), (np.nextafter(0.5, 0), WORST), (0.0, WORST), (-12.0, WORST), (float("nan"), WORST),
]  # fmt: skip


@pytest.mark.parametrize(("made", "seen", "allowed", "good"), PEAKS)
def test_peak(made: float, seen: float, allowed: float, good: bool) -> None:
    judged = grading.peak(made, seen)
    assert judged.allowed == pytest.approx(allowed, rel=1e-15) and judged.qualified is good
    assert judged.error == made - seen


@pytest.mark.parametrize(("error", "step", "lead", "allowed", "good"), TIMES)
def test_peak_time(error: float, step: float, lead: float | None, allowed: float, good: bool) -> None:
    judged = grading.peak_time(error, step, lead)
    assert judged.allowed == allowed and judged.qualified is good


@pytest.mark.parametrize(("made", "seen", "allowed", "good"), VOLUMES)
def test_volume(made: float, seen: float, allowed: float, good: bool) -> None:
    judged = grading.volume(made, seen)
    assert judged.allowed == pytest.approx(allowed, rel=1e-15) and judged.qualified is good


@pytest.mark.parametrize(("made", "seen", "before", "allowed", "good"), CHANNELS)
def test_channel(made: float, seen: float, before: float, allowed: float, good: bool) -> None:
    judged = grading.channel(made, seen, before)
    assert judged.allowed == pytest.approx(allowed, rel=1e-12, abs=1e-15) and judged.qualified is good


@pytest.mark.parametrize(("good", "of", "grade"), SHARES)
def test_grade_by_share(good: int, of: int, grade: str) -> None:
    judged = [grading.Judged("peak", 0.0 if number < good else 2.0, 1.0) for number in range(of)]
    share = grading.qualified_share(judged)
    assert share == Fraction(good, of) and grading.grade_by_share(share) == grade


@pytest.mark.parametrize(("value", "grade"), DETERMINATIONS)
def test_grade_by_determination(value: float, grade: str) -> None:
    assert grading.grade_by_determination(float(value)) == grade


@pytest.mark.parametrize(
    ("grade", "issued"), [("甲", True), ("乙", True), ("丙", False), (WORST, False), ("优", False)]
)
def test_what_may_be_issued(grade: str, issued: bool) -> None:
    assert limits().issued(grade) is issued


def test_the_weakest_counts() -> None:
    assert grading.worst(["甲", "乙"]) == "乙"
    assert grading.worst(["甲", WORST, "丙"]) == WORST


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: grading.peak(1.0, 0.0),
        lambda: grading.peak(float("nan"), 1.0),
        lambda: grading.peak(1.0, float("inf")),
        lambda: grading.peak_time(1.0, 0.0),
        lambda: grading.volume(1.0, -1.0),
        lambda: grading.channel(1.0, float("nan"), 1.0),
        lambda: grading.qualified_share([]),
        lambda: grading.determination([1.0], [1.0, 2.0]),
        lambda: grading.determination([], []),
        lambda: grading.determination([1.0, 2.0], [3.0, 3.0]),
        lambda: grading.determination([1.0, float("nan")], [3.0, 4.0]),
        lambda: grading.determination([1.0, 2.0], [float("nan")] * 2),
    ],
)
def test_nonsense_is_refused(nonsense: object) -> None:
    with pytest.raises(BadVerification) as refused:
        nonsense()  # type: ignore[operator]
    assert refused.value.zh and refused.value.en


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=2, max_size=40).filter(
        lambda pairs: np.std([seen for _, seen in pairs]) > 1e-3
    ),
    st.floats(0.1, 50),
)
def test_determination_is_the_share_of_variance_explained(
    pairs: list[tuple[float, float]], scale: float
) -> None:
    made, seen = (np.array(each) for each in zip(*pairs, strict=True))
    found = grading.determination(made, seen)
    by_hand = 1 - sum((a - b) ** 2 for a, b in pairs) / sum((b - seen.mean()) ** 2 for _, b in pairs)
    assert found == pytest.approx(by_hand, rel=1e-9, abs=1e-9) and found <= 1
    assert grading.determination(made * scale, seen * scale) == pytest.approx(found, rel=1e-6, abs=1e-6)
    holes = np.append(seen, np.nan), np.append(made, 3.0)
    assert grading.determination(holes[1], holes[0]) == found


def test_every_limit_comes_from_the_table_and_what_is_unverified_is_told() -> None:
    table = tomllib.loads(TEXT)
    assert limits().unverified == (
        "peak_time.least_h", "peak_time.lead_share", "scheme", "grades.甲", "grades.乙", "grades.丙",
        "sample",
    )  # fmt: skip
    assert [each["grade"] for each in table["grades"]] == [each.grade for each in limits().steps]
    other = read(TEXT.replace('"85"', '"90"').replace('share = "0.20"', 'share = "0.10"'))
    assert grading.grade_by_share(Fraction(85, 100), other) == "乙"
    assert not grading.peak(115.0, 100.0, other).qualified
    assert not grading.volume(57.0, 50.0, other).qualified
    assert not grading.channel(113.0, 110.0, 90.0, other).qualified
