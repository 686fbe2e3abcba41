"""The quota ledger: whatever is posted, it sums to zero, and nothing posted is ever changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indicator_ground import prepare

from planning.errors import QuotaExceeded, UnbalancedPosting, UnknownAccount
from planning.ledger.ledger import Entry, Posting, chart, summed, transfer
from planning.ledger.store import balances, open_accounts, post, postings
from spatial.database import Connection, connect

DAY = date(2026, 3, 1)
SOURCE, AVAILABLE, USED = (f"new-building-land/{place}" for place in ("source", "available", "used"))


def posting(entries: Sequence[Entry], on: date = DAY, document: str = "鲁自然资字〔2026〕合成1号") -> Posting:
    return Posting(on, document, "合成数据", "li", "自然资源和规划局", tuple(entries), "P-1")


@pytest.fixture
def ledger(scratch: Connection) -> Connection:
    prepare(scratch, [])
    open_accounts(scratch, chart())
    return scratch


def held(connection: Connection, on: date | None = None) -> dict[str, Decimal]:
    return {each.account: each.amount for each in balances(connection, on) if each.amount}


ACCOUNTS = [each.id for each in chart()]
MEASURES = {each.id: each.measure for each in chart()}
AMOUNTS = st.decimals(Decimal("0.0001"), Decimal(10**9), places=4)


@st.composite
def moves(draw: st.DrawFn) -> tuple[date, list[Entry]]:
    """A posting of several moves within measures, from sources that may go below zero or not."""
    entries: list[Entry] = []
    for _ in range(draw(st.integers(1, 3))):
        measure = draw(st.sampled_from(sorted(set(MEASURES.values()))))
        places = [name for name, of in MEASURES.items() if of == measure]
        source, target = draw(st.permutations(places))[:2]
        amount = draw(AMOUNTS)
        entries += [Entry(source, -amount), Entry(target, amount)]
    return draw(st.dates(date(2026, 1, 1), date(2026, 12, 31))), entries


@given(st.lists(moves(), max_size=8))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_posted_sums_to_zero(ledger: Connection, tries: list[tuple[date, list[Entry]]]) -> None:
    with ledger.transaction(force_rollback=True):
        kept: list[tuple[date, Entry]] = []
        for on, entries in tries:
            try:
                post(ledger, posting(entries, on))
            except QuotaExceeded:
                would = summed([entry for _, entry in kept] + entries)
                assert any(amount < 0 for name, amount in would.items() if not name.endswith("/source"))
                continue
            kept += [(on, entry) for entry in entries]
        for day in (None, date(2026, 6, 30)):
            told = balances(ledger, day)
            for measure in set(MEASURES.values()):
                assert sum(each.amount for each in told if each.measure == measure) == 0
            chosen = summed([entry for on, entry in kept if day is None or on <= day])
            assert {e.account: e.amount for e in told if e.amount} == {k: v for k, v in chosen.items() if v}


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [Entry(SOURCE, Decimal(-5)), Entry(AVAILABLE, Decimal(4))],
        [Entry(SOURCE, Decimal(-5)), Entry("expansion/available", Decimal(5))],
        [Entry(SOURCE, Decimal(0)), Entry(AVAILABLE, Decimal(0))],
        [Entry(SOURCE, Decimal("-0.00001")), Entry(AVAILABLE, Decimal("0.00001"))],
        [Entry(SOURCE, Decimal("NaN")), Entry(AVAILABLE, Decimal("NaN"))],
    ],
)
def test_what_does_not_balance_is_refused(ledger: Connection, entries: list[Entry]) -> None:
    with pytest.raises(UnbalancedPosting):
        post(ledger, posting(entries))
    assert held(ledger) == {}


def test_the_tables_themselves_refuse(ledger: Connection) -> None:
    number = post(ledger, posting(transfer("new-building-land", "source", "available", Decimal(10))))
    into = "insert into planning.quota_entry (posting, line, account, amount) values (%s, %s, %s, %s)"
    with pytest.raises(psycopg.Error, match="does not balance"), ledger.transaction():
        ledger.execute(into, (number, 9, AVAILABLE, 1))
        ledger.execute("set constraints planning.balanced immediate")
    for statement in (
        "update planning.quota_entry set amount = 1",
        "delete from planning.quota_entry",
        "truncate planning.quota_posting cascade",
        "update planning.quota_account set guarded = false",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), ledger.transaction():
            ledger.execute(statement)


def test_an_account_is_never_overdrawn(ledger: Connection) -> None:
    post(ledger, posting(transfer("new-building-land", "source", "available", Decimal(100))))
    post(ledger, posting(transfer("new-building-land", "available", "used", Decimal(60))))
    with pytest.raises(QuotaExceeded) as refused:
        post(ledger, posting(transfer("new-building-land", "available", "used", Decimal(60))))
    assert "-20" in str(refused.value.value)
    assert held(ledger) == {SOURCE: -100, AVAILABLE: 40, USED: 60}
    [(_, newest), _] = postings(ledger, AVAILABLE)
    assert newest.entries == transfer("new-building-land", "available", "used", Decimal(60))
    with pytest.raises(UnknownAccount):
        post(ledger, posting([Entry("nowhere", Decimal(1)), Entry(SOURCE, Decimal(-1))]))


def test_balances_are_of_a_date(ledger: Connection) -> None:
    post(ledger, posting(transfer("expansion", "source", "available", Decimal(7)), date(2026, 1, 5)))
    post(ledger, posting(transfer("expansion", "available", "used", Decimal(2)), date(2026, 2, 5)))
    assert held(ledger, date(2026, 1, 4)) == {}
    assert held(ledger, date(2026, 1, 5))["expansion/available"] == 7
    assert held(ledger, date(2026, 2, 5))["expansion/available"] == 5


def test_two_that_draw_at_once_do_not_both_get_the_last(database: str) -> None:
    with connect(database) as first, connect(database) as second:
        prepare(first, [])
        open_accounts(first, chart())
        post(first, posting(transfer("new-building-land", "source", "available", Decimal(100))))
        first.commit()
        draw = posting(transfer("new-building-land", "available", "used", Decimal(60)))
        post(first, draw)
        outcome: list[str] = []

        def other() -> None:
            try:
                post(second, draw)
                second.commit()
                outcome.append("drawn")
            except QuotaExceeded:
                outcome.append("refused")

        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()  # it waits for what the first one decides
        first.commit()
        waiting.join(60)
        assert outcome == ["refused"]
        assert held(first)[AVAILABLE] == 40
