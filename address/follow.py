"""A snapshot that follows its register 随改随新: changed rows in place, new ones at the end.

Row numbers stay what they were, so that whatever was built from the snapshot before and does
not depend on what has changed can be kept. What is no longer there at all stays as a row
without a key that is not current. A parent may now stand behind its children.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from address.keys import Keys
from address.model import NAMED, Form
from address.snapshot import Addresses, Aliases, Snapshot

Columns = Mapping[str, pa.Array]
"""Rows as they are read: references are keys, "" for none."""
Rows = NDArray[np.int32]
_NAMED: Final = [int(element) for element in NAMED]


@dataclass(frozen=True, slots=True)
class Touched:
    """What is no longer as it was between two states of one register."""

    components: Rows
    """New or changed."""
    below: NDArray[np.bool_]
    """Of each component, whether its written path has changed."""
    addresses: Rows
    """New or changed."""
    names: bool
    """Whether something that texts call by its name is new, gone, renamed or moved."""
    crossings: bool

    @property
    def size(self) -> int:
        """How much that is."""
        return len(self.components) + len(self.addresses)


@dataclass(frozen=True, slots=True)
class Followed:
    """A snapshot whose rows are found by their keys."""

    snapshot: Snapshot
    components: Keys
    addresses: Keys

    @classmethod
    def of(cls, snapshot: Snapshot) -> Followed:
        """Of a snapshot that was read as a whole."""
        return cls(snapshot, Keys.of(snapshot.components.key), Keys.of(snapshot.addresses.key))

    def with_components(self, read: Columns, gone: Collection[str]) -> Followed:
        """With components as they are now: key, parent, element, name, number, sub_number, code,
        successor, current; and without those that are gone."""
        old = self.snapshot.components
        keys, rows = _placed(self.components, read["fid"], gone)
        count = len(keys.column)
        lost = _lost(self.components, gone)
        current = _put(old.current, count, rows, read["current"])
        current[lost] = False
        changed = replace(
            old,
            key=keys.column,
            parent=_put(old.parent, count, rows, keys.rows(read["parent"])),
            element=_put(old.element, count, rows, read["element"]),
            name=_put_texts(old.name, count, rows, read["name"]),
            number=_put(old.number, count, rows, read["number"]),
            sub_number=_put(old.sub_number, count, rows, read["sub_number"]),
            code=_put_texts(old.code, count, rows, read["code"]),
            current=current,
            successor=_put(old.successor, count, rows, keys.rows(read["successor"])),
        )
        return replace(self, snapshot=replace(self.snapshot, components=changed), components=keys)

    def with_addresses(self, read: Columns, gone: Collection[str]) -> Followed:
        """With addresses as they are now: key, component, region, form, main, x, y, accuracy, current;
        and without those that are gone."""
        old = self.snapshot.addresses
        component = self.components.rows(read["component"])
        held = pa.array(component >= 0)
        read = {name: column.filter(held) for name, column in read.items()}
        keys, rows = _placed(self.addresses, read["fid"], gone)
        count = len(keys.column)
        current = _put(old.current, count, rows, read["current"])
        current[_lost(self.addresses, gone)] = False
        main = np.full(len(old.key), -1, np.int32) if old.main is None else old.main
        form = pc.index_in(read["form"], pa.array([str(form) for form in Form]))
        changed = Addresses(
            key=keys.column,
            component=_put(old.component, count, rows, component[component >= 0]),
            region=_put(old.region, count, rows, self.components.rows(read["region"])),
            form=_put(old.form, count, rows, form),
            longitude_deg=_put(old.longitude_deg, count, rows, pc.fill_null(read["x"], float("nan"))),
            latitude_deg=_put(old.latitude_deg, count, rows, pc.fill_null(read["y"], float("nan"))),
            accuracy_m=_put(old.accuracy_m, count, rows, pc.fill_null(read["accuracy"], float("nan"))),
            current=current,
            main=_put(main, count, rows, keys.rows(read["main"])),
        )
        return replace(self, snapshot=replace(self.snapshot, addresses=changed), addresses=keys)

    def touched_since(self, before: Followed) -> Touched:
        """What has changed since an earlier state of the same base."""
        old, new = before.snapshot.components, self.snapshot.components
        known = len(old.key)
        changed = np.ones(len(new.key), np.bool_)
        written = changed.copy()
        name = _differ(old.name, new.name)
        written[:known] = (new.parent[:known] != old.parent) | (new.element[:known] != old.element) | name
        changed[:known] = written[:known] | (new.current[:known] != old.current)
        for column in ("number", "sub_number", "successor"):
            changed[:known] |= getattr(new, column)[:known] != getattr(old, column)
        below, size = written, -1
        while size != (size := int(below.sum())):
            below = below | (below[new.parent] & (new.parent >= 0))
        rows = np.flatnonzero(changed).astype(np.int32)
        element = np.concatenate([new.element[rows], old.element[rows[rows < known]]])
        return Touched(
            rows,
            below,
            _changed_addresses(before.snapshot.addresses, self.snapshot.addresses),
            bool(np.isin(element, _NAMED).any())
            or _aliases_differ(before.snapshot.aliases, self.snapshot.aliases),
            self.snapshot.crossings is not before.snapshot.crossings,
        )


def _placed(keys: Keys, read: pa.Array, gone: Collection[str]) -> tuple[Keys, Rows]:
    """The row of each key that was read; unknown ones behind the last."""
    rows = keys.rows(read)
    new = np.flatnonzero(rows < 0)
    rows[new] = len(keys.column) + np.arange(len(new), dtype=np.int32)
    later = dict(zip(read.take(pa.array(new)).to_pylist(), rows[new].tolist(), strict=True))
    column = pa.concat_arrays([keys.column, read.take(pa.array(new))]) if len(new) else keys.column
    return keys.with_later(column, {**later, **dict.fromkeys(gone, -1)}), rows


def _lost(keys: Keys, gone: Collection[str]) -> Rows:
    rows = keys.rows(pa.array(list(gone), pa.string()))
    return rows[rows >= 0]


def _put(old: NDArray[Any], count: int, rows: Rows, values: Any) -> NDArray[Any]:
    """A copy of a column with other values at some rows, and longer."""
    column = np.empty(count, old.dtype)
    column[: len(old)] = old
    column[rows] = values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values
    return column


def _put_texts(old: pa.Array, count: int, rows: Rows, values: pa.Array) -> pa.Array:
    if len(old) == count and old.take(pa.array(rows)).equals(values):
        return old
    taken = np.arange(count, dtype=np.int64)
    taken[rows] = len(old) + np.arange(len(values))
    return pa.concat_arrays([old, values]).take(pa.array(taken))


def _differ(old: pa.Array, new: pa.Array) -> NDArray[np.bool_]:
    if old is new:
        return np.zeros(len(old), np.bool_)
    differ: NDArray[np.bool_] = pc.not_equal(old, new[: len(old)]).to_numpy(zero_copy_only=False)
    return differ


def _changed_addresses(old: Addresses, new: Addresses) -> Rows:
    known = len(old.key)
    changed = np.ones(len(new.key), np.bool_)
    changed[:known] = (old.component != new.component[:known]) | (old.region != new.region[:known])
    changed[:known] |= old.current != new.current[:known]
    for one, other in ((old.longitude_deg, new.longitude_deg), (old.latitude_deg, new.latitude_deg)):
        moved = one != other[:known]
        changed[:known] |= moved & ~(np.isnan(one) & np.isnan(other[:known]))
    return np.flatnonzero(changed).astype(np.int32)


def _aliases_differ(old: Aliases, new: Aliases) -> bool:
    return old is not new and not (old.text.equals(new.text) and np.array_equal(old.component, new.component))
