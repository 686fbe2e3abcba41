"""Rules as data: conditions in three values as PostgreSQL has them, books that are wrong, judgement."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.errors import BadRule
from planning.model import Verdict, gravest
from planning.rules import Found, judge, shipped
from planning.rules.book import read
from planning.rules.conditions import condition, holds
from spatial.database import Connection

NUMBERS = ("a", "b", "c")
TEXTS = ("t", "u")
numbers = st.sampled_from([None, -1.5, 0.0, 1.0, 2.5])
texts = st.sampled_from([None, "", "01", "0102", "1%2", "x_y"])


def comparisons() -> st.SearchStrategy[str]:
    operators = st.sampled_from(["=", "<>", "<", ">", "<=", ">="])
    number = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(["0", "1", "2.5", "(a + 1)", "(b * c)"]))
    text = st.sampled_from(TEXTS)
    return st.one_of(
        st.tuples(number, operators, number).map(" ".join),
        st.tuples(text, st.sampled_from(["'01%'", "'%2'", "'x\\_y'", "'_1'"])).map(" like ".join),
        text.map(lambda name: f"{name} in ('01', '0102')"),
        text.map(lambda name: f"{name} is null"),
        st.sampled_from(NUMBERS).map(lambda name: f"{name} between 0 and 2"),
    )


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=5,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=conditions, held=st.tuples(numbers, numbers, numbers, texts, texts))
def test_conditions_hold_as_the_database_says(scratch: Connection, text: str, held: tuple[Any, ...]) -> None:
    facts = dict(zip((*NUMBERS, *TEXTS), held, strict=True))
    row = scratch.execute(
        f"select {text.replace('%', '%%')} from (select %s::float8 a, %s::float8 b, %s::float8 c,"
        " %s::text t, %s::text u) f",
        held,
    ).fetchone()
    assert row is not None
    assert holds(text, facts) is row[0]


@pytest.mark.parametrize("text", ["", "a >", "s_intersects(geom, point(1 2))", "a = date('2020-01-01"])
def test_a_condition_that_facts_cannot_answer_is_no_condition(text: str) -> None:
    with pytest.raises(BadRule):
        condition(text)


GOOD = """
[[rules]]
id = "r"
version = 1
title = {{ zh = "甲", en = "r" }}
source = {{ document = "d", article = "1" }}
valid_from = 2020-01-01
role = "zone"
relation = "overlaps"
by = ["ghfqdm"]
otherwise = "complies"
cases = [{{ when = "{when}", verdict = "breaches", advice = {{ zh = "甲", en = "r" }} }}]
"""


def book(when: str = "area_m2 > 0", **change: Any) -> Any:
    import tomllib

    content = tomllib.loads(GOOD.format(when=when))
    content["rules"][0] |= change
    return content


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (book(role="nowhere"), "nowhere"),
        (book(relation="near"), "near"),
        (book(otherwise="maybe"), "maybe"),
        (book("nosuch > 0"), "nosuch"),
        (book("area_m2 >"), "area_m2 >"),
        (book(applies={"stages": ["x"]}), "x"),
        (book(role=None, relation="overlaps"), "relation"),
        ({"rules": book()["rules"] * 2}, "出现两次"),
        ({"rules": [*book()["rules"], *book(version=2)["rules"]]}, "重叠"),
        ({"rules": [{"id": "r"}]}, "r"),
    ],
)
def test_a_book_that_is_wrong_names_what_is(content: Any, told: str) -> None:
    with pytest.raises(BadRule, match=told):
        read(content)


def test_a_version_takes_the_place_of_the_one_before() -> None:
    from datetime import date

    old = {**book()["rules"][0], "valid_to": date(2024, 1, 1)}
    new = {**book(version=2)["rules"][0], "valid_from": date(2024, 1, 1)}
    rules = read({"rules": [old, new]})
    assert [rule.version for rule in rules.asked(date(2023, 12, 31))] == [1]
    assert [rule.version for rule in rules.asked(date(2024, 1, 1))] == [2]
    assert rules.get("r").version == 2 and rules.get("r", 1).version == 1


def test_every_rule_of_the_first_book_names_its_source_and_says_it_is_not_checked() -> None:
    assert len(shipped().rules) >= 20
    for rule in shipped():
        assert rule.source.document and rule.source.article and not rule.source.checked
        assert rule.cases and all(case.advice.zh and case.advice.en for case in rule.cases)


def test_what_cannot_be_decided_outweighs_what_needs_a_case_and_not_what_breaches() -> None:
    order = [
        Verdict.NOT_APPLICABLE,
        Verdict.COMPLIES,
        Verdict.NEEDS_CASE,
        Verdict.UNDECIDED,
        Verdict.BREACHES,
    ]
    for n, verdict in enumerate(order):
        assert gravest(order[: n + 1]) is verdict


# Golden cases: what a planner would say, by hand.
GOLDEN = [
    ("farmland.permanent", {"project_activity": "industry"}, {}, "breaches"),
    ("farmland.permanent", {"project_activity": "major-national"}, {}, "needs-justification"),
    ("boundary.urban", {"project_activity": "industry"}, {"ghfqdm": "410"}, "complies"),
    ("boundary.urban", {"project_activity": "industry"}, {"ghfqdm": "420"}, "needs-justification"),
    ("zone.access", {"project_activity": "industry"}, {"ghfqdm": "300"}, "breaches"),
    ("zone.access", {"project_activity": "linear-infrastructure"}, {"ghfqdm": "300"}, "needs-justification"),
    ("zone.access", {"project_activity": "restoration"}, {"ghfqdm": "100"}, "complies"),
    ("zone.access", {}, {"ghfqdm": "100"}, "undecided"),
    ("use.planned", {"project_use_code": "070102", "project_use_1": "07"},
     {"class1": "07", "ydyhfldm": "070102"}, "complies"),
    ("use.planned", {"project_use_code": "070101", "project_use_1": "07"},
     {"class1": "07", "ydyhfldm": "070102"}, "needs-justification"),
    ("use.planned", {"project_use_code": "100101", "project_use_1": "10"},
     {"class1": "07", "ydyhfldm": "070102"}, "breaches"),
    ("plot.indices", {"project_far": 2.0, "project_density_pct": 30, "project_height_m": 50,
                      "project_green_pct": 30},
     {"far_max": 2.0, "density_max": 30, "height_max_m": 50, "green_min": 30}, "complies"),
    ("plot.indices", {"project_far": 2.01, "project_density_pct": 30, "project_height_m": 50,
                      "project_green_pct": 30},
     {"far_max": 2.0, "density_max": 30, "height_max_m": 50, "green_min": 30}, "breaches"),
    ("lines.city", {"project_use_1": "14", "project_activity": "other"}, {"lx": "LVX"}, "complies"),
    ("lines.city", {"project_use_1": "07", "project_activity": "other"}, {"lx": "LVX"}, "breaches"),
    ("heritage.zones", {}, {"bhx": "1"}, "breaches"),
    ("flood.risk", {"project_activity": "water-works"}, {"fxdj": "1"}, "needs-justification"),
    ("flood.risk", {"project_activity": "industry"}, {"fxdj": "3"}, "complies"),
    ("hazard.geological", {}, {"yfdj": "4"}, "complies"),
    ("farmland.balance", {"project_compensation_m2": 99.0}, {}, "breaches"),
    ("farmland.balance", {"project_compensation_m2": 100.0}, {}, "complies"),
    ("farmland.grade", {"project_compensation_grade": 6}, {"gddb": 5}, "breaches"),
    ("approval.duplicate", {"project_code": "A"}, {"held_by": "A"}, "complies"),
    ("approval.duplicate", {"project_code": "A"}, {"held_by": "B"}, "breaches"),
    ("standard.area", {"project_standard_m2": 99.0}, {}, "breaches"),
]  # fmt: skip


@pytest.mark.parametrize(("rule_id", "site", "fields", "wanted"), GOLDEN)
def test_golden_cases(rule_id: str, site: dict[str, Any], fields: dict[str, Any], wanted: str) -> None:
    judged, _ = judge(shipped().get(rule_id), [Found(fields, 100.0, 0.5, 1)], site)
    assert judged.verdict.value == wanted, judged
