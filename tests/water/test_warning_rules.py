"""Rules and levels: what cannot be meant is refused by its place, what is not on file is said."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadWarningRule
from water.gauges.station import Mark, Station, Threshold
from water.warning import rule_document
from water.warning.colour import Colour
from water.warning.levels import Reason, levels
from water.warning.rule import Rule
from water.warning.rule_document import rule, shipped
from water.warning.scoring import Fate, Span, events, score, skill
from water.warning.verification import within
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset

STAGE, DISCHARGE, RETURN = shipped("warning-rules")
DAY = date(2026, 7, 1)
CGVD, WUSONG, UNSTATED = VerticalDatum.CGVD1985, VerticalDatum.WUSONG, VerticalDatum.NOT_STATED


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=8,
)


def own(raised: float, cleared: float) -> dict[str, Any]:
    return {"colour": "red", "raised": raised, "cleared": cleared}


def station(datum: VerticalDatum = CGVD, id_: str = "41800001") -> Station:
    return Station(id_, "站", "ZQ", datum, 118.7, 36.8, "T", *(None,) * 6, False)  # type: ignore[arg-type]


def threshold(kind: Mark, value: float, datum: VerticalDatum = CGVD, **more: Any) -> Threshold:
    return Threshold(kind, more.pop("quantity", "stage"), value, datum, "文件", "unverified", **more)


def value_rule(*steps: tuple[str, float, float], **changed: Any) -> Rule:
    told = [{"colour": colour, "raised": raised, "cleared": cleared} for colour, raised, cleared in steps]
    return rule({**STAGE, "kind": "value", "levels": told, **changed})


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"kind": "value", "levels": [own(1, 2)]}, "/levels/0/cleared"),
        ({"levels": [{"colour": "red", "mark": "warning", "margin": -1}]}, "/levels/0/margin"),
        ({"levels": [{"colour": "red", "mark": "警戒"}]}, "/levels/0/mark"),
        ({"levels": [{"colour": "pink", "mark": "warning"}]}, "/levels/0/colour"),
        ({"levels": []}, "/levels"),
        ({"levels": [{"colour": c, "mark": "warning"} for c in ("red", "blue")]}, "/levels/1/colour"),
        ({"kind": "value", "levels": [own(math.nan, 0)]}, "/levels/0/raised"),
        ({"kind": "value", "levels": [own(True, 0)]}, "/levels/0/raised"),
        ({"stations": [], "classes": []}, "/stations"),
        ({"classes": ["PP"]}, "/classes"),
        ({"element": "colour"}, "/element"),
        ({"id": "Nötig"}, "/id"),
        ({"dwell_s": -1}, "/dwell_s"),
        ({"stale_s": 0}, "/stale_s"),
        ({"stale_s": math.inf}, "/stale_s"),
        ({"surprise": 1}, "/surprise"),
        ({"source": " "}, "/source"),
        ({"below": True}, "/below"),
        ({"kind": "rise", "levels": [own(1, 0)]}, "/window_s"),
        ({"chain": [{"id": "leader", "deadline_s": {"red": 1}}]}, "/chain/0/deadline_s"),
        ({"chain": [*reversed(STAGE["chain"])]}, "/chain"),
        ({"kind": "exceedance", "levels": [{**own(2, 1), "mark": "highest"}]}, "/levels/0/raised"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_its_place(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadWarningRule) as refused:
        rule({**STAGE, **changed})
    assert refused.value.details["pointer"] == pointer, refused.value.zh
    assert refused.value.zh and refused.value.en


def test_graver_levels_are_not_reached_first() -> None:
    value_rule(("blue", 1, 0.5), ("red", 2, 1.5))
    with pytest.raises(BadWarningRule):
        value_rule(("blue", 2, 0.5), ("red", 1, 0.5))
    value_rule(("blue", 2, 2.5), ("red", 1, 1.5), below=True)
    for steps in ((("blue", 1, 1.5), ("red", 2, 2.5)), (("blue", 2, 1.5),)):
        with pytest.raises(BadWarningRule):
            value_rule(*steps, below=True)


@given(NONSENSE, st.sampled_from([*STAGE, "quantiles", "normals", "below"]))
@settings(max_examples=200, deadline=None)
def test_whatever_is_handed_in_is_a_rule_or_refused(nonsense: Any, member: str) -> None:
    try:
        rule({**STAGE, member: nonsense})
    except BadWarningRule as refused:
        assert refused.details["pointer"]


def test_the_digest_is_of_what_is_said() -> None:
    turned = dict(reversed(STAGE.items()))
    assert rule_document.sha256(turned) == rule_document.sha256(STAGE)
    assert rule_document.sha256({**STAGE, "dwell_s": 1}) != rule_document.sha256(STAGE)


def test_what_is_not_on_file_stays_open_and_names_who_can_supply_it() -> None:
    found = levels(rule(STAGE), station(), [threshold(Mark.WARNING, 21.0)], DAY)
    assert found.raised[1] == 21.0 and found.cleared[1] == pytest.approx(20.9)
    assert all(math.isnan(found.raised[place]) for place in (0, 2, 3))
    assert [(each.colour, each.reason) for each in found.missing] == [
        (Colour.ORANGE, Reason.NO_THRESHOLD),
        (Colour.RED, Reason.NO_THRESHOLD),
    ]
    told = found.missing[0].to_json()
    assert "(保证水位),请寿光市水利局" in told["zh"]
    assert "no threshold on file (guaranteed stage)" in told["en"]
    assert levels(rule(RETURN), station(), [], DAY).missing[0].reason is Reason.NO_QUANTILES


@pytest.mark.parametrize(
    ("series", "mark", "reason"),
    [
        (CGVD, WUSONG, Reason.OTHER_DATUM),
        (CGVD, UNSTATED, Reason.DATUM_NOT_STATED),
        (UNSTATED, UNSTATED, Reason.DATUM_NOT_STATED),  # two that nobody stated need not be the same
        (UNSTATED, CGVD, Reason.DATUM_NOT_STATED),
        (VerticalDatum.ASSUMED, VerticalDatum.ASSUMED, None),
    ],
)
def test_a_stage_is_held_against_its_own_datum(
    series: VerticalDatum, mark: VerticalDatum, reason: Reason | None
) -> None:
    found = levels(rule(STAGE), station(series), [threshold(Mark.WARNING, 21.0, mark)], DAY)
    assert (found.missing[0].reason if found.raised[1] != 21.0 else None) is reason


def test_an_offset_on_record_is_used_where_it_holds() -> None:
    area = shapely.box(118.6, 36.7, 118.9, 37.0)
    known = DatumOffset("O-1", WUSONG, CGVD, -1.5, 0.01, "考证", "unverified", area)
    marks = [threshold(Mark.WARNING, 21.0, WUSONG)]
    found = levels(rule(STAGE), station(), marks, DAY, [known])
    assert found.raised[1] == 19.5 and found.evidence["yellow"]["offsets"] == ["O-1"]
    elsewhere = replace(known, area=shapely.box(0, 0, 1, 1))
    other = replace(known, id="O-2", offset_m=-1.4)
    for offsets in ([elsewhere], [known, other]):  # it does not hold there; two contradict each other
        assert levels(rule(STAGE), station(), marks, DAY, offsets).missing[0].reason is Reason.OTHER_DATUM


def test_levels_on_file_that_are_out_of_order_or_several() -> None:
    marks = [threshold(Mark.WARNING, 22.0), threshold(Mark.GUARANTEED, 21.0), threshold(Mark.HIGHEST, 23.0)]
    found = levels(rule(STAGE), station(), marks, DAY)
    assert [(each.colour, each.reason) for each in found.missing] == [(Colour.ORANGE, Reason.OUT_OF_ORDER)]
    assert (found.raised[1], found.raised[3]) == (22.0, 23.0)
    twice = levels(rule(STAGE), station(), [*marks, threshold(Mark.WARNING, 20.0)], DAY)
    assert twice.missing[0].reason is Reason.SEVERAL_THRESHOLDS
    summer = [threshold(Mark.WARNING, 20.0, season=("06-01", "09-30"))]
    winter = [threshold(Mark.WARNING, 21.0, season=("10-01", "05-31"))]
    assert levels(rule(STAGE), station(), [*summer, *winter], DAY).raised[1] == 20.0
    assert levels(rule(STAGE), station(), [*summer, *winter], date(2026, 1, 5)).raised[1] == 21.0


def test_return_periods_lie_between_what_is_on_file() -> None:
    table = {"years": [5, 20, 50], "values": [500, 1000, 1500], "document": "设计洪水成果"}
    five = [
        {"colour": "blue", "raised": 10, "cleared": 5},
        {"colour": "yellow", "raised": 20, "cleared": 5},
        {"colour": "red", "raised": 100, "cleared": 50},
    ]
    known = rule({**RETURN, "levels": five, "quantiles": {"41800001": table}})
    found = levels(known, station(), [], DAY)
    assert found.raised[0] == pytest.approx(750.0)  # half way from 5 to 20 along the logarithm
    assert (found.raised[1], found.cleared[1]) == (1000.0, 500.0)
    assert [each.reason for each in found.missing] == [Reason.BEYOND_QUANTILES]
    with pytest.raises(BadWarningRule):
        rule({**RETURN, "quantiles": {"41800001": {**table, "values": [500, 400, 300]}}})


def test_low_values_are_judged_the_other_way_round() -> None:
    found = levels(value_rule(("blue", 2.0, 2.5), below=True), station(), [], DAY)
    assert (found.raised[0], found.cleared[0]) == (-2.0, -2.5)
    assert (found.evidence["blue"]["raised"], found.evidence["blue"]["cleared"]) == (2.0, 2.5)


def test_hits_misses_and_false_alarms_by_hand() -> None:
    hour = 3600.0
    time = np.arange(0.0, 100 * hour, hour)
    first, second = (time >= 10 * hour) & (time <= 20 * hour), (time >= 60 * hour) & (time <= 62 * hour)
    value = np.where(first | second, 2.0, 1.0)
    found = events(time, value, 2.0, 2 * hour)
    assert found == (Span(10 * hour, 20 * hour), Span(60 * hour, 62 * hour))
    warned = [Span(8 * hour, 21 * hour), Span(40 * hour, 41 * hour), Span(200 * hour, 201 * hour)]
    scored = score(found, warned, time, hour)
    assert [(each.fate, each.lead_s) for each in scored] == [
        (Fate.HIT, 2 * hour),
        (Fate.MISS, None),
        (Fate.FALSE, None),
        (Fate.UNKNOWN, None),  # nothing was measured then
    ]
    told = skill(scored)
    assert (told.pod, told.far, told.csi) == (0.5, 0.5, 1 / 3) and told.lead_s == 2 * hour
    late = score(found[:1], [Span(15 * hour, 20 * hour)], time, hour)
    assert [each.fate for each in late] == [
        Fate.MISS
    ]  # told within the event: too late, and yet no false alarm
    assert math.isnan(skill([]).pod)
    # From 15 h on neither the first event nor its warning counts; a warning that stands may yet be met.
    later = within(scored, 15 * hour, 300 * hour)
    assert [each.fate for each in later] == [Fate.MISS, Fate.FALSE, Fate.UNKNOWN]
    standing = score(found[:1], [Span(8 * hour, 21 * hour), Span(40 * hour, 40.5 * hour)], time, hour)
    assert [each.fate for each in within(standing, 8 * hour, 42 * hour)] == [Fate.HIT, Fate.FALSE]
    assert [each.fate for each in within(standing, 8 * hour, 40.5 * hour)] == [Fate.HIT, Fate.UNKNOWN]
    broken = events(time[[10, 11, 15]], np.array([2.0, 2.0, 2.0]), 2.0, 2 * hour)
    assert broken == (Span(10 * hour, 11 * hour), Span(15 * hour, 15 * hour))
