"""Changes of state 地址办理: proposed, reviewed, published, suspended, cancelled, by the city's rules.

Who may do it, with which papers, and which findings stand in its way is the charter's
(:mod:`address.rules.life`). Component, addresses, names and the entry of what was done are one
transaction; either all subjects move or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import numpy as np
import shapely

from address import advance_store, identity, street
from address.model import LIVE, Element, State
from address.plane import on_plane, projected
from address.reassign import UnknownUnit, refuse_overtaken
from address.rules.charter import Charter
from address.rules.checks import Candidate, Surroundings, inspect
from address.rules.findings import Finding
from address.rules.life import ENDS, MoveRefused, Role
from address.rules.names import COMPARED, Names
from address.rules.street import Door
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.editing import restate_store
from spatial.errors import shorten
from spatial.history.model import Changeset, Intent

LAYERS: Final = ("components", "addresses", "place-names", "address-events")
"""Layers in the order in which they are written."""
_STREETS: Final = (Element.ROAD, Element.LANE)


@dataclass(frozen=True, slots=True)
class Advanced:
    """One subject that moved."""

    component: str
    name: str
    before: State
    after: State
    findings: tuple[Finding, ...]
    """What was found and does not stand in the way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or would be."""

    subjects: tuple[Advanced, ...]
    changesets: Mapping[str, int]
    """Layer → changeset."""


@dataclass(frozen=True, slots=True)
class Move:
    """What is asked 办理事项."""

    target: State
    role: Role
    papers: frozenset[str]
    """Kinds of papers that are there 材料."""
    document: str
    remark: str = ""


def advance(
    connection: Connection, keys: Sequence[str], move: Move, intent: Intent, charter: Charter, epsg: int
) -> Outcome:
    """Do it, inside the caller's transaction; valid from the intent's day on.

    ``keys``: keys or codes of components. ``epsg``: the plane on which places are judged.

    Raises UnknownUnit; MoveRefused, which names the subject; ChangedSince.
    """
    day = intent.valid_from
    subjects = _subjects(connection, day, keys)
    refuse_overtaken(connection, day, [each["fid"] for each in subjects])
    judge = _Judge(connection, day, subjects, charter, epsg, ends=move.target in ENDS)
    moved = [_moved(each, move, charter, judge) for each in subjects]
    return _write(connection, moved, move, intent)


def preview(
    connection: Connection, keys: Sequence[str], move: Move, intent: Intent, charter: Charter, epsg: int
) -> Outcome:
    """What it would do; everything is done and taken back."""
    with connection.transaction(force_rollback=True):
        return advance(connection, keys, move, intent, charter, epsg)


def _subjects(connection: Connection, day: datetime, keys: Sequence[str]) -> list[dict[str, Any]]:
    found = advance_store.subjects(connection, day, keys)
    known = {each["fid"] for each in found} | {each["code"] for each in found}
    for key in keys:
        if key not in known:
            shown = shorten(key, 60)
            raise UnknownUnit(
                f"该日没有这个构件,请核对标识或代码:{shown}",
                f"no such component on that day; check its key or code: {shown}",
                value=shown,
            )
    return found


def _moved(subject: Mapping[str, Any], move: Move, charter: Charter, judge: _Judge) -> Advanced:
    state = State(subject["status"])
    findings = judge.findings(subject)
    try:
        charter.life.move(state, move.target, move.role, move.papers, findings)
    except MoveRefused as refused:
        raise MoveRefused(
            f"{subject['name']}:{refused.zh}", f"{subject['name']}: {refused.en}", value=refused.value
        ) from refused
    return Advanced(subject["fid"], subject["name"], state, move.target, findings)


class _Judge:
    """Looks at subjects as the charter's checks want it; what several share is read once."""

    def __init__(
        self, connection: Connection, day: datetime, subjects: Sequence[Mapping[str, Any]], charter: Charter,
        epsg: int, *, ends: bool,
    ) -> None:  # fmt: skip
        self._connection, self._day, self._charter, self._epsg = connection, day, charter, epsg
        keys = [each["fid"] for each in subjects]
        parents = sorted({each["parent_id"] for each in subjects if each["parent_id"]})
        self._siblings = advance_store.siblings(connection, day, parents, LIVE)
        self._attached = advance_store.attached(connection, day, keys) if ends else {}
        self._below = advance_store.below(connection, day, keys, LIVE) if ends else {}
        named = any(each["element"] in COMPARED for each in subjects)
        elements = [int(each) for each in COMPARED]
        self._names = Names(advance_store.names(connection, day, elements, LIVE) if named else ())
        self._areas: dict[str, shapely.Geometry | None] = {}
        self._streets: dict[str, street.Street] = {}

    def findings(self, subject: Mapping[str, Any]) -> tuple[Finding, ...]:
        """All that is found, whether or not it stands in the way."""
        point = self._point(subject)
        road, doors, own = self._doors(subject)
        around = Surroundings(
            self._siblings.get((subject["parent_id"], subject["element"]), ()),
            self._names if subject["element"] in COMPARED else Names(()),
            None if point is None else self._area(subject["region_id"]),
            road,
            doors,
            self._attached.get(subject["fid"], 0),
        )
        candidate = Candidate(subject["fid"], subject["name"], subject["norm_key"], point, own)
        found = inspect(candidate, around, self._charter.numbering, self._charter.road_distance_m)
        below = self._below.get(subject["fid"], 0)
        if below:
            found += (
                Finding(
                    "objects-attached",
                    f"其下仍有 {below} 个构件,请先办理:{subject['name']}",
                    f"{below} components still lie in it; settle them first: {subject['name']}",
                    (subject["fid"],),
                ),
            )
        return found

    def _point(self, subject: Mapping[str, Any]) -> shapely.Point | None:
        if subject["x"] is None:
            return None
        return shapely.Point(projected(np.array([[subject["x"], subject["y"]]]), self._epsg)[0])

    def _area(self, region: str | None) -> Any:
        if region is None:
            return None
        if region not in self._areas:
            shape = advance_store.area(self._connection, self._day, region)
            self._areas[region] = None if shape is None else on_plane(shape, self._epsg)
        return self._areas[region]

    def _doors(self, subject: Mapping[str, Any]) -> tuple[Any, Sequence[Door], Door | None]:
        """The line of the street, the doors along it, and the subject among them."""
        if subject["element"] != Element.DOOR or subject["parent_element"] not in _STREETS:
            return None, (), None
        key = subject["parent_id"]
        if key not in self._streets:
            self._streets[key] = street.read(
                self._connection, self._day, key, subject["parent_name"], self._charter.numbering,
                self._epsg, (*LIVE, State.PENDING, State.DRAFT),
            )  # fmt: skip
        found = self._streets[key]
        doors = found.stand()
        live = {each["fid"] for each in found.doors if each["status"] in LIVE}
        own = next((each for each in doors if each.key == subject["fid"]), None)
        return found.line_m, [each for each in doors if each.key in live], own


def _write(connection: Connection, moved: Sequence[Advanced], move: Move, intent: Intent) -> Outcome:
    state = move.target.value
    restate = partial(restate_store.restate, connection, intent=intent)
    keys = [each.component for each in moved]
    done: dict[str, Changeset | None] = {}
    done["components"] = restate("components", changed=[{"fid": key, "status": state} for key in keys])
    by_component: list[dict[str, Any]] = [{"component_id": key, "status": state} for key in keys]
    done["addresses"] = restate("addresses", changed=by_component, key="component_id")
    if move.target in ENDS:
        gone = [{"component_id": key, "status": "historic"} for key in keys]
        done["place-names"] = restate("place-names", changed=gone, key="component_id")
    day = format_instant(intent.valid_from)
    said = [(each.component, each.before.value) for each in moved]
    own = identity.keys(f"{move.document} {day} {said} {state}", "event", len(moved)).to_pylist()
    done["address-events"] = restate(
        "address-events",
        created=[
            {"fid": key, "event_id": key, "subject_id": each.component, "from_status": each.before.value,
             "to_status": state, "actor": intent.author[:60], "actor_role": move.role.value,
             "document_number": move.document[:80], "remark": (move.remark or intent.reason)[:200],
             "happened_at": day}
            for key, each in zip(own, moved, strict=True)
        ],
    )  # fmt: skip
    return Outcome(tuple(moved), {layer: each.id for layer, each in done.items() if each is not None})
