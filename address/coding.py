"""Codes given to addresses 赋码: composed by a scheme of the city, serials in the order of the register.

A code is a dated attribute: it is given once and never to another address. An address that comes
to lie in another division gets a new one from that day on; the old one resolves for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from address import coding_store, identity, store
from address.model import Element
from address.reassign import ChangedSince
from address.rules.codes import Scheme, UnusableCode, allocate
from address.snapshot import Snapshot
from address.towns import town_named, town_of_each
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.editing import restate_store
from spatial.history.model import Intent

REGION_DIGITS: Final = 12
_YARDS: Final = frozenset({Element.ROAD, Element.LANE, Element.ESTATE})
_STANDING: Final = frozenset({Element.DOOR, Element.BUILDING, Element.OBJECT})
_UNIT_MOST: Final = 99
NOBODY: Final = -1
FEW: Final = 10


@dataclass(frozen=True, slots=True)
class Path:
    """What of an address goes into its code, as rows of components; NOBODY where there is none."""

    region: str
    form: int
    yard: int
    """Street, lane or estate 街巷院落; of a lane the lane."""
    standing: int
    """Door, building or place 门楼."""
    unit: int
    """The number of the unit; 0 for none, or one that is no number up to 99."""
    last: int
    """What lies deeper than all that, or the unit where it is no such number."""


@dataclass(frozen=True, slots=True)
class Held:
    """A code that was ever given."""

    key: str
    code: str
    address: int
    """Row of the address; NOBODY where the register has it no more."""
    live: bool


@dataclass(frozen=True, slots=True)
class Given:
    """Codes to be written, by row of the address; and those that end because they fit no more."""

    codes: tuple[tuple[int, str], ...]
    ended: tuple[str, ...]
    """Keys of codes."""
    kept: int
    """Addresses that have their code already."""


@dataclass(slots=True)
class _Serials:
    """Serials of one segment: whose they are, and the highest ever given in each group."""

    digits: int
    own: dict[tuple[object, ...], int] = field(default_factory=dict)
    owner: dict[tuple[object, ...], int] = field(default_factory=dict)
    highest: dict[tuple[object, ...], int] = field(default_factory=dict)

    def met(self, group: tuple[object, ...], item: int, serial: int) -> None:
        self.highest[group] = max(self.highest.get(group, 0), serial)
        # Of what was moved to another street since, the serial stays the first one's.
        if item != NOBODY and serial and self.owner.setdefault((*group, serial), item) == item:
            self.own.setdefault((*group, item), serial)

    def of(self, group: tuple[object, ...], item: int) -> int:
        """0 for nobody; the serial that the item has, else the next one of the group."""
        if item == NOBODY:
            return 0
        found = self.own.get((*group, item))
        if found is None:
            (found,) = allocate(self.highest.get(group, 0), 1, self.digits)
            self.met(group, item, found)
        return found


def give(snapshot: Snapshot, scheme: Scheme, held: Iterable[Held], wanted: Sequence[int]) -> Given:
    """Codes for the addresses ``wanted``, by row, that have none or one of another division.

    Raises OpenScheme where widths are not settled, UnusableCode for a division without a code,
    SerialsSpent.
    """
    _ = scheme.width
    coder = _Coder(snapshot, scheme)
    live: dict[int, tuple[str, str]] = {}
    for each in held:
        region = coder.met(each)
        if each.live and each.address != NOBODY:
            live[each.address] = each.key, region
    codes: list[tuple[int, str]] = []
    ended, kept = [], 0
    used: dict[str, int] = {}
    for row in wanted:
        path = coder.path(row)
        if row in live:
            key, region = live[row]
            if region == path.region[: len(region)]:
                kept += 1
                continue
            ended.append(key)
        code = coder.code(path)
        if code in used:
            name = "、".join(str(snapshot.addresses.key[each].as_py()) for each in (used[code], row))
            raise UnusableCode(
                f"两个地址是同一处,不能各有编码,请先合并:{name}",
                f"two addresses are one place, and cannot have a code each; merge them first: {name}",
                value=name,
            )
        used[code] = row
        codes.append((row, code))
    return Given(tuple(codes), tuple(ended), kept)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was given, or would be."""

    given: int
    renewed: int
    """Of those, how many had one of another division."""
    kept: int
    first: tuple[str, ...]
    """The first few codes."""
    changesets: tuple[int, ...]


def assign(
    connection: Connection, scheme: Scheme, town: str | None, intent: Intent, *, write: bool = True
) -> Outcome:
    """Give every current address of a town, else of the city, its code, inside the caller's transaction.

    Auxiliary addresses have that of their main one. ``write``: False only counts. Raises besides
    ChangedSince where codes of the scheme are laid down for a later day.
    """
    snapshot = store.snapshot(connection, intent.valid_from)
    addresses = snapshot.addresses
    keys = addresses.key.to_pylist()
    row = {key: place for place, key in enumerate(keys)}
    main = np.full(len(keys), -1) if addresses.main is None else addresses.main
    chosen = addresses.current & (main < 0) & (addresses.region >= 0)
    if town is not None:
        chosen &= town_of_each(snapshot)[addresses.region] == town_named(snapshot, town)
    wanted = sorted(np.flatnonzero(chosen).tolist(), key=keys.__getitem__)
    overtaken = coding_store.later(connection, intent.valid_from, scheme.id)
    if overtaken is not None:
        raise ChangedSince(
            f"该日之后已有赋码,请用不早于它的生效日:{format_instant(overtaken)}",
            f"codes are laid down after that day already; take a day no earlier: {format_instant(overtaken)}",
            value=format_instant(overtaken),
        )
    held = [
        Held(key, code, row.get(address, NOBODY), live)
        for key, code, address, live in coding_store.held(connection, intent.valid_from, scheme.id)
    ]
    found = give(snapshot, scheme, held, wanted)
    done = []
    if write and found.codes:
        ended = [{"fid": key, "remove": True} for key in found.ended]
        done.append(restate_store.restate(connection, "address-codes", intent, ended) if ended else None)
        source = f"{scheme.id} {intent.valid_from.isoformat()} {found.codes[0][1]}"
        own = identity.keys(source, "code", len(found.codes)).to_pylist()
        rows = ((key, code, keys[place]) for key, (place, code) in zip(own, found.codes, strict=True))
        done.append(coding_store.lay_down(connection, intent, scheme.id, rows))
    return Outcome(
        len(found.codes),
        len(found.ended),
        found.kept,
        tuple(code for _, code in found.codes[:FEW]),
        tuple(each.id for each in done if each is not None),
    )


class _Coder:
    """Composes codes; remembers whose every serial is."""

    def __init__(self, snapshot: Snapshot, scheme: Scheme) -> None:
        tree, addresses = snapshot.components, snapshot.addresses
        self._scheme = scheme
        self._segments = {each.name: each for each in scheme.segments}
        self._parent, self._element = tree.parent.tolist(), tree.element.tolist()
        self._number, self._code = tree.number.tolist(), tree.code.to_pylist()
        self._name = tree.name
        self._component, self._region = addresses.component.tolist(), addresses.region.tolist()
        self._form = addresses.form.tolist()
        self._yards, self._standing, self._last = (
            _Serials(next((self._segments[n].digits for n in names if n in self._segments), 9))
            for names in (("street",), ("door", "building"), ("room",))
        )

    def path(self, row: int) -> Path:
        """What of an address goes into its code."""
        at = component = self._component[row]
        yard = standing = last = NOBODY
        unit, hidden = 0, False
        while at >= 0 and self._element[at] >= Element.GROUP:
            element = self._element[at]
            if element in _YARDS:
                yard = at if yard == NOBODY else yard
            elif element in _STANDING and (standing == NOBODY or element != Element.OBJECT):
                hidden = standing != NOBODY  # a building within a door has no place of its own in the code
                standing = at
            elif element == Element.UNIT and 0 < self._number[at] <= _UNIT_MOST:
                unit = self._number[at]
            elif last == NOBODY:
                last = at
            at = self._parent[at]
        if last == NOBODY and component not in (standing, yard) and (hidden or not unit):
            last = component
        return Path(self._division(self._region[row]), self._form[row] + 1, yard, standing, unit, last)

    def met(self, held: Held) -> str:
        """A code that was ever given keeps its serials; the division that it says."""
        parts = self._scheme.read(held.code)
        path = None if held.address == NOBODY else self.path(held.address)
        if path is not None and path.region[: len(parts["region"])] != parts["region"]:
            path = None  # it lay elsewhere then: nothing there is its any more
        yard, standing, last = (
            int(next((parts[n] for n in names if n in parts), 0))
            for names in (("street",), ("door", "building"), ("room",))
        )
        region, unit = parts["region"], int(parts.get("unit", 0))
        own = (NOBODY,) * 3 if path is None else (path.yard, path.standing, path.last)
        self._yards.met((region,), own[0], yard)
        self._standing.met((region, yard), own[1], standing)
        self._last.met((region, yard, standing, unit), own[2], last)
        return region

    def code(self, path: Path) -> str:
        """The code of an address; serials that are not there are given."""
        region = path.region[: self._segments["region"].digits]
        unit = path.unit if "unit" in self._segments else 0
        yard = self._yards.of((region,), path.yard)
        standing = self._standing.of((region, yard), path.standing)
        last = self._last.of((region, yard, standing, unit), path.last)
        return self._scheme.compose(
            {"region": region, "form": path.form, "street": yard, "door": standing, "building": standing,
             "unit": unit, "room": last}
        )  # fmt: skip

    def _division(self, region: int) -> str:
        code = self._code[region] if region >= 0 else None
        if not code:
            name = self._name[region].as_py() if region >= 0 else "—"
            raise UnusableCode(
                f"所在区划没有代码,请先为它编码:{name}",
                f"the division has no code; give it one first: {name}",
                value=name,
            )
        return str(code).ljust(REGION_DIGITS, "0")
