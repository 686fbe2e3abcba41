"""SQL of the quota ledger: accounts are opened, postings written whole, balances read at a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import psycopg

from planning.errors import QuotaExceeded, UnbalancedPosting, UnknownAccount
from planning.ledger.ledger import Account, Balance, Entry, Posting, require_balance
from spatial.database import Connection


def open_accounts(connection: Connection, accounts: Sequence[Account]) -> None:
    """Open accounts; those that are there stay as they are."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into planning.quota_account (id, measure, unit, title_zh, title_en, guarded)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(a.id, a.measure, a.unit, a.title.zh, a.title.en, a.guarded) for a in accounts],
        )


def post(connection: Connection, posting: Posting) -> int:
    """Write a posting; its number. Inside the caller's transaction, checked before this returns.

    Raises UnbalancedPosting, UnknownAccount, QuotaExceeded; then nothing of it is written and the
    transaction may go on. Those that draw on one guarded account come one after the other.
    """
    require_balance(posting, _measures(connection, [entry.account for entry in posting.entries]))
    with _translated(), connection.transaction():
        row = connection.execute(
            "insert into planning.quota_posting (booked_on, document, project, reason, author, department)"
            " values (%s, %s, %s, %s, %s, %s) returning id",
            (
                posting.booked_on,
                posting.document,
                posting.project,
                posting.reason,
                posting.author,
                posting.department,
            ),
        ).fetchone()
        assert row is not None
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into planning.quota_entry (posting, line, account, amount) values (%s, %s, %s, %s)",
                [
                    (row[0], line, entry.account, entry.amount)
                    for line, entry in enumerate(posting.entries, 1)
                ],
            )
        connection.execute("set constraints planning.balanced immediate")
        connection.execute("set constraints planning.balanced deferred")
    return int(row[0])


def balances(
    connection: Connection, on: date | None = None, asof: datetime | None = None
) -> tuple[Balance, ...]:
    """What each account holds at the end of a day, as booked by an instant; of all that is booked
    where neither is named.
    """
    rows = connection.execute(
        "select a.id, a.measure, a.unit, coalesce(sum(e.amount) filter"
        " (where (%(on)s::date is null or p.booked_on <= %(on)s)"
        " and (%(asof)s::timestamptz is null or p.recorded_at <= %(asof)s)), 0)"
        " from planning.quota_account a left join planning.quota_entry e on e.account = a.id"
        " left join planning.quota_posting p on p.id = e.posting group by a.id order by a.id",
        {"on": on, "asof": asof},
    ).fetchall()
    return tuple(Balance(*row) for row in rows)


def left(connection: Connection, on: date) -> Mapping[str, float]:
    """What the accounts hold at the end of a day to which anything was booked by then; of others nothing
    is known.
    """
    rows = connection.execute(
        "select e.account, sum(e.amount)::float8 from planning.quota_entry e"
        " join planning.quota_posting p on p.id = e.posting where p.booked_on <= %s group by 1",
        (on,),
    ).fetchall()
    return dict(rows)


def postings(connection: Connection, account: str, limit: int = 100) -> tuple[tuple[int, Posting], ...]:
    """The newest postings that touch an account, whole, with their numbers."""
    rows = connection.execute(
        "select p.id, p.booked_on, p.document, p.reason, p.author, p.department, p.project,"
        " array_agg(e.account order by e.line), array_agg(e.amount order by e.line)"
        " from planning.quota_posting p join planning.quota_entry e on e.posting = p.id"
        " where p.id in (select posting from planning.quota_entry where account = %s)"
        " group by p.id order by p.id desc limit %s",
        (account, limit),
    ).fetchall()
    return tuple(
        (
            number,
            Posting(on, document, reason, author, department, tuple(map(Entry, accounts, amounts)), project),
        )
        for number, on, document, reason, author, department, project, accounts, amounts in rows
    )


def _measures(connection: Connection, accounts: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = dict(
        connection.execute(
            "select id, measure from planning.quota_account where id = any(%s)", (list(accounts),)
        ).fetchall()
    )
    for account in accounts:
        if account not in found:
            raise UnknownAccount(
                f"没有此账户,请先开户:{account}", f"no such account, open it first: {account}", value=account
            )
    return found


@contextmanager
def _translated() -> Iterator[None]:
    """What the tables refuse, in the platform's own words."""
    try:
        yield
    except psycopg.Error as failure:
        said = failure.diag.message_detail or failure.diag.message_primary or ""
        if failure.sqlstate == "OM460":
            raise UnbalancedPosting(
                f"记账被拒,各计量之和须为零:{said}", f"the posting does not sum to zero: {said}", value=said
            ) from failure
        if failure.sqlstate == "OM462":
            raise QuotaExceeded(
                f"余额不足,请先调剂指标:{said}",
                f"the account would be overdrawn, provide for it first: {said}",
                value=said,
            ) from failure
        raise
