"""Queries with known truth 查询样本: drawn from a seed, split for good into training and test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np

from address.disturb.kinds import KINDS
from address.disturb.negatives import NEGATIVES
from address.disturb.writing import Register

TEST_SHARE = 50
"""Of a hundred addresses so many are test addresses, by the hash of their key."""
AT_THE_SAME_PLACE = frozenset(
    {"dashes", "hash-dash", "building-suffix", "unit-suffix", "room-suffix", "floor"}
)
LAST = frozenset({"traditional", "full-width"})
"""Change every character, so they come after whatever asks for names."""
TRIES = 12


class Split(StrEnum):
    """What a query may be used for; seeds of the two differ as well."""

    TRAIN = "train"
    TEST = "test"

    def holds(self, key: str) -> bool:
        """Whether an address belongs to this part; the same on every machine and for ever."""
        place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 100
        return (place < TEST_SHARE) == (self is Split.TEST)


@dataclass(frozen=True, slots=True)
class Query:
    """A text, the address that is meant, and what was done to it."""

    text: str
    truth: int
    """Row of the address; -1 where none answers."""
    kinds: tuple[str, ...]


def noisy_queries(register: Register, count: int, seed: int, split: Split) -> tuple[Query, ...]:
    """Addresses of one part, each disturbed in one to three ways."""
    generator = _generator(seed, split, "noisy")
    keys = register.snapshot.addresses.key
    queries: list[Query] = []
    total = len(keys)
    main = register.snapshot.addresses.main
    while len(queries) < count:
        row = int(generator.integers(total))
        if not split.holds(str(keys[row])) or (main is not None and main[row] >= 0):
            continue
        queries.append(_disturbed(register, row, generator))
    return tuple(queries)


def hard_queries(register: Register, each: int, seed: int, split: Split) -> tuple[Query, ...]:
    """Up to ``each`` of every kind of hard negative."""
    queries: list[Query] = []
    keys = register.snapshot.addresses.key
    for name, _, make in NEGATIVES:
        found = make(register, _generator(seed, split, name))
        kept = (
            Query(text, truth, (name,)) for text, truth in found if truth < 0 or split.holds(str(keys[truth]))
        )
        queries += islice(kept, each)
    return tuple(queries)


def digest(queries: Iterable[Query], register: Register) -> str:
    """Freezes a set: changes with any text or truth."""
    running = hashlib.sha256()
    for query in queries:
        key = register.key(query.truth) if query.truth >= 0 else "-"
        running.update(f"{query.text}\t{key}\n".encode())
    return running.hexdigest()


def _generator(seed: int, split: Split, name: str) -> np.random.Generator:
    mixed = hashlib.sha256(f"{seed}/{split}/{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(mixed[:8], "big"))


def _disturbed(register: Register, row: int, generator: np.random.Generator) -> Query:
    writing = register.written(row)
    wanted = int(generator.integers(1, 4))
    taken: list[str] = []
    order = generator.permutation(len(KINDS)).tolist()
    order.sort(key=lambda at: KINDS[at].name in LAST)
    late = sum(KINDS[at].name in LAST for at in order)
    early, last = order[:-late], order[-late:]
    last = last[:1] if generator.random() < wanted * late / len(KINDS) else []
    for at in early[: TRIES * wanted] + last:
        kind = KINDS[at]
        if len(taken) == wanted - (1 if last and kind.name not in LAST else 0):
            continue
        if kind.name in AT_THE_SAME_PLACE and AT_THE_SAME_PLACE & set(taken):
            continue
        changed = kind.apply(writing, register, generator)
        if changed is not None and changed != writing and not _undoes(taken, kind.name):
            writing = changed
            taken.append(kind.name)
    return Query(writing.spelled(), row, tuple(taken))


_EXCLUSIVE = (
    {
        "homophone",
        "look-alike",
        "lost-character",
        "doubled-character",
        "short-estate",
        "alias",
        "more-estate",
        "no-town",
    },
    {
        "no-village",
        "village-office",
        "bare-village",
        "two-communities",
        "brackets",
        "lost-character",
        "no-town",
    },
    {"no-town", "short-town", "former-town", "brackets", "homophone", "look-alike"},
    {"no-upper", "short-upper", "county-alone", "repeated", "detail-first"},
    {"chinese-numerals", "dashes", "hash-dash", "door-written", "ocr", "bare-village", "short-estate"},
    {"ocr", "door-written", "room-suffix", "floor", "dashes"},
    {"no-unit", "dashes", "hash-dash", "unit-suffix"},
    {"direction", "road-side", "shop", "crossing-note", "offset-note", "door-written"},
)
"""Of each of these one only: two would take away what the other needs."""


def _undoes(taken: list[str], name: str) -> bool:
    return any(name in group and group & set(taken) for group in _EXCLUSIVE)
