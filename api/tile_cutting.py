"""Cutting tiles out of the history: whole ones near, generalised ones far, stored ones where they are kept.

What was made a moment ago is given again, what leaves of a marked layer is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from api.catalogue import Shown
from api.item import digest
from api.loops import Loops
from api.past_tiles import PastTiles
from api.pool import Pool
from api.recent import Recent
from api.release import Releases
from api.stretches import Stretches
from api.wire import Request, unless_gone
from spatial.catalogue.contract import Step
from spatial.history.model import Column
from spatial.history.read import Span, Statement
from tiles import vector
from tiles.cut import statement
from tiles.far import store as far
from tiles.far.model import Shelf
from tiles.ladder import store as ladder
from tiles.mark import FORM, mark
from tiles.vector import FEATURES_MOST, PACKED_MOST, TileQuery, fewer, packed_bytes

FORMS_MOST = 64
"""Choices of attributes of one layer that are remembered."""


class Cutting(NamedTuple):
    """Where tiles are cut: near ones, with a plan made once; far ones, planned anew, few at a time."""

    near: Pool
    far: Pool


class Cutter(Protocol):
    """Makes the statement of a tile; ``unmoved`` as in :func:`tiles.vector.whole`."""

    def __call__(self, *, unmoved: bool) -> Statement:
        """The statement."""


class Leaf(NamedTuple):
    """What the statement of a tile gives: its bytes, when the layer was last written, the identities."""

    body: bytes
    written: datetime | None
    fids: list[str]


class Cut(NamedTuple):
    """A tile: its bytes, the identities in it where they are counted, whether every feature is there."""

    body: bytes
    fids: list[str]
    complete: bool


def contract_mark(layer: Shown) -> str:
    """``v``: a layer as it is shown to somebody; another contract or other rights give another one."""
    return mark(layer.contract_sha256, layer.fields)


def tag_of(layer: Shown, query: TileQuery) -> str:
    """The tag of a tile, made of all that its bytes hang on."""
    return digest(*_shape(layer, query), query.at, query.asof)


def _shown(layer: Shown, query: TileQuery, at: datetime | Span, asof: datetime | None) -> Hashable:
    """All that the bytes of a tile hang on, at instants that have the same map."""
    return (*_shape(layer, query), at, asof)


def _shape(layer: Shown, query: TileQuery) -> tuple[object, ...]:
    """All that the bytes of a tile hang on, but for the instants."""
    tile = query.tile
    return (*_form(layer, query.columns), query.labels, query.matrix_set.id, tile.zoom, tile.row, tile.column)


def _form(layer: Shown, columns: tuple[Column, ...]) -> tuple[object, ...]:
    """What hangs on the layer and the attributes asked for: worked out once for a request that is kept,
    which always comes with the same columns, by their object."""
    forms: dict[int, tuple[tuple[Column, ...], tuple[object, ...]]] = layer.derived.setdefault("forms", {})
    kept = forms.get(id(columns))
    if kept is None or kept[0] is not columns:
        if len(forms) >= FORMS_MOST:
            forms.clear()
        names = ",".join(column.name for column in columns)
        kept = forms[id(columns)] = (columns, (FORM, layer.id, contract_mark(layer), names))
    return kept[1]


class Workshop:
    """Makes the tiles of one worker."""

    def __init__(self, cutting: Cutting, releases: Releases, past: PastTiles, stretches: Stretches) -> None:
        self._cutting = cutting
        self._releases = releases
        self._past = past
        self._stretches = stretches
        self._recent: Recent[Cut] = Recent()
        self._loops = Loops()

    async def cut(self, request: Request, layer: Shown, query: TileQuery) -> Cut:
        """A tile; what leaves of a marked layer is counted. Given up when the client hangs up."""
        if query.counted:
            cut = await unless_gone(request, self._make(layer, query))
            await self._releases.take(layer, request.principal, cut.fids)
            return cut
        when: tuple[datetime | Span, datetime | None] = query.at, query.asof
        if query.near and query.asof is not None:  # it is that of the whole stretch of time
            when = await self._stretches.beginning(layer, query.at, query.asof)
        shown = _shown(layer, query, *when)
        kept = self._recent.get(shown)
        if kept is not None:
            return kept
        return await unless_gone(request, self._recent.of(shown, partial(self._make, layer, query)))

    async def _make(self, layer: Shown, query: TileQuery) -> Cut:
        shelf = _shelf(layer, query)
        if shelf is None:
            return await self._cut(layer, query)
        kept = await self._kept(shelf, query)
        if kept is None:

            async def made() -> bytes:
                return (await self._cut(layer, query)).body

            kept = await self._past.of(shelf, query, made)
        return Cut(kept, [], False)

    async def _cut(self, layer: Shown, query: TileQuery) -> Cut:
        async def read(most: int | None) -> Leaf:
            pool = self._cutting.far if query.step is Step.CLUSTER or most else self._cutting.near
            return await _read(pool, layer, query.asof, partial(statement, query, most), fetched)

        if query.step is Step.DISSOLVE:
            return await self._dissolved(layer, query)
        if query.step is Step.CLUSTER:
            leaf = await read(None)
            return Cut(leaf.body, leaf.fids, False)
        return await bounded(read, near=query.near)

    async def _dissolved(self, layer: Shown, query: TileQuery) -> Cut:
        """From all that lies about the tile; it is drawn beside the loop."""
        material = partial(ladder.material, query)
        made, _ = await asyncio.gather(  # the first time, loops are loaded while the database reads
            _read(self._cutting.far, layer, query.asof, material, _material), self._loops.ready()
        )
        body, fids = await asyncio.to_thread(_drawn, query, made.row)
        return Cut(body, fids, False)

    async def _kept(self, shelf: Shelf, query: TileQuery) -> bytes | None:
        """A far tile of a state that the workers keep."""
        if isinstance(query.at, Span) or query.asof is None:
            return None
        kept = far.kept(shelf, query.tile, query.at, query.asof)
        row = (await self._cutting.near.fetch(kept, binary=True)).first
        return None if row is None else bytes(row[0] or b"")


def _shelf(layer: Shown, query: TileQuery) -> Shelf | None:
    """Where a tile is kept: those far out of everybody's form of the layer."""
    if query.near or query.counted or query.labels or layer.columns is not None:
        return None
    every = replace(query, columns=tuple(column for _, column in layer.fields.values()))
    if vector.laddered(every, layer.contract, layer.fields) != query:
        return None
    return Shelf(layer.id, contract_mark(layer), query.matrix_set, query.tile.zoom)


class Gathered(NamedTuple):
    """What the statement of a dissolved tile gives: when the layer was last written, and the rest."""

    written: datetime | None
    row: Sequence[Any]


_Found = TypeVar("_Found", Leaf, Gathered)


async def _read(
    pool: Pool,
    layer: Shown,
    asof: datetime | None,
    cutter: Cutter,
    fetch: Callable[[Pool, Statement], Awaitable[_Found]],
) -> _Found:
    """From what is believed now where that was believed then, else from all versions."""
    written = layer.span.recorded_at
    if asof is None or written is None or written <= asof:
        found = await fetch(pool, cutter(unmoved=True))
        if found.written is None or asof is None or found.written <= asof:
            return found
    return await fetch(pool, cutter(unmoved=False))


async def fetched(pool: Pool, statement: Statement) -> Leaf:
    """What the statement of a tile gives."""
    row = (await pool.fetch(statement, binary=True)).first
    assert row is not None  # the statement always gives one
    return Leaf(bytes(row[0] or b""), row[1], row[2] or [])


async def _material(pool: Pool, statement: Statement) -> Gathered:
    row = (await pool.fetch(statement, binary=True)).first
    assert row is not None  # the statement always gives one
    return Gathered(row[0], row[1:])


def _drawn(query: TileQuery, row: Sequence[Any]) -> tuple[bytes, list[str]]:
    from tiles.ladder.areas import dissolved, material_of  # compiled loops: read when there is need

    return dissolved(query, material_of(row))


async def bounded(read: Callable[[int | None], Awaitable[Leaf]], *, near: bool) -> Cut:
    """A whole tile where it is near and small enough, else one of as many features as may be."""
    most = None if near else FEATURES_MOST
    leaf = await read(most)
    while (less := fewer(most, await _packed_bytes(leaf.body))) is not None:
        most = less
        leaf = await read(most)
    return Cut(leaf.body, leaf.fids, most is None)


async def _packed_bytes(body: bytes) -> int:
    """Packing a large tile takes a while: not in the loop."""
    return await asyncio.to_thread(packed_bytes, body) if len(body) > PACKED_MOST else len(body)
