"""Warnings out of readings: their life in a database, what was known when, who took note, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import forecast_kept
import psycopg
import pytest
from warning_ground import BEGUN, OTHER, RAIN, RIVER, SIGNED, grounded, measured

from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from water.errors import AcknowledgementRefused, BadWarningInput, WarningStepRefused
from water.gauges import stations
from water.gauges.rating import Rating, Segment
from water.gauges.station import Mark, Threshold
from water.warning import foreseen, input_store, rule_document, rule_store, state_store, store
from water.warning.chain import turns
from water.warning.colour import Colour
from water.warning.course import now_alone
from water.warning.evaluate import evaluate
from water.warning.input_store import Probability
from water.warning.life import Action
from water.warning.replay import replay
from water.warning.scoring import Fate
from water.warning.store import Held, Wanted
from water.warning.verification import verify
from water.works.datum import VerticalDatum

HOUR = timedelta(hours=1)
BY = ("王局", "寿光市水利局", "测试")


@pytest.fixture(scope="module")
def standing(shared_database: str) -> str:
    with connect(shared_database) as connection:
        grounded(connection)
        for each in rule_document.shipped("warning-rules"):
            assert rule_store.record(connection, each, *BY)
    return shared_database


@pytest.fixture
def ground(standing: str) -> Iterator[Connection]:
    """One transaction, of which nothing stays."""
    with connect(standing) as connection:
        yield connection
        connection.rollback()


def rule(connection: Connection, **changed: Any) -> None:
    """Another version of the rule on stages."""
    document = {**rule_document.shipped("warning-rules")[0], **changed}
    assert rule_store.record(connection, document, *BY)


def told(connection: Connection, **wanted: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    found = store.page(connection, Wanted(**wanted))
    return [
        (each.warning.station, [(step.action.value, step.colour.id) for step in each.warning.steps])
        for each in found
    ]


def only(connection: Connection) -> Held:
    (found,) = store.page(connection, Wanted())
    return found


def verdicts(connection: Connection, rule_id: str) -> dict[str, str]:
    rows = connection.execute("select station, verdict from warning.state where rule = %s", (rule_id,))
    return dict(rows.fetchall())


def test_issued_raised_lowered_cleared(ground: Connection) -> None:
    at = measured(ground, RIVER, [20.0, 21.0, 22.4, 21.95, 21.95], BEGUN)
    done = evaluate(ground, at)
    assert (done.readings, done.verdicts["undecidable"]) == (5, 3)
    assert told(ground) == [(RIVER, [("issued", "yellow"), ("raised", "orange")])]
    at = measured(ground, RIVER, [21.8, 21.8, 20.95, 20.8, 20.8], at + HOUR)  # 20.95 lies in the band
    evaluate(ground, at)
    (one,) = store.page(ground, Wanted())
    assert [(each.action, each.colour) for each in one.warning.steps[2:]] == [
        (Action.LOWERED, Colour.YELLOW),
        (Action.CLEARED, Colour.NONE),
    ]
    assert [each.at.astimezone(BEGUN.tzinfo).hour for each in one.warning.steps] == [9, 10, 14, 17]
    assert not one.warning.open and not one.warning.synthetic and one.warning.gravest is Colour.ORANGE
    evidence = one.warning.steps[1].evidence
    assert evidence["levels"]["orange"]["document"] == "测试文件" and evidence["vertical_datum"] == "cgvd1985"
    assert evaluate(ground, at).steps == []  # the same once more changes nothing


def test_what_nobody_has_set_is_not_judged_and_says_who_can_supply_it(ground: Connection) -> None:
    evaluate(ground, measured(ground, OTHER, [99.0], BEGUN))
    assert verdicts(ground, "flood-stage") == {OTHER: "undecidable", RIVER: "unheard"}
    row = ground.execute(
        "select missing from warning.judgement where rule = 'flood-stage' and station = %s", (OTHER,)
    ).fetchone()
    assert row and [each["reason"] for each in row[0]] == ["no-threshold"] * 3
    assert "无法判定" in row[0][0]["zh"] and "寿光市水利局" in row[0][0]["zh"]
    assert told(ground) == []


def test_a_gauge_that_dies_leaves_its_warning_standing(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.5], BEGUN)
    evaluate(ground, at)
    evaluate(ground, at + 3 * HOUR)
    evaluate(ground, at + 90 * HOUR)
    assert told(ground, open=True) == [(RIVER, [("issued", "yellow"), ("input-lost", "yellow")])]
    assert only(ground).warning.stale and verdicts(ground, "flood-stage")[RIVER] == "stale"
    evaluate(ground, measured(ground, RIVER, [21.5], at + 91 * HOUR))
    assert [each.action.value for each in only(ground).warning.steps][-1] == "input-back"
    assert not only(ground).warning.stale


def test_a_warning_that_nobody_looks_after_stands_and_says_so(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.5], BEGUN)
    evaluate(ground, at)
    rule(ground, enabled=False)
    evaluate(ground, at)
    assert told(ground, open=True) == [(RIVER, [("issued", "yellow"), ("input-lost", "yellow")])]
    assert evaluate(ground, at).steps == []
    rule(ground)
    evaluate(ground, measured(ground, RIVER, [21.6], at + HOUR))
    assert [each.action for each in only(ground).warning.steps][2:] == [Action.INPUT_BACK]


def test_how_often_somebody_looks_changes_nothing(ground: Connection) -> None:
    stages = [20.0, 21.2, 22.1, 20.0, 20.0, 20.0, 23.5, 22.5, 20.1, 20.1, 21.0]
    for number, stage in enumerate(stages):
        evaluate(ground, measured(ground, RIVER, [stage], BEGUN + number * HOUR))
    often = told(ground)
    states = ground.execute(
        "select switched, since_s, heard_s from warning.state where station = %s", (RIVER,)
    )
    kept = sorted(map(str, states.fetchall()))
    steps = ground.execute("select warning, action, colour, at, value from warning.step order by 1, number")
    rows = steps.fetchall()
    for table in ("acknowledgement", "step", "warning", "judgement", "state", "evaluation"):
        ground.execute(f"alter table warning.{table} disable trigger all")
        ground.execute(f"delete from warning.{table}")
    evaluate(ground, BEGUN + 10 * HOUR)
    assert told(ground) == often and len(often) == 3
    again = ground.execute(
        "select switched, since_s, heard_s from warning.state where station = %s", (RIVER,)
    )
    assert sorted(map(str, again.fetchall())) == kept
    afresh = ground.execute("select warning, action, colour, at, value from warning.step order by 1, number")
    first = afresh.fetchall()
    assert [row[1:] for row in first] == [row[1:] for row in rows]


def test_what_was_warned_as_it_stood(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.0, 22.4], BEGUN)
    evaluate(ground, at)
    known = state_store.clock(ground)
    evaluate(ground, measured(ground, RIVER, [20.0, 20.0, 20.0], at + HOUR))
    assert told(ground, open=True) == []
    assert told(ground, open=True, asof=known) == [(RIVER, [("issued", "yellow"), ("raised", "orange")])]
    assert told(ground, asof=known - timedelta(days=1)) == []
    assert told(ground, at=BEGUN) == [(RIVER, [("issued", "yellow")])]
    assert told(ground, colour=3, asof=known) and not told(ground, colour=2, asof=known)


def test_the_inputs_can_be_read_again_and_give_the_same_digest(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.0, 22.4], BEGUN)
    first = evaluate(ground, at)
    measured(ground, RIVER, [20.1, 20.2], BEGUN)  # corrected afterwards
    second = evaluate(ground, measured(ground, RIVER, [22.0], at + HOUR))
    found = replay(ground)
    assert [(each.evaluation, each.same) for each in found] == [
        (first.evaluation, True),
        (second.evaluation, True),
    ]
    assert found[0].sha256 == first.sha256


def test_the_chain_goes_its_way_with_deadlines(ground: Connection) -> None:
    evaluate(ground, measured(ground, RIVER, [21.5], BEGUN))
    number = only(ground).warning.id

    def take(tier: str, who: str, department: str = "寿光市水利局") -> Held:
        return store.acknowledge(ground, number, tier, who, department, "已阅")

    def waiting() -> list[tuple[str, str]]:
        found = only(ground)
        return [
            (each.tier, each.department)
            for each in turns(found.rule.chain, found.warning.call, found.entries)
        ]

    assert waiting() == [("duty", "")]
    with pytest.raises(AcknowledgementRefused, match="值班员"):
        take("leader", "赵局")
    take("duty", "小李")
    with pytest.raises(AcknowledgementRefused, match="两个环节"):
        take("leader", "小李")
    assert waiting() == [("leader", "")]
    now = state_store.clock(ground)
    assert store.escalate(ground, now + timedelta(minutes=59)) == []
    late = store.escalate(ground, now + timedelta(minutes=61))
    assert late == [(number, "leader", "")]
    assert waiting() == [("leader", ""), ("departments", "寿光市水利局"), ("departments", "寿光市应急管理局")]
    take("departments", "小孙", "寿光市应急管理局")
    take("leader", "赵局")
    assert waiting() == [("departments", "寿光市水利局")]
    with pytest.raises(AcknowledgementRefused):
        take("departments", "小周", "寿光市教育局")
    entries = only(ground).entries
    assert [(each.tier, each.action, each.subject) for each in entries] == [
        ("duty", "acknowledged", "小李"),
        ("leader", "escalated", "onemap"),
        ("departments", "acknowledged", "小孙"),
        ("leader", "acknowledged", "赵局"),
    ]
    evaluate(ground, measured(ground, RIVER, [22.5], BEGUN + HOUR))
    assert waiting() == [("duty", "")]  # a graver colour is a call of its own


def test_taken_back_and_not_issued_anew_until_graver(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.5], BEGUN)
    evaluate(ground, at)
    number = only(ground).warning.id
    with pytest.raises(WarningStepRefused, match="原因"):
        store.cancel(ground, number, "赵局", "寿光市水利局", " ")
    assert not store.cancel(ground, number, "赵局", "寿光市水利局", "水尺故障").warning.open
    with pytest.raises(WarningStepRefused, match="已结束"):
        store.cancel(ground, number, "赵局", "寿光市水利局", "再来一次")
    at = measured(ground, RIVER, [21.6], at + HOUR)
    assert evaluate(ground, at).steps == []
    evaluate(ground, measured(ground, RIVER, [22.5], at + HOUR))
    assert told(ground, open=True) == [(RIVER, [("issued", "orange")])]


def test_nothing_is_changed_afterwards(ground: Connection) -> None:
    evaluate(ground, measured(ground, RIVER, [21.5], BEGUN))
    for table in ("rule", "evaluation", "judgement", "warning", "step", "acknowledgement", "probability"):
        for act in (f"delete from warning.{table}", f"truncate warning.{table} cascade"):
            with pytest.raises(psycopg.Error), ground.transaction():
                ground.execute(act)


def test_time_goes_one_way(ground: Connection) -> None:
    at = measured(ground, RIVER, [21.5], BEGUN)
    evaluate(ground, at)
    with pytest.raises(BadWarningInput, match="不早于"):
        evaluate(ground, at - HOUR)
    with pytest.raises(BadWarningInput, match="不晚于"):
        evaluate(ground, datetime.now(BEGUN.tzinfo) + timedelta(days=1))


def test_rates_of_rise_and_what_failed_control(ground: Connection) -> None:
    levels = [
        {"colour": "blue", "raised": 0.5, "cleared": 0.1},
        {"colour": "red", "raised": 1.0, "cleared": 0.5},
    ]
    rule(
        ground, id="rise", kind="rise", levels=levels, window_s=3600, dwell_s=0, stations=[OTHER], classes=[]
    )
    evaluate(ground, measured(ground, OTHER, [10.0, 10.2, 10.8, 11.9, 12.2, 12.2], BEGUN))
    assert told(ground, rule="rise") == [
        (OTHER, [("issued", "blue"), ("raised", "red"), ("lowered", "blue"), ("cleared", "none")])
    ]


def test_a_probability_is_an_input_like_a_reading(ground: Connection) -> None:
    levels = [
        {"colour": "yellow", "mark": "warning", "raised": 0.3, "cleared": 0.2},
        {"colour": "orange", "mark": "warning", "raised": 0.6, "cleared": 0.5},
    ]
    rule(
        ground,
        id="likely",
        kind="exceedance",
        levels=levels,
        stale_s=21600,
        stations=[RIVER, OTHER],
        dwell_s=0,
    )

    def given(hour: int, probability: float, station: str = RIVER) -> Probability:
        issued = BEGUN + hour * HOUR
        return Probability("likely", station, issued, issued, issued + 24 * HOUR, probability, "run-1", True)

    for wrong in (float("nan"), 1.2, -0.1):
        with pytest.raises(BadWarningInput, match="概率"):
            input_store.give(ground, [given(0, wrong)], "王局")
    input_store.give(ground, [given(0, 0.4), given(6, 0.7), given(6, 0.9, OTHER)], "王局")
    evaluate(ground, BEGUN + 6 * HOUR)
    assert told(ground, rule="likely") == [(RIVER, [("issued", "yellow"), ("raised", "orange")])]
    assert verdicts(ground, "likely")[OTHER] == "undecidable"  # likely to reach what nobody has set


def test_an_issued_forecast_speaks_for_itself_to_rules_of_exceedance(ground: Connection) -> None:
    level = {"colour": "orange", "mark": "warning", "raised": 0.4, "cleared": 0.3}
    rule(
        ground,
        id="likely",
        kind="exceedance",
        element="discharge",
        levels=[level],
        classes=["ZQ"],
        stale_s=86400,
    )
    mark = Threshold(Mark.WARNING, "discharge", 1200.0, VerticalDatum.NONE, "测试文件", "unverified")
    stations.mark(ground, RIVER, mark, SIGNED)
    record = forecast_kept.record(RIVER, "0" * 64, 1, "乙", BEGUN, issued=True) | {"synthetic": False}
    low = [each / 2 for each in forecast_kept.MEDIANS]
    record["members_m3_s"] = [forecast_kept.MEDIANS] * 9 + [low] * 11
    now = BEGUN + HOUR
    for silent in ({"issued": False}, {"synthetic": True}, {"until": BEGUN.isoformat()}):
        assert foreseen.give(ground, "1" * 64, record | silent, now) == []
    (found,) = foreseen.give(ground, "1" * 64, record, now)
    assert found.to_json()["probability"] == 9 / 20 and found.to_json()["threshold_m3_s"] == 1200.0
    assert foreseen.give(ground, "1" * 64, record, now) == []  # the same forecast once more
    evaluate(ground, now)
    assert told(ground, rule="likely") == [(RIVER, [("issued", "orange")])]
    passed = BEGUN + 13 * HOUR  # the peak is over, what is still to come lies below
    (after,) = foreseen.give(ground, "2" * 64, record, passed)
    assert after.given.probability == 0.0


def test_an_issued_forecast_speaks_of_stages_as_far_as_the_curve_goes(ground: Connection) -> None:
    level = {"colour": "orange", "mark": "guaranteed", "raised": 0.4, "cleared": 0.3}
    rule(
        ground, id="likely", kind="exceedance", element="stage", levels=[level], classes=["ZQ"], stale_s=86400
    )
    record = forecast_kept.record(RIVER, "0" * 64, 1, "乙", BEGUN, issued=True) | {"synthetic": False}
    low = [each / 2 for each in forecast_kept.MEDIANS]
    record["members_m3_s"] = [forecast_kept.MEDIANS] * 9 + [low] * 11  # crests of 1500 and 750 m³/s
    now = BEGUN + HOUR
    assert foreseen.give(ground, "1" * 64, record, now) == []  # without a curve nobody knows
    curve = Rating(
        "2026-1",
        VerticalDatum.CGVD1985,
        (Segment(18.0, 24.0, 200.0, 18.0, 1.3),),
        BEGUN,
        None,
        0.08,
        "测试文件",
    )
    stations.rate(ground, RIVER, curve, "unverified", SIGNED)
    (found,) = foreseen.give(ground, "1" * 64, record, now)
    # the guaranteed stage, 22 m, is 200 * 4 ** 1.3 = 1213 m³/s
    assert found.to_json()["probability"] == 9 / 20 and found.to_json()["threshold_m"] == 22.0
    evaluate(ground, now)
    assert told(ground, rule="likely") == [(RIVER, [("issued", "orange")])]
    short = replace(curve, version="2026-2", segments=(Segment(18.0, 21.5, 200.0, 18.0, 1.3),))
    stations.rate(ground, RIVER, short, "unverified", SIGNED)
    assert foreseen.give(ground, "2" * 64, record, now) == []  # beyond 21.5 m it is not extended


def test_what_comes_late_or_is_corrected_is_judged_again_and_said_so(ground: Connection) -> None:
    evaluate(ground, measured(ground, RIVER, [20.0, 20.0], BEGUN))
    at = measured(ground, RIVER, [20.0], BEGUN + 3 * HOUR)
    evaluate(ground, at)
    measured(ground, RIVER, [22.4], BEGUN + 2 * HOUR)  # on its way for more than an hour
    done = evaluate(ground, at)
    ((_, station, again),) = done.rejudged
    assert station == RIVER and (again.late.late, again.late.corrected, again.told) == (1, 0, 0)
    assert told(ground) == [(RIVER, [("issued", "orange")])]
    step = only(ground).warning.last
    assert step.at == at and step.evidence["rejudged"]["from"] == (BEGUN + 2 * HOUR).isoformat()
    measured(ground, RIVER, [20.1], BEGUN + 2 * HOUR)  # it was a mistake
    ((_, _, corrected),) = evaluate(ground, at).rejudged
    assert (corrected.late.corrected, corrected.told, corrected.found) == (1, 3, 0)
    assert told(ground) == [(RIVER, [("issued", "orange"), ("cleared", "none")])]  # what was told stays
    assert evaluate(ground, at).rejudged == []
    assert all(each.same for each in replay(ground))
    kept = ground.execute("select station, late, corrected, told, found from warning.rejudgement")
    assert kept.fetchall() == [(RIVER, 1, 0, 0, 3), (RIVER, 0, 1, 3, 0)]


def test_in_whatever_order_readings_come_the_rule_stands_as_if_they_had_come_in_time(
    ground: Connection,
) -> None:
    stages = [20.0, 21.2, 22.1, 20.6, 23.1, 22.5, 20.9, 20.1, 20.1, 21.4]
    last = BEGUN + (len(stages) - 1) * HOUR

    def state() -> list[Any]:
        query = "select switched, since_s, heard_s from warning.state where station = %s and rule = %s"
        return [str(row) for row in ground.execute(query, (RIVER, "flood-stage")).fetchall()]

    ground.execute("savepoint before")
    evaluate(ground, measured(ground, RIVER, stages, BEGUN))
    in_time = state()
    ground.execute("rollback to savepoint before")
    for number in (9, 0, 4, 1, 8, 2, 6, 3, 7, 5):
        measured(ground, RIVER, [stages[number]], BEGUN + number * HOUR)
        evaluate(ground, last)
    assert state() == in_time
    assert all(each.same for each in replay(ground))


def test_a_rule_of_generated_data_sees_no_real_station(ground: Connection) -> None:
    for each in rule_document.shipped("warning-sample-rules"):
        assert rule_store.record(ground, each, *BY)
    done = evaluate(ground, measured(ground, RIVER, [99.0], BEGUN))
    assert verdicts(ground, "sample-stage") == {}
    assert {rule for _, rule, *_ in done.steps} == {"flood-stage"}
    assert verdicts(ground, "flood-stage").keys() == {RIVER, OTHER} and RAIN not in verdicts(
        ground, "sample-rain"
    )


def test_versions_of_rules_are_kept(ground: Connection) -> None:
    document = rule_document.shipped("warning-rules")[0]
    assert rule_store.record(ground, document, *BY) is None
    rule(ground, dwell_s=60)
    assert rule_store.of(ground, "flood-stage").version == 2
    rule(ground, enabled=False)
    done = evaluate(ground, measured(ground, RIVER, [21.5], BEGUN))
    assert done.steps == [] and "flood-stage" not in verdicts(ground, "flood-stage")


def moved(connection: Connection, kind: Mark, value: float, valid_from: datetime) -> None:
    """Another level of the first station from a day on."""
    mark = Threshold(kind, "stage", value, VerticalDatum.CGVD1985, "新文件", "unverified")
    stations.mark(connection, RIVER, mark, replace(SIGNED, valid_from=valid_from))


def test_the_past_is_judged_by_the_levels_that_stood_then(ground: Connection) -> None:
    """A level that holds from half past nine on: what was measured before is held against the old one."""
    at = measured(ground, RIVER, [20.0, 20.0, 20.0, 20.0], BEGUN)
    evaluate(ground, at)
    moved(ground, Mark.WARNING, 20.5, BEGUN + 1.5 * HOUR)
    measured(ground, RIVER, [20.8], BEGUN + HOUR)  # late, of nine: under the level of its time
    done = evaluate(ground, at)
    assert [each.moves for _, _, each in done.rejudged] == [()] and done.steps == []
    measured(ground, RIVER, [20.8], BEGUN + 2 * HOUR)  # late, of ten: over that of its time
    ((_, _, again),) = evaluate(ground, at).rejudged
    assert [(each.at_s, each.after) for each in again.moves] == [((BEGUN + 2 * HOUR).timestamp(), 2)]
    assert only(ground).warning.last.evidence["levels"]["yellow"]["raised"] == 20.5
    assert all(each.same for each in replay(ground))


def test_a_level_that_is_taken_back_afterwards_had_stood(ground: Connection) -> None:
    """Evidence names the level that judged: of the reading's own time, however late the evaluation."""
    at = measured(ground, RIVER, [20.0, 21.2, 21.2], BEGUN)
    moved(ground, Mark.WARNING, 21.5, BEGUN + 1.5 * HOUR)
    evaluate(ground, at)
    (step,) = only(ground).warning.steps
    assert step.at == BEGUN + HOUR and step.evidence["levels"]["yellow"]["raised"] == 21.0
    assert all(each.same for each in replay(ground))
    recorded = rule_store.of(ground, "flood-stage")
    verified = verify(ground, recorded, Colour.YELLOW, BEGUN, at, 3600.0)
    assert [(each.fate, each.event and each.event.end_s) for _, each in verified.entries] == [
        (Fate.HIT, (BEGUN + HOUR).timestamp())
    ]


def test_a_season_begins_at_midnight_for_readings_before_and_after_it(ground: Connection) -> None:
    season = ("07-02", "09-30")
    mark = Threshold(Mark.WARNING, "stage", 20.5, VerticalDatum.CGVD1985, "汛期", "unverified", season)
    dry = replace(mark, value=21.0, season=("10-01", "07-01"))
    for each in (mark, dry):
        stations.mark(ground, OTHER, each, SIGNED)
    at = measured(ground, OTHER, [20.8, 20.8], datetime(2026, 7, 1, 23, 30, tzinfo=BEIJING))
    evaluate(ground, at)
    (step,) = only(ground).warning.steps
    assert step.at == at and step.evidence["levels"]["yellow"]["document"] == "汛期"
    assert all(each.same for each in replay(ground))


def test_evaluations_of_before_are_made_again_as_they_were_made(
    ground: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those on record from when all readings were held against the levels of the evaluation."""
    at = measured(ground, RIVER, [20.0, 20.8, 20.0], BEGUN)
    moved(ground, Mark.WARNING, 20.5, BEGUN + 1.5 * HOUR)
    with monkeypatch.context() as earlier:
        earlier.setattr("water.warning.evaluate.course", lambda connection, of, *rest: now_alone(of))
        assert [(action, station) for _, _, station, action, _ in evaluate(ground, at).steps] == [
            (Action.ISSUED, RIVER)
        ]
    evaluate(ground, measured(ground, RIVER, [20.0], at + HOUR))
    first, second = replay(ground)
    assert first.same and second.same and len(first.moves["flood-stage"]) == 1
