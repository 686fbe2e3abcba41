"""Plain tables in the archive 整表归档: in pieces that stay the same where their rows do.

A table is written in the order of its rows and cut where the rows themselves say so (content-defined), so
that a row more changes one piece and leaves the others: a table that grows night after night does not weigh
its whole every night. ``table.json`` names columns and pieces; a piece is CSV with its header.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from spatial.database import Connection
from water.archive import deposit, reading, storage, table_store
from water.archive.deposit import Edit
from water.archive.model import PACK_BELOW_BYTES, Agent, Receipt
from water.archive.storage import Copy
from water.errors import RestoreRefused

TABLES: Final = "tables/"
TABLE: Final = "table.json"
ROWS: Final = "rows/"
PIECE_LEAST_BYTES: Final = PACK_BELOW_BYTES
PIECE_MOST_BYTES: Final = 32 << 20
CUT_EVERY: Final = 256
"""Of so many rows one ends a piece, where it is long enough."""
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


def archive(
    connection: Connection, copy: Copy, table: str, agent: Agent, now: datetime, folder: Path
) -> Receipt | None:
    """Deposit what a table gained; None where it is what was deposited last. Inside one state."""
    if not _NAME.fullmatch(table):
        raise RestoreRefused(
            f"表名应为 模式.表:{table}", f"a table is named schema.table: {table}", value=table
        )
    columns = table_store.table_columns(connection, table)
    pieces = {_put(folder, piece): None for piece in _pieces(table_store.table_rows(connection, table))}
    told = table_store.canonical({"columns": columns, "pieces": list(pieces)})
    work = TABLES + table
    held, last = _held(copy, work), storage.read_inventory(copy, str(deposit.open_object(copy, work, now)))
    if held is not None and held[1] == told:
        return None
    there = set() if last is None else set(last.state(last.head))
    files: dict[str, Path | bytes] = {
        ROWS + name: folder / name for name in pieces if ROWS + name not in there
    }
    gone = frozenset(
        path for path in there if path.startswith(ROWS) and path.removeprefix(ROWS) not in pieces
    )
    edit = Edit(work, table, "整表 whole table", agent, now, {**files, TABLE: told}, gone)
    return deposit.deposit(copy, edit)


def restore(connection: Connection, copy: Copy, table: str) -> None:
    """The rows of a table again; RestoreRefused where its columns are others now."""
    held = _held(copy, TABLES + table)
    assert held is not None
    object_id, told = held[0], json.loads(held[1])
    table_store.require_columns(connection, table, told["columns"])
    pieces = (reading.newest(copy, object_id, ROWS + name) for name in told["pieces"])
    table_store.put_rows(connection, table, told["columns"], pieces)
    table_store.go_on(connection, table, told["columns"])


def _held(copy: Copy, work: str) -> tuple[str, bytes] | None:
    """The newest object of a table, and what it says of it."""
    objects = reading.of_work(copy, work)
    return None if not objects else (objects[-1], reading.newest(copy, objects[-1], TABLE))


def _put(folder: Path, piece: bytes) -> str:
    name = f"{hashlib.sha256(piece).hexdigest()[:32]}.csv"
    (folder / name).write_bytes(piece)
    return name


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """A table's CSV in pieces, each with the header."""
    rows = _rows(blocks)
    header = next(rows, b"")
    piece, empty = bytearray(header), True
    for row in rows:
        piece += row
        empty = False
        ends = zlib.crc32(row) % CUT_EVERY == 0 and len(piece) >= PIECE_LEAST_BYTES
        if ends or len(piece) >= PIECE_MOST_BYTES:
            yield bytes(piece)
            piece, empty = bytearray(header), True
    if not empty:
        yield bytes(piece)


def _rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Rows of CSV as the server writes them: a line that ends within quotes goes on in the next.

    >>> list(_rows([b'a,b\\n1,"x', b'\\ny"\\n2,z\\n']))
    [b'a,b\\n', b'1,"x\\ny"\\n', b'2,z\\n']
    """
    row, quotes = bytearray(), 0
    for block in blocks:
        for line in block.splitlines(keepends=True):
            row += line
            quotes += line.count(b'"')
            if quotes % 2 == 0 and row.endswith(b"\n"):
                yield bytes(row)
                row, quotes = bytearray(), 0
