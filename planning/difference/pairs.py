"""What became of what 图斑去向: features found again by code, and by the ground where codes were issued anew.

A feature of one state is that of the other where they have the same code and share ground, or
where one lies on more than half of the smaller of the two. What hangs together so is told as one
change: one feature that goes on, one that was split, several that were merged or cut anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from planning.difference.ground import NOWHERE, TOLERANCE_M, Floats, Ground, Side
from planning.edition import GEOMETRY, Flags, Ints, differs

SHARE: Final = 0.5
"""A convention of this platform, 待核: no rule known says from which share on a feature is another's heir."""


class Kind(StrEnum):
    """What happened."""

    INSERTED = "inserted"  # 新增
    REMOVED = "removed"  # 删除
    CHANGED = "changed"  # 变更, under its code
    RECODED = "recoded"  # 重新编码, perhaps changed, too
    SPLIT = "split"  # 分割
    MERGED = "merged"  # 合并
    REGROUPED = "regrouped"  # 重划: several became several


class Shape(StrEnum):
    """What happened to the shape of a feature that goes on."""

    SAME = "same"
    REDRAWN = "redrawn"  # the same ground to a millimetre, in other vertices 几何等价
    MOVED = "moved"  # other ground 界线变化


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the features that take part in it."""

    kind: Kind
    before: tuple[str, ...]
    """Codes in the older state."""
    after: tuple[str, ...]
    """Codes in the newer state."""
    fields: tuple[str, ...]
    """Attributes that differ, of a feature that goes on."""
    shape: Shape | None
    """Of a feature that goes on."""
    before_m2: float
    """Legal area 椭球面积 before."""
    after_m2: float


def pair(ground: Ground) -> tuple[Change, ...]:
    """All changes, in the order of their first code."""
    one, two, overlap_m2 = _overlaps(ground)
    linked = _linked(ground, one, two, overlap_m2)
    old_label, new_label = _components(
        len(ground.older.rows), len(ground.newer.rows), one[linked], two[linked]
    )
    old_order, old_bounds = _grouped(old_label, len(old_label) + len(new_label))
    new_order, new_bounds = _grouped(new_label, len(old_label) + len(new_label))
    old_count, new_count = np.diff(old_bounds), np.diff(new_bounds)
    single = np.flatnonzero((old_count == 1) & (new_count == 1))
    going = old_order[old_bounds[single]], new_order[new_bounds[single]]
    on = _going_on(ground, *going, _between(*going, one, two, overlap_m2, len(new_label)))
    old_keys, new_keys = ground.older.rows.keys.to_pylist(), ground.newer.rows.keys.to_pylist()
    found = []
    for label in np.flatnonzero(old_count + new_count):
        olds = old_order[old_bounds[label] : old_bounds[label + 1]]
        news = new_order[new_bounds[label] : new_bounds[label + 1]]
        before = tuple(sorted(old_keys[i] for i in olds))
        after = tuple(sorted(new_keys[i] for i in news))
        alone = len(olds) == len(news) == 1
        fields, shape = on[int(olds[0]), int(news[0])] if alone else ((), None)
        areas_m2 = ground.older.areas_m2[olds].sum(), ground.newer.areas_m2[news].sum()
        found.append(Change(_kind(before, after), before, after, fields, shape, *map(float, areas_m2)))
    return tuple(sorted(found, key=lambda each: (each.before or each.after, each.after)))


def _kind(before: Sequence[str], after: Sequence[str]) -> Kind:
    if not before:
        return Kind.INSERTED
    if not after:
        return Kind.REMOVED
    if len(before) == 1 and len(after) == 1:
        return Kind.CHANGED if before == after else Kind.RECODED
    if len(before) == 1:
        return Kind.SPLIT
    return Kind.MERGED if len(after) == 1 else Kind.REGROUPED


def _overlaps(ground: Ground) -> tuple[Ints, Ints, Floats]:
    """Pairs of rows that share ground, and how much; and those of one code, whether or not they do."""
    import pyarrow.compute as pc

    both = (ground.old != NOWHERE) & (ground.new != NOWHERE)
    coded = pc.index_in(ground.older.rows.keys, value_set=ground.newer.rows.keys)
    old = np.flatnonzero(coded.is_valid().to_numpy(zero_copy_only=False))
    new = coded.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    width = max(1, len(ground.newer.rows))
    pairs = np.concatenate([ground.old[both] * width + ground.new[both], old * width + new])
    areas = np.concatenate([ground.areas_m2[both], np.zeros(len(old))])
    codes, place = np.unique(pairs, return_inverse=True)
    overlap_m2 = np.bincount(place, areas, minlength=len(codes)).astype(np.float64)
    return codes // width, codes % width, overlap_m2


def _linked(ground: Ground, one: Ints, two: Ints, overlap_m2: Floats) -> Flags:
    """Pairs that are one feature, or heir and forebear. One code on two places is two features."""
    import pyarrow.compute as pc

    areas_m2 = ground.older.areas_m2[one], ground.newer.areas_m2[two]
    hair = overlap_m2 <= TOLERANCE_M * np.minimum(ground.older.lengths_m[one], ground.newer.lengths_m[two])
    bare = np.minimum(*areas_m2) == 0.0
    same = pc.equal(ground.older.rows.keys.take(one), ground.newer.rows.keys.take(two))
    coded = same.to_numpy(zero_copy_only=False).astype(np.bool_)
    linked: Flags = (coded & (bare | ~hair)) | (overlap_m2 > SHARE * np.minimum(*areas_m2))
    return linked


def _components(older: int, newer: int, one: Ints, two: Ints) -> tuple[Ints, Ints]:
    """The number of the group of each row: the smallest number in it, spread along the links."""
    old, new = np.arange(older), older + np.arange(newer)
    while len(one):
        low = np.minimum(old[one], new[two])
        before = old.sum() + new.sum()
        np.minimum.at(old, one, low)
        np.minimum.at(new, two, low)
        if old.sum() + new.sum() == before:
            break
    return old, new


def _grouped(labels: Ints, count: int) -> tuple[Ints, Ints]:
    order = np.argsort(labels, kind="stable")
    return order, np.searchsorted(labels[order], np.arange(count + 1))


def _between(olds: Ints, news: Ints, one: Ints, two: Ints, overlap_m2: Floats, width: int) -> Floats:
    """The ground that each pair of rows shares."""
    known = one * max(1, width) + two
    place = np.searchsorted(known, olds * max(1, width) + news)
    found: Floats = overlap_m2[place] if len(olds) else np.zeros(0)
    return found


def _going_on(
    ground: Ground, olds: Ints, news: Ints, common_m2: Floats
) -> dict[tuple[int, int], tuple[tuple[str, ...], Shape | None]]:
    """Of features that go on: which attributes differ, and what happened to the shape."""
    older, newer = ground.older.rows, ground.newer.rows
    unlike = {
        name: differs(older.column(name).take(olds), newer.column(name).take(news))
        for name in older.table.column_names[1:]
    }
    shapes: list[Shape | None] = [None] * len(olds)
    if older.has_shapes:
        moved = unlike.pop(GEOMETRY)
        apart = _apart(ground.older, ground.newer, olds, news, common_m2)
        shapes = [
            (Shape.MOVED if far else Shape.REDRAWN) if other else Shape.SAME
            for other, far in zip(moved.tolist(), apart.tolist(), strict=True)
        ]
    names = list(unlike)
    flags = np.column_stack([unlike[name] for name in names]) if names else np.zeros((len(olds), 0))
    return {
        (int(i), int(j)): (tuple(name for name, other in zip(names, row, strict=True) if other), shape)
        for i, j, row, shape in zip(olds, news, flags.tolist(), shapes, strict=True)
    }


def _apart(older: Side, newer: Side, olds: Ints, news: Ints, common_m2: Floats) -> Flags:
    """Whether more ground lies in one of both alone than a shift of the line by the tolerance makes."""
    alone = older.areas_m2[olds] + newer.areas_m2[news] - 2.0 * common_m2
    flags: Flags = alone > TOLERANCE_M * np.maximum(older.lengths_m[olds], newer.lengths_m[news])
    return flags
