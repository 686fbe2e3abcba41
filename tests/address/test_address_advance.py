"""The life of components in a loaded register: by whom, with which papers, and what stands in the way."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from address import advance, store
from address.advance import Move, Outcome
from address.follow import Followed
from address.model import State
from address.processes import advancing
from address.reassign import ChangedSince, UnknownUnit
from address.register import Register
from address.rules.charter import shipped
from address.rules.life import MoveRefused, Role
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing import restate_store
from spatial.history import ledger
from spatial.history.model import Intent

EPSG = 4549
PUBLISHED = frozenset({"批准文件", "现场核实记录"})


def on(day: int) -> Intent:
    return Intent("王科", "民政局", "地址办理", datetime(2026, 6, day, tzinfo=BEIJING))


def move(
    connection: Connection, keys: list[str], to: State, role: Role, day: int = 1, *papers: str
) -> Outcome:
    asked = Move(to, role, frozenset(papers), "寿民字1号")
    return advance.advance(connection, keys, asked, on(day), shipped(), EPSG)


def states(connection: Connection, layer: str, key: str) -> list[tuple[Any, ...]]:
    """Of a component or its addresses: since when which."""
    column = "fid" if layer == "components" else "component_id"
    rows = connection.execute(
        f"select valid_from at time zone 'Asia/Shanghai', status from history.{layer}_believed"
        f" where {column} = %s order by valid_from",
        (key,),
    ).fetchall()
    return [(f"{since:%m-%d}", status) for since, status in rows]


def door(connection: Connection, where: str = "true") -> tuple[str, str]:
    """Key and full text of a door on a street."""
    row = connection.execute(
        "select c.fid, a.full_text from history.components_believed c"
        " join history.components_believed s on s.fid = c.parent_id"
        " join history.addresses_believed a on a.component_id = c.fid and a.main_id is null"
        f" where c.element = 50 and s.name = '圣城街' and c.name ~ '^[0-9]+号$' and {where}"
        " order by c.fid limit 1"
    ).fetchone()
    assert row is not None
    return str(row[0]), str(row[1])


UNLINKED = (
    "not exists (select from history.object_links_believed l where l.address_id = a.fid)"
    " and not exists (select from history.components_believed b where b.parent_id = c.fid)"
)


def test_a_door_is_suspended_restored_and_cancelled(register: Connection) -> None:
    key, text = door(register, UNLINKED)
    move(register, [key], State.CHANGING, Role.APPLICANT, 1, "变更申请表")
    move(register, [key], State.SUSPENDED, Role.REVIEWER, 3, "停用说明")
    move(register, [key], State.ACTIVE, Role.PUBLISHER, 5, "恢复说明")
    move(register, [key], State.CHANGING, Role.APPLICANT, 7, "变更申请表")
    move(register, [key], State.SUSPENDED, Role.REVIEWER, 9, "停用说明")
    done = move(register, [key], State.CANCELLED, Role.PUBLISHER, 11, "注销说明")
    life = ["active", "changing", "suspended", "active", "changing", "suspended", "cancelled"]
    days = ["06-01", "06-03", "06-05", "06-07", "06-09", "06-11"]
    for layer in ("components", "addresses"):
        seen = states(register, layer, key)
        assert [state for _, state in seen] == life and [day for day, _ in seen][1:] == days
    events = register.execute(
        "select from_status, to_status, actor, actor_role, document_number"
        " from history.address_events_believed where subject_id = %s and document_number = '寿民字1号'"
        " order by valid_from",
        (key,),
    ).fetchall()
    assert [(one, to) for one, to, *_ in events] == list(itertools.pairwise(life))
    assert {each[2:] for each in events} >= {
        ("王科", "applicant", "寿民字1号"),
        ("王科", "publisher", "寿民字1号"),
    }
    assert set(done.changesets) <= set(advance.LAYERS) == set(advancing.WRITTEN)
    assert ledger.verify(register).ok
    for day, found in ((4, False), (6, True), (20, False)):
        at = datetime(2026, 6, day, tzinfo=BEIJING)
        engine = Register.of(Followed.of(store.snapshot(register, at)), 0)
        first = next(iter(engine.search(text)), None)
        exact = first is not None and first.exact and engine.places.text(first.component) == text
        assert exact is found, day


def test_what_the_rules_do_not_allow_is_said_with_the_name_of_the_subject(register: Connection) -> None:
    key, text = door(register)
    name = text.rpartition("圣城街")[2]
    heads = ledger.heads(register)
    for to, role, papers, said in (
        (State.CANCELLED, Role.PUBLISHER, ("注销说明",), f"{name}:不能从“启用”变为“注销”,可变为:变更中"),
        (State.CHANGING, Role.REVIEWER, ("变更申请表",), "由“申请”岗位办理,不能由“审核”"),
        (State.CHANGING, Role.APPLICANT, (), "缺少材料,请补齐:变更申请表"),
    ):
        with pytest.raises(MoveRefused) as refused:
            move(register, [key], to, role, 1, *papers)
        assert said in refused.value.zh and name in refused.value.en
    with pytest.raises(UnknownUnit, match="nowhere"):
        move(register, [key, "nowhere"], State.CHANGING, Role.APPLICANT, 1, "变更申请表")
    assert ledger.heads(register) == heads, "all or none"
    move(register, [key], State.CHANGING, Role.APPLICANT, 9, "变更申请表")
    with pytest.raises(ChangedSince):
        move(register, [key], State.CHANGING, Role.APPLICANT, 5, "变更申请表")


def test_checks_stand_in_the_way_of_publication(register: Connection) -> None:
    key, _ = door(register, UNLINKED)
    move(register, [key], State.CHANGING, Role.APPLICANT, 1, "变更申请表")
    strict = replace(shipped(), road_distance_m=0.01)
    asked = Move(State.ACTIVE, Role.PUBLISHER, PUBLISHED, "寿民字1号")
    with pytest.raises(MoveRefused, match=r"检查未通过.*距所属道路 \d+ m"):
        advance.advance(register, [key], asked, on(3), strict, EPSG)
    assert advance.preview(register, [key], asked, on(3), shipped(), EPSG).subjects[0].after is State.ACTIVE
    # Meanwhile it bears the number of another.
    other, _ = door(register, f"c.fid <> '{key}'")
    number = register.execute(
        "select number from history.components_believed where fid = %s and valid_to = 'infinity'", (other,)
    ).fetchone()
    assert number is not None
    restate_store.restate(register, "components", on(2), [{"fid": key, "number": number[0]}])
    with pytest.raises(MoveRefused, match="重号"):
        move(register, [key], State.ACTIVE, Role.PUBLISHER, 3, *PUBLISHED)


def test_what_something_still_meets_at_is_not_cancelled(register: Connection) -> None:
    linked = register.execute(
        "select a.component_id from history.object_links_believed l join history.addresses_believed a"
        " on a.fid = l.address_id join history.components_believed c on c.fid = a.component_id"
        " where c.status = 'active' and c.valid_to = 'infinity' order by 1 limit 1"
    ).fetchone()
    estate = register.execute(
        "select parent_id from history.components_believed where element = 60 order by fid limit 1"
    ).fetchone()
    assert estate is not None and linked is not None
    for key, said in ((str(linked[0]), "个对象关联"), (str(estate[0]), "个构件,请先办理")):
        move(register, [key], State.CHANGING, Role.APPLICANT, 1, "变更申请表")
        move(register, [key], State.SUSPENDED, Role.REVIEWER, 3, "停用说明")
        with pytest.raises(MoveRefused, match=said):
            move(register, [key], State.CANCELLED, Role.PUBLISHER, 5, "注销说明")


def test_a_preview_writes_nothing_and_finds_the_same(register: Connection) -> None:
    keys = [door(register)[0], "370783006232"]
    heads = ledger.heads(register)
    asked = Move(State.CHANGING, Role.APPLICANT, frozenset({"变更申请表"}), "寿民字1号")
    seen = advance.preview(register, keys, asked, on(1), shipped(), EPSG)
    assert ledger.heads(register) == heads
    done = advance.advance(register, keys, asked, on(1), shipped(), EPSG)
    assert seen.subjects == done.subjects and len(done.subjects) == 2
    assert seen.changesets.keys() == done.changesets.keys()
