"""The change feed 变更流: all changesets in one order, read on from a cursor without a gap.

Statements only, as in ``read.py``. A reader asks for the settled position first
and for entries up to it in a second statement: what lies there can no longer
change. A cursor is the last changeset that its reader was shown or might have been,
by its position and the beginning of its chain hash: after the database was restored
to an earlier state it is known again or refused, never taken for another. Positions
count the changesets of all layers, so a cursor leaves sealed (``Seal``), and stands
only at changesets of layers that its reader may see: neither two of them nor the
same one asked for again tells whether anything lies between.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from spatial.errors import BadCursor, CursorLost, shorten
from spatial.history.model import Changeset
from spatial.history.read import Statement

_NOTHING = "0" * 16
_FOR = b"onemap change feed cursor 1"
"""What the seal is for: nothing else sealed with the same key is taken for a cursor."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader of the feed has come to."""

    position: int
    mark: str
    """Sixteen digits of the chain hash of the changeset there."""


class Seal:
    """Cursors as they stand in addresses and events: AES-SIV under the key of the database.

    The same cursor always reads the same, whichever server gives it; another
    one reads altogether different, and none can be made up.
    """

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self._cipher = AESSIV(key)

    def text(self, cursor: Cursor) -> str:
        """43 characters that may stand in an address; opaque to clients."""
        plain = cursor.position.to_bytes(8, "big") + bytes.fromhex(cursor.mark)
        return base64.urlsafe_b64encode(self._cipher.encrypt(plain, [_FOR])).rstrip(b"=").decode()

    def parse(self, text: str) -> Cursor:
        """The cursor of an earlier answer; ``BadCursor`` for all that this database did not hand out."""
        from cryptography.exceptions import InvalidTag

        try:
            sealed = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed, [_FOR])
            cursor = Cursor(int.from_bytes(plain[:8], "big"), plain[8:].hex())
            if self.text(cursor) != text:  # base64 has two spellings of the last two bits
                raise ValueError(text)
        except (InvalidTag, ValueError, binascii.Error):
            shown = shorten(text, 40)
            raise BadCursor(
                "不是本库变更流的游标,请用上次应答中的 next;旧版的游标已不可用,"
                f"请以 since=now 取新游标并重读所需图层:{shown}",
                "no cursor of this database's change feed, use the next of an earlier answer; those of an"
                f" earlier version hold no more, take one with since=now and read your layers anew: {shown}",
                value=shown,
            ) from None
        return cursor


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


def newest(upto: int, layers: Sequence[str]) -> Statement:
    """The last changeset of these layers at or below a position. Columns: position, chain hash."""
    return Statement(
        "select c.position, c.chain_hash from unnest(%s::text[]) l (layer), lateral ("
        "select f.position, c.chain_hash from spatial.changeset c"
        " join spatial.changeset_feed f on f.changeset = c.id"
        " where c.layer = l.layer and f.position <= %s order by c.id desc limit 1) c"
        " order by c.position desc limit 1",
        (list(layers), upto),
    )


def key() -> Statement:
    """The key of the seal. One column."""
    return Statement("select key from spatial.feed_key", ())


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


def require_held(given: Cursor, found: Cursor, text: str) -> None:
    """Refuse a cursor, told as the ``text`` it came as, where something else is held at its position."""
    if given != found:
        shown = shorten(text)
        raise CursorLost(
            f"数据库已恢复到较早的状态,此后的变更与该游标不再衔接,请核对后从头读取(不带 since):{shown}",
            "the database was restored to an earlier state and does not hold what this cursor stands at;"
            f" compare, then read from the beginning (without since): {shown}",
            value=shown,
        )
