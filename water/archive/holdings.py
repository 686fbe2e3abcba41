"""The archive as a whole 馆藏: what comes in goes to the first copy, the others follow, the register learns.

The first copy that can be reached takes what is handed in; one that is away follows when it is back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from spatial.database import Connection
from spatial.datum import BEIJING
from water.archive import audit, companion_store, copies, deposit, journal, layers, log, storage, store
from water.archive.audit import Audit, Report
from water.archive.copies import Repair, Standing
from water.archive.deposit import Edit
from water.archive.layers import Archived
from water.archive.log import LogState
from water.archive.model import Agent, DailyRoot, Head, Receipt, stamp
from water.archive.premis import Event, EventType, Outcome
from water.archive.storage import Copy
from water.errors import ArchiveAway, WriteOnce


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the other copies."""

    copies: tuple[str, ...]
    """Those that hold everything now."""
    behind: tuple[str, ...]
    """Those that could not be reached."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """The registered copies, and which of them can be reached."""

    here: tuple[Copy, ...]
    away: tuple[str, ...]

    @staticmethod
    def of(connection: Connection) -> Holdings:
        """As they are registered."""
        here, away = [], []
        for one in store.registered(connection):
            try:
                here.append(replace(storage.opened(one.path), name=one.name))
            except ArchiveAway:
                away.append(one.name)
        return Holdings(tuple(here), tuple(away))

    @property
    def first(self) -> Copy:
        """The copy that takes what is handed in; ArchiveAway where none can be reached."""
        if not self.here:
            listed = ", ".join(self.away) or "archive copies --add"
            raise ArchiveAway(
                f"没有可用的档案副本,请挂载介质或先登记:{listed}",
                f"no copy of the archive can be reached; mount its medium or register one: {listed}",
                value=listed,
            )
        return self.here[0]

    def named(self, name: str) -> Copy:
        """A copy by its name."""
        for copy in self.here:
            if copy.name == name:
                return copy
        raise ArchiveAway(
            f"没有这份副本或其介质未挂载:{name}", f"no such copy, or its medium is away: {name}", value=name
        )


def ingest(connection: Connection, edit: Edit) -> Receipt:
    """Enter an edit at once, and have the others follow."""
    holdings = Holdings.of(connection)
    receipt = deposit.deposit(holdings.first, edit)
    return _followed(connection, holdings, receipt, edit.time)


def seal(connection: Connection, now: datetime, *, ripe_only: bool = False) -> tuple[Receipt, ...]:
    """Enter what waits: everything, or what is worth a version by itself."""
    holdings = Holdings.of(connection)
    found = []
    for one in deposit.waiting(holdings.first):
        receipt = None if ripe_only and not one.ripe else deposit.seal(holdings.first, one.work, now)
        if receipt is not None:
            found.append(receipt)
    return tuple(_followed(connection, holdings, receipt, now) for receipt in found)


def archive_layers(
    connection: Connection, layer_ids: tuple[str, ...], tables: tuple[str, ...], agent: Agent, now: datetime
) -> tuple[Archived, ...]:
    """Deposit layers and tables, and have the other copies follow."""
    with connection.transaction():
        holdings = Holdings.of(connection)
    done = [layers.archive_layer(connection, holdings.first, each, agent, now) for each in layer_ids]
    done += layers.archive_tables(connection, holdings.first, tables, agent, now)
    follow(connection, holdings, now)
    return tuple(done)


def archive_rivers(connection: Connection, agent: Agent, now: datetime) -> tuple[Archived, ...]:
    """All of the module: each of its layers with its history and what stands beside it, each of its tables.

    What the cold start needs to rebuild the module from the archive alone.
    """
    with connection.transaction():
        layer_ids = companion_store.module_layers(connection)
        tables = companion_store.module_tables(connection)
    return archive_layers(connection, tuple(layer_ids), tuple(tables), agent, now)


def _followed(connection: Connection, holdings: Holdings, receipt: Receipt, now: datetime) -> Receipt:
    done = follow(connection, holdings, now)
    return replace(receipt, copies=done.copies, behind=done.behind)


def follow(connection: Connection, holdings: Holdings, now: datetime) -> Followed:
    """Bring every copy that can be reached up to the one whose log is longest; the register learns."""
    first = max(holdings.here, key=lambda copy: log.length(copy.place), default=holdings.first)
    seen = {one.name: one.entries for one in store.registered(connection)}
    for copy in holdings.here:
        _note_if_it_went_back(copy, seen.get(copy.name, 0), now)
        if copy is not first:
            copies.follow(first, copy, now)
    learn(connection, holdings)
    return Followed(tuple(copy.name for copy in holdings.here), holdings.away)


def _note_if_it_went_back(copy: Copy, seen: int, now: datetime) -> None:
    """A copy whose log is shorter than it was before is brought up again, but not without a record."""
    entries = log.length(copy.place)
    if entries < seen:
        told = f"{log.LEAVES}: the log went back from {seen} to {entries} entries"
        event = Event(EventType.FIXITY_CHECK, stamp(now), Outcome.FAILURE, None, told, copy=copy.name)
        with storage.held(copy):
            journal.write(copy.place, [event])


def learn(connection: Connection, holdings: Holdings) -> int:
    """Take over into the register what the copies say; how many events were new."""
    count = 0
    with connection.transaction():
        for copy in holdings.here:
            known = store.known_events(connection, copy.name)
            fresh = (each for each in journal.read(copy.place) if each.id not in known)
            count += store.keep_events(connection, fresh)
            store.keep_roots(connection, log.daily_roots(copy.place)[0])
            head = LogState.read(copy.place).head
            store.keep_head(connection, head)
            store.progressed(connection, copy.name, head.size)
    return count


def publish(connection: Connection, now: datetime) -> DailyRoot:
    """The root of the day, in every copy and in the register."""
    holdings = Holdings.of(connection)
    follow(connection, holdings, now)
    root = log.publish(holdings.first.place, now.astimezone(BEIJING).date().isoformat())
    follow(connection, holdings, now)
    return root


def check(
    connection: Connection,
    name: str | None,
    asked: Audit,
    now: datetime,
    step: Callable[[int, int], None] | None = None,
) -> dict[str, Report]:
    """Audit one copy or all that can be reached, against the register and each other."""
    holdings = Holdings.of(connection)
    chosen = holdings.here if name is None else (holdings.named(name),)
    asked = replace(
        asked,
        trusted=(*asked.trusted, *roots_to_give(connection, holdings)),
        days=store.published(connection),
    )
    reports = {copy.name: audit.run(copy, asked, now, step) for copy in chosen}
    with connection.transaction():
        for copy in chosen:
            store.keep_events(connection, journal.read(copy.place))
    return reports


def roots_to_give(connection: Connection, holdings: Holdings) -> tuple[Head, ...]:
    """What is registered, and what the other copies hold."""
    return tuple(dict.fromkeys((*store.trusted(connection), *copies.heads(holdings.here))))


def repair(connection: Connection, name: str, now: datetime) -> tuple[Repair, ...]:
    """Put a copy right from the others."""
    holdings = Holdings.of(connection)
    target = holdings.named(name)
    others = [copy for copy in holdings.here if copy.name != name]
    done = copies.repair(target, others, now, store.trusted(connection))
    learn(connection, holdings)
    return done


def refuse_deletion(
    connection: Connection, object_id: str, agent: Agent, reason: str, now: datetime
) -> WriteOnce:
    """Somebody wants an object deleted: that is recorded, and refused."""
    holdings = Holdings.of(connection)
    storage.require_inventory(holdings.first, object_id)
    told = Event(
        EventType.DELETION,
        stamp(now),
        Outcome.REFUSED,
        object_id,
        f"{agent.department}: {reason}"[:4000],
        agent.name,
        holdings.first.name,
    )
    with storage.held(holdings.first):
        journal.write(holdings.first.place, [told])
    learn(connection, holdings)
    return WriteOnce(
        f"档案只写一次,不能删除;此次申请已登记:{object_id}",
        f"the archive is write-once, nothing is deleted; that it was asked for is recorded: {object_id}",
        value=object_id,
    )


def standings(connection: Connection) -> tuple[Standing, ...]:
    """How far every registered copy is."""
    return tuple(copies.standing(one.path, one.name) for one in store.registered(connection))
