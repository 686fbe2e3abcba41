"""Codes of a loaded register: every address its own, serials never twice, a new one in a new division."""

from __future__ import annotations

from datetime import datetime

import pytest

from address import advance, coding, reassign, resolve_store, store
from address.advance import Move
from address.coding import Outcome
from address.model import State
from address.reassign import ChangedSince, Rename
from address.rules.charter import shipped
from address.rules.codes import OpenScheme
from address.rules.life import Role
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import NotFound
from spatial.history import ledger
from spatial.history.model import Intent

SCHEME = shipped().schemes["internal"]
SANYUANZHU = "370783006232"


def on(day: int) -> Intent:
    return Intent("赵工", "民政局", "赋码", datetime(2026, 6, day, tzinfo=BEIJING))


def assign(connection: Connection, day: int = 1, town: str | None = None) -> Outcome:
    return coding.assign(connection, SCHEME, town, on(day))


def codes(connection: Connection, day: int) -> dict[str, str]:
    """Address → its code on a day."""
    rows = connection.execute(
        "select address_id, code from history.address_codes_believed"
        " where scheme = 'internal' and valid_from <= %(t)s and valid_to > %(t)s",
        {"t": datetime(2026, 6, day, 12, tzinfo=BEIJING)},
    ).fetchall()
    assert len(rows) == len({address for address, _ in rows}), "one code to an address"
    return dict(rows)


def mains(connection: Connection) -> dict[str, tuple[str, str]]:
    """Current main addresses: division code and full text."""
    rows = connection.execute(
        "select a.fid, r.code, a.full_text from history.addresses_believed a"
        " join history.components_believed r on r.fid = a.region_id and r.valid_to = 'infinity'"
        " where a.main_id is null and a.status in ('active', 'changing', 'reserved')"
        " and a.valid_to = 'infinity'"
    ).fetchall()
    return {fid: (code, text) for fid, code, text in rows}


def test_every_address_gets_a_code_of_its_own_that_reads_back(register: Connection) -> None:
    done = assign(register)
    given, known = codes(register, 1), mains(register)
    assert given.keys() == known.keys() and done.given == len(given) > 5000
    assert len(set(given.values())) == len(given)
    for address, code in given.items():
        assert SCHEME.read(code)["region"] == known[address][0].ljust(12, "0")
    natures = register.execute(
        "select distinct data_nature from history.address_codes_believed where scheme = 'internal'"
    ).fetchall()
    assert natures == [("合成数据",)]
    address, code = min(given.items())
    assert resolve_store.coded(register, code) == (address, "internal")
    assert ledger.verify(register).ok
    assert assign(register, 2) == Outcome(0, 0, len(given), (), ()), "given once"


def test_towns_one_after_the_other_are_as_the_city_at_once(register: Connection) -> None:
    register.execute("savepoint before")
    assign(register)
    whole = codes(register, 1)
    register.execute("rollback to savepoint before")
    first = assign(register, 1, "圣城街道")
    assert 0 < first.given < len(whole)
    assert assign(register, 1, "370783006000").given > 0
    left = len(whole) - len(codes(register, 1))
    assert assign(register).given == left > 0
    assert codes(register, 1) == whole
    with pytest.raises(NotFound, match="没有这个镇街"):
        assign(register, 1, "没有镇")


def test_serials_of_what_is_gone_are_not_given_again(register: Connection) -> None:
    assign(register)
    before = codes(register, 1)
    row = register.execute(
        "select c.fid, c.parent_id, a.fid from history.components_believed c"
        " join history.addresses_believed a on a.component_id = c.fid"
        " where c.element = 50 and c.status = 'active' and a.main_id is null"
        " and not exists (select from history.object_links_believed l where l.address_id = a.fid)"
        " and not exists (select from history.components_believed b where b.parent_id = c.fid)"
        " order by c.fid desc limit 1"
    ).fetchone()
    assert row is not None
    door, _, address = row
    for day, to, role, paper in (
        (2, State.CHANGING, Role.APPLICANT, "变更申请表"),
        (3, State.SUSPENDED, Role.REVIEWER, "停用说明"),
        (4, State.CANCELLED, Role.PUBLISHER, "注销说明"),
    ):
        move = Move(to, role, frozenset({paper}), "寿民字1号")
        advance.advance(register, [door], move, on(day), shipped(), 4549)
    # Whatever is coded later in that place has another code.
    held = [
        coding.Held(f"k{place}", code, coding.NOBODY, False) for place, code in enumerate(before.values())
    ]
    snapshot = store.snapshot(register, datetime(2026, 6, 9, tzinfo=BEIJING))
    wanted = [
        row for row, live in enumerate(snapshot.addresses.current.tolist())
        if live and snapshot.addresses.main[row] < 0  # type: ignore[index]
    ]  # fmt: skip
    anew = coding.give(snapshot, SCHEME, held, wanted)
    assert not {code for _, code in anew.codes} & set(before.values())
    assert address in codes(register, 9), "a code outlives its address"


def test_in_another_division_an_address_has_another_code_and_the_old_one_resolves(
    register: Connection,
) -> None:
    assign(register)
    before = codes(register, 1)
    reassign.reassign(register, [reassign.Recode(SANYUANZHU, "370783005990")], on(5), "寿政字1号")
    done = assign(register, 6)
    after = codes(register, 6)
    changed = {key for key in after if after[key] != before[key]}
    assert done.renewed == done.given == len(changed) > 0
    assert all(before[key].startswith(SANYUANZHU) for key in changed)
    assert all(after[key].startswith("370783005990") for key in changed)
    assert codes(register, 3) == before
    key = min(changed)
    assert resolve_store.coded(register, before[key]) == resolve_store.coded(register, after[key])
    reassign.reassign(register, [Rename("370783005990", "新三元村")], on(7), "寿政字2号")
    assert assign(register, 8).given == 0, "a name is in no code"
    with pytest.raises(ChangedSince, match="2026-06-06"):
        assign(register, 3)


def test_a_scheme_whose_widths_are_open_gives_nothing(register: Connection) -> None:
    heads = ledger.heads(register)
    with pytest.raises(OpenScheme):
        coding.assign(register, shipped().schemes["gbt39609"], None, on(1))
    seen = coding.assign(register, SCHEME, None, on(1), write=False)
    assert seen.given > 5000 and ledger.heads(register) == heads
    assert seen.first == assign(register).first
