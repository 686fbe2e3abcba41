"""The order of items: sort keys 排序键, and what comes after the last item of a page.

Empty values come last, whichever way a key is sorted. Texts are sorted by the
code points of their beginning, so that a cursor can carry what was compared;
those of an index, which are short, as their index has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import Identifier

from spatial.history.model import Column

SORTED_CHARACTERS = 100
"""Texts are sorted by so many characters."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """An attribute that items are sorted by; ``fid``, ``valid_from`` and ``valid_to`` are such, too."""

    column: Column
    descending: bool = False
    indexed: bool = False
    """Whether an index holds the column in order; then its texts are short."""
    short: bool = False
    """Whether its texts have no more than SORTED_CHARACTERS, so that nothing is to be cut off."""

    @property
    def sql(self) -> str:
        """What is compared, of a row aliased ``v``."""
        if self.column.name == "valid_to":
            return "nullif(v.valid_to, 'infinity')"
        name = "v." + Identifier(self.column.name).as_string(None)
        if self.column.sql_type != "text":
            return name
        return f'{name if self.short or self.indexed else f"left({name}, {SORTED_CHARACTERS})"} collate "C"'


def order_by(keys: Sequence[SortKey]) -> str:
    """The order of rows aliased ``s`` whose keys are named ``k0``, ``k1`` …"""
    return ", ".join(_ordered(number, key) for number, key in enumerate(keys))


def stretches(keys: Sequence[SortKey]) -> list[tuple[str, str]]:
    """Conditions that part rows ``s``, those of the first first, and the order within each.

    An index read from its end has empty values first: what is sorted downwards by one is read in two.
    """
    first, rest = keys[0], [_ordered(number, key) for number, key in enumerate(keys)][1:]
    if not (first.indexed and first.descending):
        return [("true", f"{order_by(keys)}, s.fid")]
    return [
        ("s.k0 is not null", ", ".join(["s.k0 desc", *rest, "s.fid"])),
        ("s.k0 is null", ", ".join([*rest, "s.fid"])),
    ]


def _ordered(number: int, key: SortKey) -> str:
    return f"s.k{number}{' desc' if key.descending else ''} nulls last"


def after(keys: Sequence[SortKey], values: Sequence[object], fid: str) -> tuple[str, list[object]]:
    """The condition of coming after an item, and its parameters, of rows as in :func:`order_by`.

    Of two rows the first key that differs decides, the identity where none does.
    """
    steps: list[str] = []
    params: list[object] = []
    alike: list[str] = []
    same: list[object] = []
    for number, (key, value) in enumerate(zip(keys, values, strict=True)):
        name, place = f"s.k{number}", f"%s::{key.column.sql_type}"
        if value is None:  # nothing comes after what is empty but what is empty, too
            alike.append(f"{name} is null")
            continue
        beyond = f"({name} {'<' if key.descending else '>'} {place} or {name} is null)"
        steps.append(" and ".join([*alike, beyond]))
        params += [*same, value]
        alike.append(f"{name} = {place}")
        same.append(value)
    steps.append(" and ".join([*alike, "s.fid > %s"]))
    params += [*same, fid]
    return f"({' or '.join(f'({step})' for step in steps)})", params
