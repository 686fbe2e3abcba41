"""What differs between two versions of a plan 预案对比: items by id, and people sent to another shelter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from water.plans.content import HEAD, SECTIONS

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A version's number and content."""

    number: int
    content: Mapping[str, Any]


def between(older: Held, newer: Held) -> Document:
    """The difference as one document; ``same`` where nothing differs."""
    sections = {name: _items(older.content[name], newer.content[name]) for name in SECTIONS}
    head = _fields(
        {name: older.content.get(name) for name in HEAD}, {name: newer.content.get(name) for name in HEAD}
    )
    evacuation = _evacuations(older.content.get("evacuation"), newer.content.get("evacuation"))
    changed = head or any(any(each.values()) for each in sections.values())
    return {
        "from": older.number,
        "to": newer.number,
        "same": not changed and not any(evacuation[name] for name in ("moved", "joined", "left")),
        "head": head,
        **sections,
        "evacuation": evacuation,
    }


def _items(older: list[Document], newer: list[Document]) -> Document:
    before = {each["id"]: each for each in older}
    after = {each["id"]: each for each in newer}
    return {
        "added": [each for each in newer if each["id"] not in before],
        "removed": [each for each in older if each["id"] not in after],
        "changed": [
            {"id": each["id"], "fields": fields}
            for each in newer
            if each["id"] in before and (fields := _fields(before[each["id"]], each))
        ],
    }


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Document:
    names = dict.fromkeys((*before, *after))
    return {
        name: {"from": before.get(name), "to": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    }


def _evacuations(older: Document | None, newer: Document | None) -> Document:
    """People by unit: who goes to another shelter, who is assigned now, and who is no more."""
    before, after = _by_unit(older), _by_unit(newer)
    names = _names(older) | _names(newer)
    moved, joined, left = list[Document](), list[Document](), list[Document]()
    for unit in sorted(before.keys() | after.keys()):
        old, new = before.get(unit, {}), after.get(unit, {})
        gone = {at: old[at] - new.get(at, 0) for at in sorted(old) if old[at] > new.get(at, 0)}
        come = {at: new[at] - old.get(at, 0) for at in sorted(new) if new[at] > old.get(at, 0)}
        while gone and come:
            away, there = next(iter(gone)), next(iter(come))
            many = min(gone[away], come[there])
            moved.append(_row(unit, names, many, away, there))
            for side, at in ((gone, away), (come, there)):
                side[at] -= many
                if not side[at]:
                    del side[at]
        left += [_row(unit, names, many, at, None) for at, many in gone.items()]
        joined += [_row(unit, names, many, None, at) for at, many in come.items()]
    return {
        "people_before": sum(sum(each.values()) for each in before.values()),
        "people_after": sum(sum(each.values()) for each in after.values()),
        "people_moved": sum(each["people"] for each in moved),
        "moved": moved,
        "joined": joined,
        "left": left,
    }


def _by_unit(evacuation: Document | None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in evacuation["assignments"] if evacuation else ():
        shelters = found.setdefault(each["unit"], {})
        shelters[each["shelter"]] = shelters.get(each["shelter"], 0) + each["people"]
    return found


def _names(evacuation: Document | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for each in evacuation["assignments"] if evacuation else ():
        found[each["unit"]], found[each["shelter"]] = each.get("name"), each.get("shelter_name")
    return found


def _row(
    unit: str, names: Mapping[str, str | None], people: int, older: str | None, newer: str | None
) -> Document:
    return {
        "unit": unit,
        "name": names.get(unit),
        "people": people,
        "from": older,
        "from_name": names.get(older or ""),
        "to": newer,
        "to_name": names.get(newer or ""),
    }
