"""The life of plans: what may follow what, and how it is written to the history."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from planning import layers
from planning.errors import BadAmendment, PlanExists, PlanOvertaken, PlanRefused, UnknownPlan
from planning.plans import plans
from planning.plans.life import TITLES, Paper, Status, read, shipped
from planning.plans.plans import Amendment, Plan, Version
from planning.publication.model import Draft
from planning.publication.publication import publish
from spatial.catalogue import store as catalogue
from spatial.datum.clock import BEIJING
from spatial.history import write
from spatial.history.model import Intent

Connection = psycopg.Connection[Any]
PAPER = Paper("测试〔2026〕1号", "测试批复(合成数据)", date(2026, 1, 5))

CONFIRMED = Paper("2号", "确认", date(2026, 8, 1))


def day(month: int, number: int = 1, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=BEIJING)


def intent(month: int, year: int = 2026) -> Intent:
    return Intent("张伟", "规划科", "测试", day(month, year=year))


# The rules.


def test_the_statuses_are_those_of_the_layer() -> None:
    codes = dict(layers.contract("plan-versions").field("status").codes)
    assert {code: title.zh for code, title in codes.items()} == {
        each.value: title for each, title in TITLES.items()
    }


def test_every_pair_of_statuses_is_allowed_or_refused_with_what_may_follow() -> None:
    life = shipped()
    told = {(each.origin, each.target) for each in life.transitions if not each.amends}
    # The order of the seven, as it is written in the contract; what goes back or ends is listed apart.
    forward = list(Status)[:5]
    assert set(pairwise(forward)) <= told
    assert (Status.SUBMITTED, Status.MAINTAINED) not in told, "nothing comes into force unapproved"
    assert (Status.DRAFTING, Status.APPROVED) not in told
    for origin in Status:
        for target in Status:
            if (origin, target) in told:
                assert life.move(origin, target, PAPER, date(2026, 2, 1)).target is target
                continue
            with pytest.raises(PlanRefused) as refused:
                life.move(origin, target, PAPER, date(2026, 2, 1))
            assert TITLES[origin] in refused.value.zh and origin in refused.value.en
            onward = {goal for start, goal in told if start is origin}
            assert set(refused.value.details["onward"]) == {str(each) for each in onward}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("paper", "missing"),
    [
        (Paper(), "文号、文件名称、日期"),
        (Paper("1号", "批复"), "日期"),
        (Paper("1号", "批复", date(2026, 3, 1)), "2026-03-01"),
    ],
)
def test_a_document_that_is_not_whole_is_refused(paper: Paper, missing: str) -> None:
    with pytest.raises(PlanRefused, match=missing):
        shipped().move(Status.SUBMITTED, Status.APPROVED, paper, date(2026, 2, 1))


def test_a_life_that_contradicts_itself_is_no_life() -> None:
    with pytest.raises(ValueError, match="repealed"):
        read({"supersedes_at": [], "transition": [{"from": "repealed", "to": "filed"}]})
    with pytest.raises(ValueError, match="seal"):
        read({"supersedes_at": [], "transition": [{"from": "drafting", "to": "filed", "needs": ["seal"]}]})


# In the history.


@pytest.fixture
def ground(scratch: Connection) -> Connection:
    for layer_id in (*layers.PLANS, "planning-zones"):
        catalogue.publish(scratch, layers.contract(layer_id))
    plans.make_plan(scratch, Plan("p1", "测试规划(合成数据)", "county", "overall", "370783", 2035), intent(1))
    return scratch


def _through(connection: Connection, version: str, months: dict[int, Status]) -> None:
    """Each status from its month on; a notice is given elsewhere, of thirty days."""
    for month, status in months.items():
        if status is Status.PUBLIC_NOTICE:
            period = Draft(version, "公示", date(2026, month, 30), PAPER, elsewhere="市政府网站")
            publish(connection, period, intent(month), date(2026, month, 1))
            continue
        plans.advance(connection, version, status, PAPER, intent(month))


def _statuses(found: tuple[Version, ...]) -> dict[str, Status]:
    return {each.version_id: each.status for each in found}


def test_a_version_goes_its_way_and_the_next_one_takes_its_place(ground: Connection) -> None:
    first = plans.add_version(ground, "p1", intent(2))
    assert (first.version_id, first.version_no) == ("p1-v1", 1)
    _through(
        ground,
        "p1-v1",
        {3: Status.PUBLIC_NOTICE, 4: Status.SUBMITTED, 5: Status.APPROVED, 6: Status.FILED},
    )
    second = plans.add_version(ground, "p1", intent(7), supersedes="p1-v1")
    assert second.version_no == 2
    before = ground.execute("select clock_timestamp()").fetchone()
    assert before is not None
    _zones(ground, {"a": "p1-v1", "b": "p1-v1", "c": "p1-v2"})
    _through(ground, "p1-v2", {8: Status.SUBMITTED})
    seen = plans.preview(ground, "p1-v2", Status.MAINTAINED, PAPER, intent(9), ["planning-zones"])
    assert seen.changesets == {} and seen.ended == {"planning-zones": 2}
    assert _statuses(plans.status_at(ground, day(9)))["p1-v1"] is Status.FILED
    done = plans.advance(
        ground,
        "p1-v2",
        Status.MAINTAINED,
        CONFIRMED,
        intent(9),
        ["planning-zones"],
    )
    assert [(each.version_id, each.before, each.after) for each in done.moved] == [
        ("p1-v2", Status.SUBMITTED, Status.MAINTAINED),
        ("p1-v1", Status.FILED, Status.REPEALED),
    ]
    assert (
        set(done.changesets) == {"plan-versions", "planning-zones"}
        and "待核" in done.transition.to_be_checked
    )
    # Every day has its status, told by the months in which it changed.
    told = {month: _statuses(plans.status_at(ground, day(month))) for month in range(1, 10)}
    assert told[1] == {}
    assert [told[month]["p1-v1"].value for month in range(2, 10)] == [
        "drafting", "public-notice", "submitted", "approved", "filed", "filed", "filed", "repealed",
    ]  # fmt: skip
    assert told[7]["p1-v2"] is Status.DRAFTING and told[9]["p1-v2"] is Status.MAINTAINED
    newest = {each.version_id: each for each in plans.status_at(ground, day(9))}
    assert newest["p1-v2"].supersedes == "p1-v1" and newest["p1-v2"].paper == CONFIRMED
    assert newest["p1-v2"].in_force and not newest["p1-v1"].in_force
    assert newest["p1-v1"].plan_name == "测试规划(合成数据)"
    # What was believed before the last steps is still told.
    then = _statuses(plans.status_at(ground, day(9), before[0]))
    assert then == {"p1-v1": Status.FILED, "p1-v2": Status.DRAFTING}
    zones = ground.execute(
        "select fid from history.planning_zones_believed where valid_to = 'infinity' order by fid"
    ).fetchall()
    assert zones == [("c",)]
    one = ground.execute(
        "select count(distinct opened_by) from history.plan_versions where valid_from = %s", (day(9),)
    ).fetchone()
    assert one == (1,), "both versions move in one changeset"


def _zones(connection: Connection, versions: dict[str, str]) -> None:
    table = catalogue.get(connection, "planning-zones").table
    staging = write.create_staging(connection, table)
    rows = [(n, key, key, "300", version) for n, (key, version) in enumerate(versions.items(), 1)]
    write.copy_rows(connection, staging, ("line", "fid", "bsm", "ghfqdm", "plan_version"), rows)
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, intent(2)) is not None
    write.drop_staging(connection, staging)


def test_steps_that_do_not_fit_are_refused_and_leave_nothing(ground: Connection) -> None:
    plans.add_version(ground, "p1", intent(2))
    with pytest.raises(PlanRefused, match="编制"):
        plans.advance(ground, "p1-v1", Status.APPROVED, PAPER, intent(3))
    with pytest.raises(UnknownPlan):
        plans.advance(ground, "p1-v1", Status.PUBLIC_NOTICE, PAPER, intent(1))
    with pytest.raises(UnknownPlan):
        plans.add_version(ground, "p2", intent(3))
    with pytest.raises(PlanExists):
        plans.make_plan(ground, Plan("p1", "又一个", "county", "overall"), intent(3))
    _through(ground, "p1-v1", {5: Status.PUBLIC_NOTICE})
    with pytest.raises(PlanOvertaken):
        plans.advance(ground, "p1-v1", Status.PUBLIC_NOTICE, PAPER, intent(4))
    _through(ground, "p1-v1", {6: Status.SUBMITTED, 7: Status.APPROVED})
    plans.add_version(ground, "p1", intent(7))
    _through(ground, "p1-v2", {8: Status.PUBLIC_NOTICE, 9: Status.SUBMITTED})
    with pytest.raises(PlanRefused, match="p1-v1"):
        plans.advance(ground, "p1-v2", Status.APPROVED, PAPER, intent(10))
    with pytest.raises(PlanRefused, match="批复"):
        plans.advance(ground, "p1-v2", Status.MAINTAINED, PAPER, intent(10))
    assert _statuses(plans.status_at(ground, day(11))) == {
        "p1-v1": Status.APPROVED, "p1-v2": Status.SUBMITTED,
    }  # fmt: skip


def test_an_amendment_is_entered_once(ground: Connection) -> None:
    plans.add_version(ground, "p1", intent(2))
    plans.add_version(ground, "p1", intent(3), supersedes="p1-v1")
    said = Amendment("370783202600000001", "p1-v2", "p1-v1", "planning-zones", 1, 2, 3, "01")
    assert plans.record_amendment(ground, said, intent(4)).opened == 1
    row = ground.execute(
        "select version_id, base_version, added, changed, removed from history.plan_amendments_believed"
    ).fetchone()
    assert row == ("p1-v2", "p1-v1", 1, 2, 3)
    with pytest.raises(PlanExists):
        plans.record_amendment(ground, said, intent(5))
    with pytest.raises(UnknownPlan):
        plans.record_amendment(ground, Amendment("2", "p1-v9", "p1-v1", "x", 0, 0, 0), intent(4))
    with pytest.raises(BadAmendment):
        plans.record_amendment(
            ground, Amendment("3", "p1-v2", "p1-v1", "x", 0, 0, 0, jdzbly="x" * 11), intent(4)
        )
