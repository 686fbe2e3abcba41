"""Renumbering of a street 门牌重编: by the city's rule along its line, or as told; in one transaction.

Doors keep their identity: what meets at them stays, texts of all that lies below follow. A
former number leads to its door for as long as no other door bears it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from address import identity, street, street_store, tree_store, wording
from address.model import AliasKind, State
from address.reassign import refuse_later_texts, refuse_overtaken
from address.rules.findings import CHECKS
from address.rules.numbering import Number, Numbering, Stations, propose
from address.rules.street import check
from address.street import Street
from spatial.database import Connection
from spatial.editing import restate_store
from spatial.errors import InvalidInput, NotFound, shorten
from spatial.history.model import Changeset, Intent

NUMBER_MOST: Final = 99_999


class UnknownStreet(NotFound):
    """No street, village or estate of that key, code or name on that day 没有这条街巷."""

    code = "unknown-street"


class UnusableNumbering(InvalidInput):
    """Numbers that cannot be given 编号无效."""

    code = "unusable-numbering"


@dataclass(frozen=True, slots=True)
class Renumbered:
    """One door whose number changes."""

    door: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a renumbering changes, or would."""

    street: str
    doors: tuple[Renumbered, ...]
    kept: int
    """Doors that bear their number already."""
    unplaced: tuple[str, ...]
    """Doors without an entrance on the map: they keep their number, and nobody else gets it."""
    addresses: int
    links: int
    """Objects that meet at addresses whose text changes; they stay linked."""
    plates: int
    """Plates to be replaced."""
    findings: Mapping[str, tuple[int, int]]
    """Check → how many doors it finds fault with before and after; empty where no line is drawn."""
    changesets: Mapping[str, int]
    """Layer → changeset."""


def renumber(
    connection: Connection,
    said: str,
    intent: Intent,
    document: str,
    rule: Numbering,
    epsg: int,
    numbers: Mapping[str, Number] | None = None,
    remark: str = "",
) -> Outcome:
    """Do it, inside the caller's transaction; valid from the intent's day on.

    ``said``: key, code or name of the street. ``numbers``: key of a door → its number; None: all doors by
    ``rule``. ``epsg``: the plane on which the line and the doors are measured.

    Raises UnknownStreet, UnusableNumbering, ChangedSince; RowsRejected where numbers would collide
    with what bears them outside the street's doors.
    """
    found = _street(connection, said, intent.valid_from, rule, epsg)
    wanted = _proposed(found, rule) if numbers is None else _told(found, numbers)
    after = [wanted.get(each["fid"], found.number(place)) for place, each in enumerate(found.doors)]
    names = [
        rule.written(wanted[each["fid"]].number, wanted[each["fid"]].sub_number)
        if each["fid"] in wanted
        else each["name"]
        for each in found.doors
    ]
    changed = {place: name for place, name in enumerate(names) if name != found.doors[place]["name"]}
    _refuse_twice(found, names, changed)
    if not changed:
        raise UnusableNumbering(
            f"门牌已是这样编的,没有可改的:{found.name}",
            f"its doors are numbered so already; nothing to change: {found.name}",
            value=found.name,
        )
    keys = [found.doors[place]["fid"] for place in changed]
    refuse_overtaken(connection, intent.valid_from, keys)
    refuse_later_texts(connection, intent.valid_from, keys)
    addresses, links, layers = _write(connection, found, after, changed, intent, document, remark)
    return Outcome(
        found.key,
        tuple(
            Renumbered(found.doors[place]["fid"], found.doors[place]["name"], name)
            for place, name in changed.items()
        ),
        len(found.doors) - len(changed),
        tuple(each["name"] for each in found.doors if each["x"] is None),
        addresses,
        links,
        street_store.plates(connection, intent.valid_from, keys),
        _compared(found, after, names, rule),
        layers,
    )


def preview(
    connection: Connection,
    said: str,
    intent: Intent,
    document: str,
    rule: Numbering,
    epsg: int,
    numbers: Mapping[str, Number] | None = None,
) -> Outcome:
    """What it would change; everything is done and taken back."""
    with connection.transaction(force_rollback=True):
        return renumber(connection, said, intent, document, rule, epsg, numbers)


def _street(connection: Connection, said: str, day: datetime, rule: Numbering, epsg: int) -> Street:
    known = street_store.streets(connection, day, said)
    if len(known) != 1:
        zh, en = (
            ("有多条同名街巷,请用标识指明", "several bear that name; give its key")
            if known
            else ("该日没有这条街巷,请核对标识或名称", "no such street on that day; check its key or name")
        )
        shown = shorten(said, 60)
        raise UnknownStreet(f"{zh}:{shown}", f"{en}: {shown}", value=shown)
    ((key, name),) = known
    found = street.read(connection, day, key, name, rule, epsg)
    if not found.doors:
        raise UnusableNumbering(f"该街巷没有门牌:{name}", f"it has no doors: {name}", value=name)
    return found


def _proposed(found: Street, rule: Numbering) -> dict[str, Number]:
    if found.where is None:
        raise UnusableNumbering(
            f"没有线位或门牌无位置,不能按规则编号,请用 numbers 逐个给出:{found.name}",
            f"no line is drawn or no door is placed; give each number in numbers: {found.name}",
            value=found.name,
        )
    # What is being set up, changed or suspended keeps its number until that is settled.
    active = np.array([found.doors[place]["status"] == State.ACTIVE for place in found.placed])
    numbered = [place for place, own in zip(found.placed, active.tolist(), strict=True) if own]
    others = set(range(len(found.doors))) - set(numbered)
    taken = {(number.number, number.sub_number) for number in map(found.number, others)}
    where = found.where
    given = propose(
        Stations(where.chainage_m[active], where.left[active], where.distance_m[active]), rule, taken
    )
    return {found.doors[place]["fid"]: number for place, number in zip(numbered, given, strict=True)}


def _told(found: Street, numbers: Mapping[str, Number]) -> dict[str, Number]:
    known = {each["fid"] for each in found.doors}
    for door, number in numbers.items():
        if door not in known:
            shown = shorten(door, 60)
            raise UnusableNumbering(
                f"不是{found.name}的门牌:{shown}",
                f"no door of {found.name}: {shown}",
                value=shown,
            )
        if not 0 < number.number <= NUMBER_MOST or not 0 < (number.sub_number or 1) <= NUMBER_MOST:
            raise UnusableNumbering(
                f"号码应为 1 至 {NUMBER_MOST}:{number.number}",
                f"numbers go from 1 to {NUMBER_MOST}: {number.number}",
                value=number.number,
            )
    return dict(numbers)


def _refuse_twice(found: Street, names: Sequence[str], changed: Mapping[int, str]) -> None:
    borne = Counter(names)
    for name in changed.values():
        if borne[name] > 1:
            raise UnusableNumbering(
                f"号码重复,请另给一个:{found.name}{name}",
                f"two doors would bear that number; give another: {found.name}{name}",
                value=name,
            )


def _write(
    connection: Connection,
    found: Street,
    after: Sequence[Number],
    changed: Mapping[int, str],
    intent: Intent,
    document: str,
    remark: str,
) -> tuple[int, int, dict[str, int]]:
    rows = [
        {
            "fid": found.doors[place]["fid"],
            "number": after[place].number,
            "sub_number": after[place].sub_number,
            "name": name,
            "norm_key": wording.normal_key(name),
        }
        for place, name in changed.items()
    ]
    done: dict[str, Changeset | None] = {}
    done["components"] = restate_store.restate(
        connection, "components", intent, rows, emptied=("sub_number",)
    )
    keys = [row["fid"] for row in rows]
    reckoned = tree_store.reckon(connection, intent.valid_from, keys, {})
    done["addresses"] = tree_store.restate_addresses(connection, intent, reckoned)
    said = [f"{found.doors[place]['name']} → {name}" for place, name in changed.items()]
    source = f"{document} {intent.valid_from.isoformat()} {found.key} {said}"
    own = iter(identity.keys(source, "renumbered", 2 * len(changed)).to_pylist())
    borne = {found.name + changed.get(place, found.doors[place]["name"]) for place in range(len(found.doors))}
    done["address-aliases"] = restate_store.restate(
        connection, "address-aliases", intent,
        [
            {"fid": fid, "remove": True}
            for fid, text in street_store.former(connection, intent.valid_from, found.key)
            if text in borne
        ],
        [
            {"fid": key, "alias_id": key, "text": text, "component_id": found.doors[place]["fid"],
             "kind": AliasKind.FORMER.value, "source": document}
            for key, (place, text) in zip(own, _given_up(found, changed, borne), strict=False)
        ],
    )  # fmt: skip
    done["address-lineage"] = restate_store.restate(
        connection, "address-lineage", intent, created=[
            {"fid": key, "lineage_id": key, "from_id": fid, "to_id": fid, "kind": "renumbered",
             "document_number": document, "remark": f"{each}{f';{remark}' if remark else ''}"[:200]}
            for key, fid, each in zip(own, keys, said, strict=False)
        ],
    )  # fmt: skip
    return (
        reckoned.addresses,
        reckoned.links,
        {layer: each.id for layer, each in done.items() if each is not None},
    )


def _given_up(found: Street, changed: Mapping[int, str], borne: Collection[str]) -> list[tuple[int, str]]:
    """Doors with the text of a former number that no door bears any more."""
    texts = [(place, found.name + found.doors[place]["name"]) for place in changed]
    return [(place, text) for place, text in texts if text not in borne]


def _compared(
    found: Street, after: Sequence[Number], names: Sequence[str], rule: Numbering
) -> dict[str, tuple[int, int]]:
    was, now = (
        Counter(each.code for each in check(doors, rule))
        for doors in (found.stand(), found.stand(after, names))
    )
    return {code: (was[code], now[code]) for code in CHECKS if was[code] or now[code]}
