"""The difference of two states of a layer 差异: exact, to the last bit, and it can be applied and taken back.

    difference = compare(older, newer)
    apply(difference, older)            # newer, bit for bit
    apply(invert(difference), newer)    # older

It tells by code which rows went, came and changed, and in which columns. What became of what
where codes were issued anew is read from the ground (:mod:`planning.difference.pairs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from planning.edition import KEY, Edition, Flags, Ints, differs, together
from planning.errors import BadEdition, NotTheBase


@dataclass(frozen=True, slots=True)
class Difference:
    """What must be taken from the older state, and put there, to have the newer one."""

    removed: Edition
    """Rows whose code is in the older state alone 删除."""
    inserted: Edition
    """Rows whose code is in the newer state alone 新增."""
    before: Edition
    """Rows whose code is in both and whose content differs 变更前."""
    after: Edition
    """The same codes as they are in the newer state 变更后."""
    changed: Mapping[str, Flags]
    """Column → in which of those rows it differs; every attribute, and the shape."""
    unchanged: int
    """How many rows are the same in both."""

    @property
    def empty(self) -> bool:
        """Both states are the same."""
        return not (len(self.removed) or len(self.inserted) or len(self.before))


def compare(older: Edition, newer: Edition) -> Difference:
    """What differs, column by column over whole arrays.

    Raises BadEdition where the two have not the same fields of the same types.

    >>> a = Edition.of(["1", "2", "3"], {"dlbm": ["0101", "0101", "0702"]})
    >>> b = Edition.of(["1", "2", "4"], {"dlbm": ["0101", "0103", "0702"]})
    >>> found = compare(a, b)
    >>> found.removed.keys.to_pylist(), found.before.keys.to_pylist(), found.unchanged
    (['3'], ['2'], 1)
    """
    import pyarrow.compute as pc

    _require_same_fields(older, newer)
    place = pc.index_in(older.keys, value_set=newer.keys)
    there = place.is_valid().to_numpy(zero_copy_only=False)
    old: Ints = np.flatnonzero(there)
    new: Ints = place.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    arrived = np.ones(len(newer), np.bool_)
    arrived[new] = False
    unlike = {
        name: differs(_taken(older, name, old), _taken(newer, name, new))
        for name in older.table.column_names
        if name != KEY
    }
    any_unlike = np.zeros(len(old), np.bool_)
    for flags in unlike.values():
        any_unlike |= flags
    rows: Ints = np.flatnonzero(any_unlike)
    return Difference(
        removed=older.take(np.flatnonzero(~there)),
        inserted=newer.take(np.flatnonzero(arrived)),
        before=older.take(old[rows]),
        after=newer.take(new[rows]),
        changed={name: flags[rows] for name, flags in unlike.items()},
        unchanged=len(old) - len(rows),
    )


def apply(difference: Difference, base: Edition) -> Edition:
    """The newer state, from the older one; bit for bit what the difference was taken to.

    Raises NotTheBase where the base is not the state the difference was taken from, as far as the
    difference says anything of it.
    """
    import pyarrow.compute as pc

    _require_same_fields(base, difference.before)
    for gone in (difference.removed, difference.before):
        place = pc.index_in(gone.keys, value_set=base.keys)
        if place.null_count:
            raise _not_the_base(gone.keys.filter(pc.is_null(place)).to_pylist())
        found = base.take(place.to_numpy(zero_copy_only=False).astype(np.int64))
        if not found.identical(gone):
            other = np.zeros(len(gone), np.bool_)
            for name in gone.table.column_names:
                other |= differs(found.column(name), gone.column(name))
            raise _not_the_base(gone.keys.take(np.flatnonzero(other)).to_pylist())
    taken = pc.is_in(base.keys, value_set=difference.inserted.keys)
    if pc.any(taken).as_py():
        raise _not_the_base(base.keys.filter(taken).to_pylist())
    leaving = together(difference.removed, difference.before).column(KEY)
    kept = base.table.filter(pc.invert(pc.is_in(base.keys, value_set=leaving.combine_chunks())))
    return Edition.from_table(together(Edition(kept), difference.after, difference.inserted))


def invert(difference: Difference) -> Difference:
    """The way back, from the newer state to the older one."""
    return Difference(
        removed=difference.inserted,
        inserted=difference.removed,
        before=difference.after,
        after=difference.before,
        changed=difference.changed,
        unchanged=difference.unchanged,
    )


def _taken(edition: Edition, name: str, rows: Ints) -> Any:
    """A column at these rows; as it is where they are all of them."""
    column = edition.column(name)
    whole = len(rows) == len(edition) and (len(rows) == 0 or bool((np.diff(rows) == 1).all()))
    return column if whole else column.take(rows)


def _require_same_fields(older: Edition, newer: Edition) -> None:
    before = dict(zip(older.table.schema.names, older.table.schema.types, strict=True))
    after = dict(zip(newer.table.schema.names, newer.table.schema.types, strict=True))
    if before == after and older.table.schema.names == newer.table.schema.names:
        return
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    listed = ", ".join(names) or "order 次序"
    raise BadEdition(
        f"两个状态的字段不同,请先统一字段和类型:{listed}",
        f"both states must have the same fields of the same types; bring them together first: {listed}",
        value=names,
    )


def _not_the_base(keys: list[str]) -> NotTheBase:
    listed = ", ".join(keys[:10])
    return NotTheBase(
        f"差异不是从此状态得出的,请用原来的基准状态,不符的标识码 {len(keys)} 个:{listed}",
        f"the difference was not taken from this state; apply it to its own base; {len(keys)} codes"
        f" do not fit: {listed}",
        value=keys[:10],
    )
