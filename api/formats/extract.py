"""What a bulk answer is made from: a query pinned to one snapshot, read chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg import errors as pg

from api.catalogue import Shown
from api.parameters import Cursor, ItemsRequest
from api.pool import Pool
from api.wire import Request
from spatial.catalogue.contract import STAMP, stamped
from spatial.datum.clock import format_instant
from spatial.errors import Unavailable
from spatial.history import rows
from spatial.history.model import Column
from spatial.history.read import ItemsQuery, Statement
from spatial.history.rows import Line

CHUNK_BYTES = 1 << 20
"""Lines held in memory at once, about: a chunk is as many rows as the one before let expect."""
FIRST_ROWS = 200
ROWS_MAX = 10_000
_WAITS_S = (0.25, 0.5, 1.0, 2.0, 4.0)
"""A chunk is read again after the first was sent: a busy or restarting database costs time, not the file."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some features in a row: their lines, joined; the last identity; their number."""

    lines: bytes
    last: str
    number: int


@dataclass(frozen=True, slots=True)
class Extract:
    """A bulk answer as asked for."""

    request: Request
    layer: Shown
    asked: ItemsRequest
    query: ItemsQuery
    """Pinned to its two instants, and writing exactly the fields that may be seen."""
    base: str
    limit: int | None
    """``None``: all that matches."""
    following: Cursor | None
    """Where the next page begins."""
    matched: int | None
    """``numberMatched`` where it was asked for."""
    pool: Pool

    @property
    def told(self) -> dict[str, str]:
        """What the answer says of itself: the instants it shows, and the stamp."""
        told: dict[str, str] = {}
        if self.query.asof is not None:
            told["onemap:asof"] = format_instant(self.query.asof)
        if isinstance(self.query.at, datetime):
            told["onemap:datetime"] = format_instant(self.query.at)
        told |= stamped(self.layer.contract.synthetic)
        return told

    @property
    def title(self) -> str:
        """The layer's, with 合成数据 once where its data are."""
        contract = self.layer.contract
        shown = contract.title.zh
        return f"{shown}({STAMP})" if contract.synthetic and STAMP not in shown else shown

    @property
    def columns(self) -> tuple[Column, ...]:
        """The attributes, in order."""
        fields = self.query.output.fields
        return fields if fields is not None else columns_of(self.layer)

    async def chunks(self, line: Line) -> AsyncGenerator[Chunk, None]:
        """All of it in order; between two chunks no connection is held, however slow the reader."""
        size, left, query = FIRST_ROWS, self.limit, self.query
        first = True
        while left is None or left > 0:
            wanted = size if left is None else min(size, left)
            found = await (self._read if first else self._read_patiently)(query, line, wanted)
            if found.number:
                yield found
            if found.number < wanted:
                return
            left = None if left is None else left - found.number
            size = max(1, min(ROWS_MAX, found.number * CHUNK_BYTES // len(found.lines)))
            query = replace(query, after=found.last)
            first = False

    async def _read_patiently(self, query: ItemsQuery, line: Line, wanted: int) -> Chunk:
        for wait_s in _WAITS_S:
            try:
                return await self._read(query, line, wanted)
            except pg.QueryCanceled:
                raise
            except (Unavailable, psycopg.OperationalError):
                await asyncio.sleep(wait_s)
        return await self._read(query, line, wanted)

    async def _read(self, query: ItemsQuery, line: Line, wanted: int) -> Chunk:
        """What is still believed is read from one partition, as long as nothing was written since."""
        assert query.asof is not None
        recorded_at, chunk = await self._fetch(rows.chunk_if_unmoved(query, line, wanted))
        if recorded_at is not None and recorded_at > query.asof:
            _, chunk = await self._fetch(rows.chunk(query, line, wanted))
        return chunk

    async def _fetch(self, statement: Statement) -> tuple[datetime | None, Chunk]:
        found = await self.pool.fetch(statement)
        assert found.first is not None  # an aggregate always gives one
        _, recorded_at, _, _, last, number = found.first
        return recorded_at, Chunk(found.result.get_value(0, 3) or b"", last or "", number)


def columns_of(layer: Shown) -> tuple[Column, ...]:
    """The attributes somebody may see of a layer."""
    return tuple(column for _, column in layer.fields.values())


def written(layer: Shown, query: ItemsQuery) -> ItemsQuery:
    """The query with its output told in full where the stored text would not do.

    That is where fields may be seen that it does not hold, or came to the layer
    after it was written; a layer without geometry has none to be moved.
    """
    output = query.output
    columns = columns_of(layer)
    widened = layer.changed_at != layer.created_at
    if output.fields is None and (widened or not all(column.public for column in columns)):
        output = replace(output, fields=columns)
    if layer.table.geometry is None:
        output = replace(output, geometry=False)
    return replace(query, output=output)
