"""The parser 地址解析器: a text, or many, read against one snapshot of the register."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from address.model import Conflict, Parsed, Part
from address.parse import reading
from address.parse.columns import ParsedColumns
from address.parse.decode import MOST_READINGS
from address.parse.edges import HELD
from address.parse.fold import folding
from address.parse.gazetteer import Gazetteer, gazetteer, regrown
from address.parse.kernel import MOST_CHARS, ROOM_OF_READING, Desk, new_desk, read_rows, tables_of
from address.parse.said import Row, conflicts_of, part_of, qualifier_of, too_long
from address.parse.text import code_points, code_points_of, spoken
from address.snapshot import Snapshot
from address.texts import Texts

NOTE, QUALIFIER = int(reading.NOTE), int(reading.QUALIFIER)
ROWS_AT_A_TIME = 4096
MOST_ALTERNATIVES = MOST_READINGS - 1


class _Room(NamedTuple):
    """Where a batch of readings is written; the fields in the order in which the compiled code takes them."""

    item: NDArray[np.int64]
    item_of: NDArray[np.int64]
    chosen: NDArray[np.int64]
    folded: NDArray[np.uint32]
    folded_of: NDArray[np.int64]
    score: NDArray[np.float64]

    def taken(self, rows: int) -> tuple[NDArray[Any], ...]:
        """What the first rows filled, copied."""
        items = self.item[: self.item_of[rows]].astype(np.int32)
        used = int(items[:, reading.CANDIDATES_END].max(initial=0))
        return (
            items,
            self.chosen[:used].astype(np.int32),
            self.folded[: self.folded_of[rows]].copy(),
            self.item_of[: rows + 1].copy(),
            self.folded_of[: rows + 1].copy(),
            self.score[:rows].copy(),
        )


class Reading(NamedTuple):
    """The best reading of one text, as an object, and as columns for the compiled code."""

    parsed: Parsed
    room: _Room

    @property
    def columns(self) -> ParsedColumns:
        """A batch of this text alone."""
        return _of_one(self.room)


class Parser:
    """Reads addresses against a snapshot; one thread at a time, for its working space is reused."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.gazetteer: Gazetteer = gazetteer(snapshot)
        self._names = Texts(snapshot.components.name)
        self._tables = tables_of(folding())
        self._desks: dict[int, Desk] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_desks": {}}

    def beside(self) -> Parser:
        """A parser over the same tables for another thread."""
        other = copy.copy(self)
        other._desks = {}
        return other

    def over(self, snapshot: Snapshot) -> Parser:
        """A parser over a later tree in which nothing that has a name is changed."""
        other = self.beside()
        other.snapshot, other.gazetteer = snapshot, regrown(self.gazetteer, snapshot)
        other._names = Texts(snapshot.components.name)
        return other

    def parse(self, text: str, alternatives: int = 0) -> Parsed:
        """What a text says, with up to that many other readings (15 at most), likeliest first."""
        return self._read(text, alternatives, 1 if alternatives <= 0 else MOST_READINGS).parsed

    def read(self, text: str) -> Reading:
        """What a text says, for whoever matches it, too."""
        return self._read(text, 0, 1)

    def _read(self, text: str, alternatives: int, wanted: int) -> Reading:
        room, desk = self._room(1, wanted), self._desk(wanted)
        self._fill(*code_points_of(text), 0, wanted, room)
        n = room.folded_of.item(1)
        folded = room.folded[:n].tobytes().decode("utf-32-le", "surrogatepass")
        normalised = spoken(folded, desk.parted[:n])
        read: list[Parsed] = []
        for k in range(wanted):
            if not math.isfinite(cost := room.score.item(k)):
                continue
            # As plain numbers: taken one by one from an array each would cost ten times as much.
            rows = room.item[room.item_of.item(k) : room.item_of.item(k + 1)].tolist()
            parsed = self._parsed(text, folded, normalised, rows, room.chosen, cost)
            if not any(_says_the_same(parsed, other) for other in read):
                read.append(parsed)
        if not read:
            return Reading(Parsed(text, normalised, ()), room)
        best, others = read[0], read[1 : 1 + min(max(alternatives, 0), MOST_ALTERNATIVES)]
        extra: tuple[Conflict, ...] = ()
        if n == MOST_CHARS and desk.origin[n - 1] + 1 < len(text):
            extra = (too_long(int(desk.origin[n - 1]) + 1, len(text)),)
        if extra or others:
            best = replace(best, conflicts=best.conflicts + extra, alternatives=tuple(others))
        return Reading(best, room)

    def parse_many(self, texts: Sequence[str] | pa.Array | pa.ChunkedArray) -> ParsedColumns:
        """What many texts say, best reading of each, as columns; a null says nothing."""
        if isinstance(texts, pa.Array | pa.ChunkedArray):
            texts = [text or "" for text in texts.to_pylist()]
        codes, offset = code_points(texts)
        pieces: list[tuple[NDArray[Any], ...]] = []
        room = self._room(ROWS_AT_A_TIME, 1)
        row = 0
        while row < len(texts):
            after = self._fill(codes, offset, row, 1, room)
            pieces.append(room.taken(after - row))
            row = after
        return _joined(pieces)

    def _room(self, rows: int, best: int) -> _Room:
        """Room for what so many texts say, the last of them at the longest."""
        return _Room(
            item=np.empty((rows * best * 24 + best * reading.MOST_ITEMS, reading.ITEM_COLUMNS), np.int64),
            item_of=np.zeros(rows * best + 1, np.int64),
            chosen=np.empty(rows * 48 + best * ROOM_OF_READING, np.int64),
            folded=np.empty(rows * 64 + MOST_CHARS, np.uint32),
            folded_of=np.zeros(rows + 1, np.int64),
            score=np.empty(rows * best, np.float64),
        )

    def _fill(
        self, codes: NDArray[np.uint32], offset: NDArray[np.int64], row: int, best: int, room: _Room
    ) -> int:
        """Reads texts from ``row`` on until the room is full; the row after the last one read."""
        return int(
            read_rows(
                codes,
                offset,
                np.int64(row),
                self._tables,
                *self.gazetteer,
                self._desk(best),
                np.int64(best),
                *room,
            )
        )

    def _desk(self, best: int) -> Desk:
        if best not in self._desks:
            self._desks[best] = new_desk(best)
        return self._desks[best]

    def _parsed(
        self,
        text: str,
        folded: str,
        normalised: str,
        rows: Sequence[Row],
        chosen: NDArray[np.int64],
        cost: float,
    ) -> Parsed:
        """One reading as an object."""
        components = self.snapshot.components
        parts, qualifiers, notes, brackets = [], [], [], []
        for at, row in enumerate(rows):
            sort = row[reading.SORT]
            if sort == NOTE:
                notes.append(text[row[reading.RAW_FROM] : row[reading.RAW_TO]])
                if row[reading.MARKS] & HELD:
                    brackets.append(notes[-1])
            elif sort == QUALIFIER:
                owned = tuple(self._part(each, folded, chosen) for each in rows if each[reading.OWNER] == at)
                qualifiers.append((row, qualifier_of(row, text, owned)))
            elif row[reading.OWNER] < 0:
                parts.append((row, self._part(row, folded, chosen)))
        return Parsed(
            text,
            normalised,
            tuple(part for _, part in parts),
            tuple(qualifier for _, qualifier in qualifiers),
            tuple(conflicts_of(parts, qualifiers, components, brackets)),
            tuple(notes),
            -cost,
        )

    def _part(self, row: Row, folded: str, chosen: NDArray[np.int64]) -> Part:
        first, last = row[reading.CANDIDATES], row[reading.CANDIDATES_END]
        candidates = chosen[first:last].tolist() if last > first else ()
        return part_of(row, folded, candidates, self._names)


def _says_the_same(one: Parsed, other: Parsed) -> bool:
    return one.parts == other.parts and one.qualifiers == other.qualifiers and one.notes == other.notes


def _joined(pieces: list[tuple[NDArray[Any], ...]]) -> ParsedColumns:
    """Batches behind one another; places of items, candidates and characters count on."""
    if not pieces:
        empty = np.zeros((0, reading.ITEM_COLUMNS), np.int64)
        none, begin = np.zeros(0, np.int32), np.zeros(1, np.int64)
        pieces = [(empty, none, none, begin, begin, none)]
    items = np.concatenate([piece[0] for piece in pieces])
    candidate, candidate_of = _compacted(pieces)
    sort, what, first, last, start, end, number, sub, letter, marks, owner = np.ascontiguousarray(
        items[:, :11].T
    )
    return ParsedColumns(
        item_of=_counting_on([piece[3] for piece in pieces]),
        sort=sort.astype(np.uint8),
        what=what.astype(np.uint8),
        start=start,
        end=end,
        first=first,
        last=last,
        number=number,
        sub_number=sub,
        letter=letter,
        marks=marks,
        owner=owner,
        candidate_of=candidate_of,
        candidate=candidate,
        folded_of=_counting_on([piece[4] for piece in pieces]),
        folded=np.concatenate([piece[2] for piece in pieces]).astype(np.uint32),
        score=np.concatenate([piece[5] for piece in pieces]).astype(np.float64),
    )


def _of_one(room: _Room) -> ParsedColumns:
    """What :func:`_joined` makes of one text, at a third of what that costs."""
    items = room.item[: room.item_of.item(1)].T.astype(np.int32, order="C")
    sort, what, first, last, start, end, number, sub, letter, marks, owner, begins, ends = items
    chosen: list[int] = []
    candidate_of = [0]
    for one, other in zip(begins.tolist(), ends.tolist(), strict=True):
        if other > one:
            chosen += room.chosen[one:other].tolist()
        candidate_of.append(len(chosen))
    return ParsedColumns(
        room.item_of[:2], sort.astype(np.uint8), what.astype(np.uint8), start, end, first, last,
        number, sub, letter, marks, owner, np.array(candidate_of, np.int64), np.array(chosen, np.int32),
        room.folded_of[:2], room.folded[: room.folded_of.item(1)], room.score[:1],
    )  # fmt: skip


def _counting_on(offsets: list[NDArray[np.int32]]) -> NDArray[np.int64]:
    joined, base = [np.zeros(1, np.int64)], 0
    for offset in offsets:
        joined.append(offset[1:].astype(np.int64) + base)
        base += int(offset[-1])
    return np.concatenate(joined)


def _compacted(pieces: list[tuple[NDArray[Any], ...]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Candidates without those that were narrowed away, and where each item's begin."""
    taken, counts = [], []
    for items, chosen, *_ in pieces:
        first, last = items[:, reading.CANDIDATES], items[:, reading.CANDIDATES_END]
        count = (last - first).astype(np.int64)
        shift = first - (np.cumsum(count) - count)
        taken.append(chosen[np.arange(count.sum()) + np.repeat(shift, count)])
        counts.append(count)
    count = np.concatenate(counts)
    return np.concatenate(taken), np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
