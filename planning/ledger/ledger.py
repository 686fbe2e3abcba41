"""The quota ledger 指标台账 by double entry: new building land, farmland balance, expansion increment.

What one account gains others lose: the entries of a posting sum to zero by measure, so the whole
ledger does at any date. Entries are never changed; an error is set right by a posting the other
way. Every posting names the document it rests on. Amounts are exact decimals in the unit of the
measure.

* 新增建设用地: ``new-building-land/*``, m²
* 耕地占补平衡: quantity 数量 and paddy 水田 in m²; grade 质量 in m²·等 (area times grade)
* 扩展倍数增量: ``expansion/*``, m²

Whether balances are kept per year, town or project is for the city to say: an account is a path
(``new-building-land/available/2026``), and more may be opened. That the farmland balance is kept
by these three measures is 待核 (planning.md §6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from planning.errors import UnbalancedPosting
from spatial.catalogue.contract import Title

PLACES: Final = 4
"""Decimals of an amount."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account 账户; ``guarded`` ones may not be overdrawn."""

    id: str
    measure: str
    unit: str
    title: Title
    guarded: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a posting 分录: an account gains, or loses where the amount is negative."""

    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction of the ledger, whole or not at all."""

    booked_on: date
    document: str
    """Number and name of the document that it rests on 文号."""
    reason: str
    author: str
    department: str
    entries: tuple[Entry, ...]
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds at the end of a day."""

    account: str
    measure: str
    unit: str
    amount: Decimal


_MEASURES: Final = {
    "new-building-land": ("m2", "新增建设用地", "new building land"),
    "farmland-quantity": ("m2", "耕地占补·数量", "farmland balance, quantity"),
    "farmland-grade": ("m2*grade", "耕地占补·质量", "farmland balance, grade"),
    "farmland-paddy": ("m2", "耕地占补·水田", "farmland balance, paddy"),
    "expansion": ("m2", "扩展倍数增量", "expansion increment"),
}
_PLACES: Final = {
    "source": ("来源", "source", False),
    "available": ("可用", "available", True),
    "reserved": ("预留", "reserved", True),
    "used": ("已用", "used", True),
}


def chart() -> tuple[Account, ...]:
    """The accounts a ledger begins with 科目: source, available, reserved and used of each measure.

    >>> [each.id for each in chart()][1:3]
    ['new-building-land/available', 'new-building-land/reserved']
    """
    return tuple(
        Account(f"{measure}/{place}", measure, unit, Title(f"{zh}·{at_zh}", f"{en}, {at_en}"), guarded)
        for measure, (unit, zh, en) in _MEASURES.items()
        for place, (at_zh, at_en, guarded) in _PLACES.items()
    )


def transfer(measure: str, source: str, target: str, amount: Decimal) -> tuple[Entry, Entry]:
    """An amount from one account of a measure to another.

    >>> transfer("expansion", "source", "available", Decimal(5))[0]
    Entry(account='expansion/source', amount=Decimal('-5'))
    """
    return Entry(f"{measure}/{source}", -amount), Entry(f"{measure}/{target}", amount)


def require_balance(posting: Posting, measures: Mapping[str, str]) -> None:
    """Refuse a posting whose entries are none, are zero, too fine, or do not sum to zero by measure."""
    if not posting.entries:
        raise _refused("没有分录", "has no entries", posting.document)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in posting.entries:
        if not entry.amount.is_finite() or entry.amount == 0:
            raise _refused("分录的数额须为非零的数", "has an amount that is zero or no number", entry.amount)
        if entry.amount != entry.amount.quantize(Decimal(1).scaleb(-PLACES)):
            raise _refused(f"数额至多 {PLACES} 位小数", f"has more than {PLACES} decimals", entry.amount)
        sums[measures[entry.account]] += entry.amount
    for measure, total in sums.items():
        if total != 0:
            raise _refused("各计量之和须为零", "does not sum to zero", f"{measure} {total}")


def summed(entries: Sequence[Entry]) -> Mapping[str, Decimal]:
    """Balances by account of entries alone.

    >>> dict(summed([Entry("a", Decimal(2)), Entry("a", Decimal(-1)), Entry("b", Decimal(-1))]))
    {'a': Decimal('1'), 'b': Decimal('-1')}
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        sums[entry.account] += entry.amount
    return sums


def _refused(zh: str, en: str, value: object) -> UnbalancedPosting:
    return UnbalancedPosting(
        f"记账被拒,{zh},请更正后再记:{value}",
        f"the posting {en}; mend it and post again: {value}",
        value=str(value),
    )
