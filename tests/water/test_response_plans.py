"""Response plans: triggers judged on facts, differences, and a life in which nothing is ever altered."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import jsonschema
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.datum import BEIJING
from spatial.history import ledger
from water.errors import BadResponsePlan, ResponsePlanStep, TriggerNotMet, UnknownResponsePlan
from water.plans import layers, plans, sample, store
from water.plans.content import SCHEMA, checked
from water.plans.difference import Held, between
from water.plans.life import due
from water.plans.model import State
from water.plans.plans import By
from water.plans.triggers import Verdict, judged

NOON = datetime(2026, 8, 20, 12, tzinfo=BEIJING)
LI, WANG = By("李工", "应急局", NOON), By("王局", "应急局", NOON + timedelta(minutes=1))
FORECAST = {"kind": "forecast", "station": "S1", "threshold": "guarantee", "probability": 0.5, "within_h": 24}
STAGE = {"kind": "stage", "station": "S1", "stage_m": 20.0, "datum": "cgvd1985"}


def verdict(condition: dict[str, Any], **facts: Any) -> Verdict:
    return judged({"all": [condition]}, facts)[0]


def test_conditions_are_judged_on_what_is_known() -> None:
    orange = {"kind": "warning", "level": "orange"}
    assert verdict(orange, warnings=[{"level": "red"}]) is Verdict.MET
    assert verdict(orange, warnings=[{"level": "yellow"}]) is Verdict.NOT_MET
    assert (
        verdict({**orange, "place": "弥河"}, warnings=[{"level": "red", "place": "丹河"}]) is Verdict.NOT_MET
    )
    assert verdict(orange) is Verdict.UNDECIDED
    stage = {"station": "S1", "stage_m": 20.0, "datum": "cgvd1985"}
    assert verdict(STAGE, stages=[stage]) is Verdict.MET
    assert verdict(STAGE, stages=[{**stage, "stage_m": 19.99}]) is Verdict.NOT_MET
    # Another datum is no evidence, however high the number.
    assert verdict(STAGE, stages=[{**stage, "datum": "local", "stage_m": 99.0}]) is Verdict.UNDECIDED
    guarantee = [{"station": "S1", "kind": "guarantee", "stage_m": 21.0, "datum": "cgvd1985"}]
    likely = {**stage, "stage_m": 21.5, "probability": 0.6, "lead_h": 12}
    assert verdict(FORECAST, thresholds=guarantee, forecasts=[likely]) is Verdict.MET
    assert verdict(FORECAST, forecasts=[likely]) is Verdict.UNDECIDED  # nobody has set the threshold
    assert (
        verdict(FORECAST, thresholds=guarantee, forecasts=[{**likely, "probability": 0.4}]) is Verdict.NOT_MET
    )
    assert verdict(FORECAST, thresholds=guarantee, forecasts=[{**likely, "lead_h": 30}]) is Verdict.NOT_MET
    flow = {"kind": "forecast", "station": "S1", "flow_m3_s": 500}
    assert verdict(flow, forecasts=[{"station": "S1", "flow_m3_s": 500}]) is Verdict.MET
    assert verdict(flow, forecasts=[likely]) is Verdict.UNDECIDED
    assert verdict({"kind": "order"}) is Verdict.NOT_MET
    both = {"all": [orange, STAGE]}
    assert judged(both, {"warnings": [{"level": "red"}]})[0] is Verdict.UNDECIDED
    assert judged(both, {"warnings": []})[0] is Verdict.NOT_MET


def test_what_does_not_fit_together_is_refused() -> None:
    good = sample.content()
    jsonschema.validate(good, SCHEMA)
    checked(good)
    twice = deepcopy(good)
    twice["messages"][1]["id"] = "M1"
    nobody = deepcopy(good)
    nobody["actions"][0]["post"] = "P9"
    for wrong, pointer in ((twice, "/messages/1/id"), (nobody, "/actions/0/post")):
        with pytest.raises(BadResponsePlan) as refused:
            checked(wrong)
        assert refused.value.details["pointer"] == pointer
    both = {**good["triggers"][0], "all": [{**STAGE, "threshold": "guarantee"}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "triggers": [both]}, SCHEMA)


def test_a_difference_names_every_change() -> None:
    older, newer = sample.content(), sample.content()
    newer["messages"] = [
        {**newer["messages"][0], "due_min": 15, "channel": "sms"},
        newer["messages"][2],
        {**newer["messages"][1], "id": "M4"},
    ]
    newer["scope"] = "丹河"
    told = between(Held(1, older), Held(2, newer))
    assert told["messages"]["changed"] == [
        {"id": "M1", "fields": {"channel": {"from": "phone", "to": "sms"}, "due_min": {"from": 30, "to": 15}}}
    ]
    assert [each["id"] for each in told["messages"]["added"]] == ["M4"]
    assert [each["id"] for each in told["messages"]["removed"]] == ["M2"]
    assert told["head"] == {"scope": {"from": older["scope"], "to": "丹河"}} and not told["same"]
    assert not any(told["actions"].values())
    assert between(Held(1, older), Held(1, older))["same"]


FLOWS = st.dictionaries(
    st.tuples(st.sampled_from("UVW"), st.sampled_from("abc")), st.integers(1, 9), max_size=6
)


def evacuated(flows: dict[tuple[str, str], int]) -> dict[str, Any]:
    rows = [{"unit": unit, "shelter": to, "people": count} for (unit, to), count in flows.items()]
    return {**sample.content(), "evacuation": {"assignments": rows}}


@given(FLOWS, FLOWS)
def test_moves_lead_from_one_evacuation_to_the_other(
    older: dict[tuple[str, str], int], newer: dict[tuple[str, str], int]
) -> None:
    told = between(Held(1, evacuated(older)), Held(2, evacuated(newer)))["evacuation"]
    walked = dict(older)
    for each in (*told["moved"], *told["left"], *told["joined"]):
        for side, sign in (("from", -1), ("to", 1)):
            if each[side] is not None:
                key = (each["unit"], each[side])
                walked[key] = walked.get(key, 0) + sign * each["people"]
        assert each["from"] != each["to"] and each["people"] > 0
    assert {key: count for key, count in walked.items() if count} == newer
    # Nobody moves who could have stayed, and nobody leaves where another of the unit joins.
    stayed = sum(min(count, newer.get(key, 0)) for key, count in older.items())
    assert told["people_moved"] + sum(each["people"] for each in told["left"]) == sum(older.values()) - stayed
    assert {each["unit"] for each in told["left"]}.isdisjoint(each["unit"] for each in told["joined"])


def test_a_plan_lives_and_is_put_to_work(connection: psycopg.Connection[Any]) -> None:
    layers.publish(connection)
    first = plans.draft(connection, "MI", sample.content(), "首版", LI)
    assert (first.number, first.state, first.author) == (1, State.DRAFT, "李工")
    with pytest.raises(ResponsePlanStep, match="完全相同"):
        plans.draft(connection, "MI", sample.content(), "再来", LI)
    with pytest.raises(ResponsePlanStep, match="李工"):
        plans.advance(connection, "MI", 1, State.APPROVED, "", LI)
    with pytest.raises(ResponsePlanStep, match="in-force"):
        plans.advance(connection, "MI", 1, State.IN_FORCE, "", WANG)
    with pytest.raises(ResponsePlanStep, match="没有施行中的版本"):
        plans.activate(connection, "MI", "T1", {}, "", WANG, exercise=False)
    for to in (State.APPROVED, State.IN_FORCE):
        plans.advance(connection, "MI", 1, to, "", WANG)
    second = plans.draft(connection, "MI", {**sample.content(), "scope": "弥河"}, "改范围", WANG)
    assert second.number == 2
    for to in (State.APPROVED, State.IN_FORCE):
        plans.advance(connection, "MI", 2, to, "", LI)
    assert [each.state for each in store.versions(connection, "MI")] == [State.SUPERSEDED, State.IN_FORCE]
    assert store.version(connection, "MI", 1).content == sample.content()
    with pytest.raises(UnknownResponsePlan):
        store.version(connection, "MI", 3)

    facts = {"warnings": [{"level": "yellow"}]}
    with pytest.raises(TriggerNotMet) as refused:
        plans.activate(connection, "MI", "T1", facts, "", LI, exercise=False)
    assert refused.value.details["report"]["verdicts"][0]["verdict"] == "not-met"
    red = {"warnings": [{"id": "W1", "level": "red"}]}
    begun = plans.activate(connection, "MI", "T1", red, "", LI, exercise=True)
    assert begun.version == 2 and begun.facts == red and begun.exercise
    with pytest.raises(ResponsePlanStep, match=f"演练正在进行.*:{begun.id}"):
        plans.activate(connection, "MI", "T1", red, "", LI, exercise=True)
    later = By("赵站长", "镇街", NOON + timedelta(minutes=40))
    with pytest.raises(ResponsePlanStep, match="启动之后"):
        plans.confirm(connection, "MI", begun.id, "messages", "M1", NOON - timedelta(minutes=1), "", later)
    done = plans.confirm(
        connection, "MI", begun.id, "messages", "M1", NOON + timedelta(minutes=35), "已通知", later
    )
    with pytest.raises(ResponsePlanStep, match="已确认过"):
        plans.confirm(connection, "MI", begun.id, "messages", "M1", later.at, "", later)
    with pytest.raises(UnknownResponsePlan):
        plans.confirm(connection, "MI", begun.id, "messages", "M9", later.at, "", later)
    told = {each["id"]: each for each in due(second.content, done, NOON + timedelta(minutes=50))["messages"]}
    assert (told["M1"]["state"], told["M1"]["late_s"]) == ("confirmed", 300)
    assert told["M1"]["confirmed"]["by"] == "赵站长"
    assert (told["M2"]["state"], told["M2"]["late_s"]) == ("overdue", 300)
    assert (told["M3"]["state"], told["M3"]["late_s"]) == ("due", 0)
    real = plans.activate(connection, "MI", "T1", red, "", later, exercise=False)
    with pytest.raises(ResponsePlanStep, match="响应正在进行"):
        plans.activate(connection, "MI", "T1", red, "", later, exercise=False)
    plans.end(connection, "MI", real.id, "试", later)
    plans.end(connection, "MI", begun.id, "水位已退", later)
    with pytest.raises(ResponsePlanStep, match="已终止"):
        plans.confirm(connection, "MI", begun.id, "actions", "A1", later.at, "", later)

    row = connection.execute(
        "select version, state, in_force, in_force_sha256, data_nature from history.response_plans_believed"
        " where valid_to = 'infinity'"
    ).fetchone()
    assert row == (2, "in-force", 2, second.sha256, "合成数据")
    connection.commit()
    assert ledger.verify(connection).ok
    for table in ("version", "step", "activation", "confirmation", "ending"):
        for statement in (f"delete from response.{table}", f"update response.{table} set number = 1"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn)):
                connection.execute(statement)
            connection.rollback()


def test_the_sample_plan_comes_once(database: str) -> None:
    assert (sample.build(database), sample.build(database)) == (1, 0)
    with psycopg.connect(database) as opened:
        (held,) = store.plans(opened)
        assert [each.state for each in held] == [State.IN_FORCE]
        assert held[0].content["data_nature"] == "合成数据"
