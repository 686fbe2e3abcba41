"""The course of a proposal by people of different departments, with fields not all of them see."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title
from spatial.database import Connection, connect
from spatial.datum.clock import parse_instant
from spatial.errors import BadProposal, Forbidden, ProposalClash, ProposalClosed, RowsRejected
from spatial.history import ledger
from spatial.proposals import course, store
from spatial.proposals.content import Target
from spatial.proposals.model import Actor, Proposal, State, Verdict

CITY = read_city("370783")
LI, WANG, ZHAO = Actor("li", "自然资源局"), Actor("wang", "自然资源局"), Actor("zhao", "民政局")
YEAR = parse_instant("2026-01-01")
PUBLIC = ("code", "name")
ALL = (*PUBLIC, "keeper")


def title(text: str) -> Title:
    return Title(text, text)


HOUSES = Contract(
    id="houses",
    title=title("房屋"),
    description=title("为测试而设"),
    steward="自然资源局",
    source_standard="为测试而设",
    geometry="Point",
    key="code",
    valid_time=title("实地存在"),
    fields=(
        Field("code", FieldType.TEXT, title("代码"), required=True, max_length=20),
        Field("name", FieldType.TEXT, title("名称"), max_length=20),
        Field("keeper", FieldType.TEXT, title("保管人"), required=True, secrecy=Secrecy.INTERNAL),
    ),
    legend=Legend("circle", "#0f6b5c"),
)


@pytest.fixture
def houses(connection: Connection) -> Connection:
    """A layer with one house."""
    catalogue.publish(connection, HOUSES)
    connection.commit()
    number = propose(connection, [house("H1", name="一号", keeper="李四")], ALL).id
    course.review(connection, store.get(connection, number), WANG, State.APPROVED, "属实", None, ALL)
    course.apply(connection, target(connection, ALL), store.get(connection, number), WANG, CITY)
    connection.commit()
    return connection


def target(conn: Connection, visible: tuple[str, ...]) -> Target:
    layer = catalogue.get(conn, HOUSES.id)
    return Target(layer.contract, layer.table, visible)


def house(code: str, **attributes: str) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [118.8, 36.9]}
    return {"type": "Feature", "id": code, "geometry": point, "properties": attributes}


def propose(
    conn: Connection,
    features: list[dict[str, Any]],
    visible: tuple[str, ...],
    actor: Actor = LI,
    at: datetime = YEAR,
) -> Proposal:
    body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return course.propose(conn, target(conn, visible), actor, "核查", at, body, CITY)


def test_another_person_reviews_and_the_changeset_names_them_all(houses: Connection) -> None:
    made = propose(houses, [house("H1", name="改")], ALL)
    with pytest.raises(Forbidden):
        course.review(houses, made, LI, State.APPROVED, "自审", None, ALL)
    with pytest.raises(ProposalClosed):
        course.apply(houses, target(houses, ALL), made, WANG, CITY)
    with pytest.raises(Forbidden):
        course.withdraw(houses, made, WANG, "不是我的")
    approved = course.review(houses, made, WANG, State.APPROVED, "属实", made.digest, ALL)
    applied = course.apply(houses, target(houses, ALL), approved, ZHAO, CITY)
    assert [(step.state, step.author) for step in applied.steps] == [
        (State.PROPOSED, "li"),
        (State.APPROVED, "wang"),
        (State.APPLIED, "zhao"),
    ]
    changeset = ledger.changeset(houses, applied.steps[-1].changeset or 0)
    assert (changeset.author, changeset.department) == ("li", "自然资源局")
    assert all(told in changeset.reason for told in (f"提案 {made.id}", "wang", "zhao", "核查"))
    houses.commit()
    assert ledger.verify(houses).ok


def test_an_approval_can_be_taken_back(houses: Connection) -> None:
    made = propose(houses, [house("H1", name="改")], ALL)
    approved = course.review(houses, made, WANG, State.APPROVED, "属实", None, ALL)
    rejected = course.review(houses, approved, ZHAO, State.REJECTED, "又不实", None, ALL)
    with pytest.raises(ProposalClosed):
        course.apply(houses, target(houses, ALL), rejected, WANG, CITY)


def test_who_does_not_see_a_field_neither_changes_nor_learns_of_it(houses: Connection) -> None:
    made = propose(houses, [house("H1", name="改")], PUBLIC)
    (change,) = course.compare(houses, target(houses, PUBLIC), made)
    assert change.values is not None
    assert change.values["keeper"] == "李四"
    assert "keeper" not in course.seen(change.values, PUBLIC)
    with pytest.raises(BadProposal, match="不存在") as unknown:
        propose(houses, [house("H1", keeper="张三")], PUBLIC)
    with pytest.raises(BadProposal, match="不存在") as never:
        propose(houses, [house("H1", nothing="张三")], PUBLIC)
    assert unknown.value.zh.replace("keeper", "nothing") == never.value.zh
    with pytest.raises(RowsRejected) as rejected:  # a new house has no keeper, which it must have
        propose(houses, [house("H2", name="二号")], PUBLIC)
    told = f"{rejected.value} {rejected.value.details}"
    assert "keeper" not in told
    assert "保管人" not in told
    with pytest.raises(RowsRejected) as named:
        propose(houses, [house("H2", name="二号")], ALL)
    assert "keeper" in str(named.value.details)


def test_a_proposal_about_a_later_day_is_compared_with_that_day(houses: Connection) -> None:
    later = parse_instant("2026-06-01")
    made = propose(houses, [house("H1", name="六月")], ALL, at=later)
    approved = course.review(houses, made, WANG, State.APPROVED, "属实", None, ALL)
    sooner = propose(houses, [house("H1", name="三月")], ALL, at=parse_instant("2026-03-01"))
    course.review(houses, sooner, WANG, State.APPROVED, "属实", None, ALL)
    course.apply(houses, target(houses, ALL), store.get(houses, sooner.id), WANG, CITY)
    (change,) = course.compare(houses, target(houses, ALL), approved)
    assert change.verdict is Verdict.CLASH  # June was believed to be as January; it is now as March
    assert change.clashing == ("name",)


def values_at(conn: Connection, day: str) -> tuple[Any, ...] | None:
    return conn.execute(
        "select name, keeper from history.houses where recorded_to = 'infinity' and fid = 'H1'"
        " and valid_from <= %s and valid_to > %s",
        (parse_instant(day), parse_instant(day)),
    ).fetchone()


def agreed(conn: Connection, features: list[dict[str, Any]], visible: tuple[str, ...], day: str) -> None:
    """Proposed, approved and applied by people with the same sight."""
    made = propose(conn, features, visible, at=parse_instant(day))
    course.review(conn, made, WANG, State.APPROVED, "属实", None, visible)
    course.apply(conn, target(conn, visible), store.get(conn, made.id), WANG, CITY)


def test_what_is_stated_for_later_stays_also_what_the_proposer_cannot_see(houses: Connection) -> None:
    agreed(houses, [house("H1", name="六月", keeper="王五")], ALL, "2026-06-01")
    agreed(houses, [house("H1", name="三月")], PUBLIC, "2026-03-01")
    assert values_at(houses, "2026-02-01") == ("一号", "李四")
    assert values_at(houses, "2026-04-01") == ("三月", "李四")
    assert values_at(houses, "2026-07-01") == ("六月", "王五")
    agreed(houses, [house("H1", name="去年", keeper="赵六")], ALL, "2025-05-01")  # before there was one
    assert values_at(houses, "2025-06-01") == ("去年", "赵六")
    assert values_at(houses, "2026-02-01") == ("一号", "李四")
    agreed(houses, [{**house("H1"), "action": "retire"}], PUBLIC, "2026-05-01")
    assert values_at(houses, "2026-07-01") is None  # for good
    houses.commit()
    assert ledger.verify(houses).ok


def test_what_was_stated_for_later_meanwhile_is_a_clash(houses: Connection) -> None:
    made = propose(houses, [house("H1", name="三月")], PUBLIC, at=parse_instant("2026-03-01"))
    houses.commit()
    agreed(houses, [house("H1", keeper="王五")], ALL, "2026-06-01")
    (change,) = course.compare(houses, target(houses, PUBLIC), made)
    assert (change.verdict, change.clashing) == (Verdict.CLASH, ())
    assert "keeper" not in (course.clash(change, PUBLIC)["theirs"] or {})
    course.review(houses, made, WANG, State.APPROVED, "属实", None, PUBLIC)
    with pytest.raises(ProposalClash):
        course.apply(houses, target(houses, PUBLIC), store.get(houses, made.id), WANG, CITY)
    assert values_at(houses, "2026-07-01") == ("一号", "王五")
    agreed(houses, [house("H1", name="七月")], PUBLIC, "2026-07-01")  # proposed again, on top of it
    assert values_at(houses, "2026-07-01") == ("七月", "王五")


def test_nobody_approves_or_applies_what_they_cannot_see(houses: Connection) -> None:
    made = propose(houses, [house("H1", keeper="张三")], ALL)
    for attempt in (State.APPROVED, State.APPLIED):
        with pytest.raises(Forbidden) as refused:
            if attempt is State.APPROVED:
                course.review(houses, made, WANG, State.APPROVED, "属实", None, PUBLIC)
            else:
                made = course.review(houses, made, WANG, State.APPROVED, "属实", None, ALL)
                course.apply(houses, target(houses, PUBLIC), made, ZHAO, CITY)
        told = f"{refused.value} {refused.value.details} {refused.value.value}"
        assert "无权查看" in told
        assert not any(mark in told for mark in ("keeper", "保管人", "张三", "李四"))
    course.review(houses, made, ZHAO, State.REJECTED, "不实", None, PUBLIC)  # writes nothing


def test_two_reviewers_take_turns(houses: Connection, database: str) -> None:
    made = propose(houses, [house("H1", name="改")], ALL)
    houses.commit()
    with connect(database) as second:
        held = store.get(houses, made.id, lock=True)
        second.execute("set lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            store.get(second, made.id, lock=True)
        second.rollback()
        course.review(houses, held, WANG, State.APPROVED, "属实", None, ALL)
        houses.commit()
        with pytest.raises(ProposalClosed):
            course.review(
                second, store.get(second, made.id, lock=True), ZHAO, State.APPROVED, "也", None, ALL
            )
