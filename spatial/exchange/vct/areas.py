"""Areas built of shared lines 由线构面, all at once.

A ring is a run of signed line numbers between zeros; a minus turns the line
around. Each line must begin where the one before it ends, and the last must
end where the first begins: a sign that is wrong, or that another writer means
otherwise, does not pass unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatial.exchange import rings
from spatial.exchange.vct.objects import Objects

Problem = tuple[str, str]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def build(
    references: Sequence[Sequence[int]], lines: Objects, labels: Sequence[int]
) -> tuple[Any, dict[int, Problem]]:
    """Polygons of line numbers, and why some could not be built; ``labels`` are the areas' identities."""
    ids, starts, ends = _extent(lines)
    signed, owner, ring = _flat(references)
    shapes = np.full(len(references), None, dtype=object)
    if not len(signed):
        return shapes, {row: _empty(labels[row]) for row in range(len(references))}
    order = np.argsort(ids, kind="stable")
    at = np.clip(np.searchsorted(ids[order], np.abs(signed)), 0, max(len(ids) - 1, 0))
    which = order[at] if len(ids) else np.zeros(len(signed), dtype=np.int64)
    missing = ids[which] != np.abs(signed) if len(ids) else np.ones(len(signed), dtype=np.bool_)
    problems: dict[int, Problem] = {
        row: _empty(labels[row]) for row in set(range(len(references))) - set(owner.tolist())
    }
    for row, number in zip(owner[missing].tolist(), signed[missing].tolist(), strict=True):
        problems.setdefault(
            row,
            (
                f"面 {labels[row]} 引用的线 {abs(number)} 不存在",
                f"area {labels[row]} names line {abs(number)}, which is not there",
            ),
        )
    good = ~np.isin(owner, list(problems))
    signed, owner, ring, which = signed[good], owner[good], ring[good], which[good]
    coords, ring_of = _rings(lines.coords[:, :2], starts[which], ends[which], signed < 0, ring)
    owner_of = _first_of(ring, owner)
    _check(lines.coords[:, :2], starts, ends, which, signed, ring, owner, labels, problems)
    _polygons(coords, ring_of, owner_of, shapes, problems)
    return shapes, problems


def _empty(label: int) -> Problem:
    return f"面 {label} 没有线", f"area {label} has no line"


def _extent(lines: Objects) -> tuple[Ints, Ints, Ints]:
    """Identity, first and last position of each line; a line of several segments is one run of positions."""
    lengths = np.array(lines.lengths, dtype=np.int64)
    pieces = np.array(lines.pieces, dtype=np.int64)
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    last = np.cumsum(pieces)
    return np.array(lines.ids, dtype=np.int64), bounds[last - pieces], bounds[last]


def _flat(references: Sequence[Sequence[int]]) -> tuple[Ints, Ints, Ints]:
    """Signed numbers without the zeros, the area each belongs to, and a running number of its ring."""
    flat = np.fromiter((one for row in references for one in row), np.int64)
    owner = np.repeat(np.arange(len(references)), [len(row) for row in references])
    begins = np.concatenate(([True], owner[1:] != owner[:-1])) if len(owner) else np.empty(0, dtype=np.bool_)
    ring = np.cumsum(begins | (flat == 0))
    kept = flat != 0
    return flat[kept], owner[kept], ring[kept]


def _rings(positions: Floats, starts: Ints, ends: Ints, turned: Any, ring: Ints) -> tuple[Floats, Ints]:
    """Positions of all rings one after the other, each line in its direction, and the ring of each."""
    lengths = ends - starts
    total = int(lengths.sum())
    step = np.where(turned, -1, 1)
    first = np.where(turned, ends - 1, starts)
    before = np.repeat(np.cumsum(lengths) - lengths, lengths)
    index = np.repeat(first, lengths) + (np.arange(total) - before) * np.repeat(step, lengths)
    # Where one line ends the next begins: that position is kept once.
    continues = np.concatenate(([False], ring[1:] == ring[:-1]))
    doubled = (np.arange(total) == before) & np.repeat(continues, lengths)
    return positions[index[~doubled]], np.repeat(ring, lengths)[~doubled]


def _first_of(ring: Ints, owner: Ints) -> dict[int, int]:
    return dict(zip(ring.tolist(), owner.tolist(), strict=True))


def _check(
    positions: Floats,
    starts: Ints,
    ends: Ints,
    which: Ints,
    signed: Ints,
    ring: Ints,
    owner: Ints,
    labels: Sequence[int],
    problems: dict[int, Problem],
) -> None:
    """Lines that do not join and rings that do not close."""
    turned = signed < 0
    begin = positions[np.where(turned, ends[which] - 1, starts[which])]
    end = positions[np.where(turned, starts[which], ends[which] - 1)]
    apart = (ring[1:] == ring[:-1]) & (begin[1:] != end[:-1]).any(axis=1)
    for place in np.flatnonzero(apart).tolist():
        first, second, row = abs(int(signed[place])), abs(int(signed[place + 1])), int(owner[place])
        problems.setdefault(
            row,
            (
                f"面 {labels[row]} 的线 {first} 与 {second} 不相接",
                f"lines {first} and {second} of area {labels[row]} do not join",
            ),
        )
    edges = np.flatnonzero(np.concatenate(([True], ring[1:] != ring[:-1]))) if len(ring) else np.empty(0, int)
    lasts = np.concatenate((edges[1:], [len(ring)])) - 1 if len(edges) else edges
    open_ring = (begin[edges] != end[lasts]).any(axis=1)
    for place in edges[open_ring].tolist():
        row = int(owner[place])
        problems.setdefault(
            row, (f"面 {labels[row]} 的环未闭合", f"a ring of area {labels[row]} does not close")
        )


def _polygons(
    coords: Floats, ring_of: Ints, owner_of: dict[int, int], shapes: Any, problems: dict[int, Problem]
) -> None:
    numbers, first, counts = np.unique(ring_of, return_index=True, return_counts=True)
    owners = np.array([owner_of[number] for number in numbers.tolist()], dtype=np.int64)
    for row in owners[counts < 4].tolist():
        problems.setdefault(row, ("环少于 4 点", "a ring has fewer than 4 positions"))
    sound = ~np.isin(owners, list(problems))
    rows, ring_count = np.unique(owners[sound], return_counts=True)
    single = np.isin(owners, rows[ring_count == 1]) & sound
    if single.any():
        chosen = np.isin(ring_of, numbers[single])
        local = np.repeat(np.arange(int(single.sum())), counts[single])
        made = shapely.polygons(shapely.linearrings(coords[chosen], indices=local))
        shapes[owners[single]] = made
    several = sound & ~single
    grouped: dict[int, list[Floats]] = {}
    for row, start, count in zip(
        owners[several].tolist(), first[several].tolist(), counts[several].tolist(), strict=True
    ):
        grouped.setdefault(row, []).append(coords[start : start + count])
    for row, found in grouped.items():
        shapes[row] = rings.assemble(found)
