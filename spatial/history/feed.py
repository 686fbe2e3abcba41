"""The change feed 变更流: all changesets in one order, read on from a cursor without a gap.

Statements only, as in ``read.py``. A reader asks for the settled position first
and for entries up to it in a second statement: what lies there can no longer
change. A cursor is the last changeset read, by its position and the beginning of
its chain hash: after the database was restored to an earlier state it is known
again or refused, never taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spatial.errors import BadCursor, CursorLost
from spatial.history.model import Changeset
from spatial.history.read import Statement

_TEXT = re.compile(r"([0-9a-f]{1,10})-([0-9a-f]{16})")
_NOTHING = "0" * 16


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader of the feed has come to."""

    position: int
    mark: str
    """Sixteen digits of the chain hash of the changeset there."""

    def text(self) -> str:
        """As it stands in addresses and events; opaque to clients."""
        return f"{self.position:x}-{self.mark}"

    @staticmethod
    def parse(text: str) -> Cursor:
        """The cursor of an earlier answer."""
        found = _TEXT.fullmatch(text)
        if found is None:
            shown = text[:40]
            raise BadCursor(
                f"不是变更流的游标,请用上次应答中的 next:{shown}",
                f"no cursor of the change feed, use the next of an earlier answer: {shown}",
                value=shown,
            )
        return Cursor(int(found[1], 16), found[2])


BEGINNING = Cursor(0, _NOTHING)
"""Before the first changeset."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A changeset at its place in the feed."""

    cursor: Cursor
    changeset: Changeset


def settled() -> Statement:
    """Up to where nothing can be added any more. Columns: position, whether higher ones were given."""
    return Statement(
        "select s.position, history.last_position() > s.position"
        " from spatial.settled_position() s (position)",
        (),
    )


def newest(upto: int) -> Statement:
    """The last changeset at or below a position. Columns: position, chain hash."""
    return Statement(
        "select f.position, c.chain_hash from spatial.changeset_feed f"
        " join spatial.changeset c on c.id = f.changeset"
        " where f.position <= %s order by f.position desc limit 1",
        (upto,),
    )


def at(position: int) -> Statement:
    """The changeset at exactly this position. Columns: position, chain hash."""
    return Statement(
        "select f.position, c.chain_hash from spatial.changeset_feed f"
        " join spatial.changeset c on c.id = f.changeset where f.position = %s",
        (position,),
    )


def entries(after: int, upto: int, layers: Sequence[str], limit: int) -> Statement:
    """What follows a position, of these layers. Columns: position, then those of a Changeset."""
    return Statement(
        "select f.position, c.id, c.layer, c.author, c.department, c.reason, c.recorded_at,"
        " c.source_sha256, c.opened, c.closed, c.content_hash, c.previous_hash, c.chain_hash"
        " from spatial.changeset_feed f join spatial.changeset c on c.id = f.changeset"
        " where f.position > %s and f.position <= %s and c.layer = any(%s)"
        " order by f.position limit %s",
        (after, upto, list(layers), limit),
    )


def cursor(row: tuple[object, ...] | None) -> Cursor:
    """The cursor at a row of :func:`newest` or :func:`at`; the beginning where there is none."""
    if row is None:
        return BEGINNING
    position, chain_hash = row
    assert isinstance(position, int)
    assert isinstance(chain_hash, bytes | memoryview)
    return Cursor(position, bytes(chain_hash).hex()[:16])


def entry(row: tuple[object, ...]) -> Entry:
    """A row of :func:`entries`."""
    changeset = Changeset(*row[1:])  # type: ignore[arg-type]
    return Entry(cursor((row[0], changeset.chain_hash)), changeset)


def require_held(given: Cursor, found: Cursor) -> None:
    """Refuse a cursor where the database holds something else at its position."""
    if given != found:
        shown = given.text()
        raise CursorLost(
            f"数据库已恢复到较早的状态,此后的变更与该游标不再衔接,请核对后从头读取(不带 since):{shown}",
            "the database was restored to an earlier state and does not hold what this cursor stands at;"
            f" compare, then read from the beginning (without since): {shown}",
            value=shown,
        )
