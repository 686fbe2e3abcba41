"""Places that a text may mean 地址搜索: by the register's own words first, by likeness where those fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from address.find import Found, find
from address.match import Candidate, Decision, Index, Outcome
from address.match.doubt import Doubt
from address.model import LEVELS, Conflict, Element, MatchLevel, Parsed, Part, QualifierKind
from address.parse import Reading
from address.places import Places

_VILLAGE = int(Element.VILLAGE)


class Sought(NamedTuple):
    """One place that a text may mean, and how sure that is."""

    component: int
    match_level: MatchLevel
    point_level: MatchLevel
    """How deep the point is; the road's for a door that the register lacks."""
    position: tuple[float, float] | None
    """Longitude and latitude in degrees (CGCS2000); None where no point is known."""
    accuracy_m: float | None
    confidence: float
    decision: Decision
    missing: tuple[Part, ...]
    """What the text says besides and the register does not hold there."""
    conflicts: tuple[Conflict, ...]
    exact: bool
    """Everything that the text says stands in the register as it is written."""
    doubt: Doubt = Doubt.NONE
    """Why it is to be looked at."""


def search(places: Places, index: Index, text: str, limit: int = 10) -> tuple[Sought, ...]:
    """Places for a text, likeliest first.

    A text that is an address letter by letter is that address. One whose every word the register
    holds is answered by it, all places that bear those names alike; any other by the matcher, with
    its calibrated confidence. A crossing is answered by its two roads with the point where they
    meet, and without a point where they do not.
    """
    known = index.known_component(text)
    if known >= 0:
        return (_named(index, Found(known, LEVELS[places.element.item(known)], ()), None, 1),)[:limit]
    reading = index.parser.read(text)
    parsed = reading.parsed
    found = find(places, parsed, limit)
    if all(places.element.item(each.component) <= _VILLAGE for each in found):
        crossing = _crossing(index, parsed, limit)
        if crossing:
            return crossing
    if found and not parsed.conflicts and not found[0].missing:
        whole = [each for each in found if not each.missing]
        doubt = _doubt(index, reading, whole)
        return tuple(_named(index, each, parsed, len(whole), doubt) for each in whole)
    read, candidates = index.candidates(text, limit, reading)
    if candidates:
        return tuple(_matched(index, each, read) for each in candidates)
    return tuple(_named(index, each, parsed, len(found)) for each in found)


def _crossing(index: Index, parsed: Parsed, limit: int) -> tuple[Sought, ...]:
    """The roads of the crossing that a text names and nothing nearer."""
    roads = [
        row
        for qualifier in parsed.qualifiers
        if qualifier.kind is QualifierKind.CROSSING
        for part in qualifier.parts
        for row in part.components[:1]
    ]
    point = index.points.crossing(parsed)
    return tuple(
        Sought(
            row,
            MatchLevel.ROAD,
            MatchLevel.NONE if point is None else MatchLevel.ROAD,
            None if point is None else _position(point.longitude_deg, point.latitude_deg),
            None if point is None else point.accuracy_m,
            0.0 if point is None else 1.0,
            Decision.REVIEW,
            (),
            parsed.conflicts,
            point is not None,
            Doubt.BESIDE,
        )
        for row in dict.fromkeys(roads[:limit])
    )


def _doubt(index: Index, reading: Reading, whole: Sequence[Found]) -> Doubt:
    """Why the one place that a text names in full is to be looked at all the same.

    Where names and numbers are all that the text consists of, nothing in it can speak against the place.
    """
    if len(whole) > 1:
        return Doubt.SEVERAL
    parts, written = reading.parsed.parts, 0
    for part in parts:
        if part.element is Element.ZONE or part.element is Element.FLOOR:
            written = -1
            break
        written += part.end - part.start
    return Doubt.NONE if written == len(reading.parsed.text) else index.doubt(reading, whole[0].component)


def _named(
    index: Index, found: Found, parsed: Parsed | None, bearers: int, doubt: Doubt = Doubt.NONE
) -> Sought:
    """A place by its name; where several bear it, each is as likely. Nothing read: all of it is the name."""
    point = index.points.of(found.component, parsed)
    conflicts = parsed.conflicts if parsed is not None else ()
    if doubt is Doubt.NONE:
        doubt = Doubt.SEVERAL if bearers > 1 else Doubt.NAME_UNKNOWN if found.missing else doubt
        doubt = Doubt.SAID_OTHERWISE if conflicts and not found.missing else doubt
    return Sought(
        found.component,
        found.level,
        point.level,
        _position(point.longitude_deg, point.latitude_deg),
        _finite(point.accuracy_m),
        (0.0 if found.missing or conflicts else 1.0) / max(bearers, 1),
        Decision.REVIEW if doubt else Decision.AUTOMATIC,
        found.missing,
        conflicts,
        not found.missing and not conflicts,
        doubt,
    )


def _matched(index: Index, found: Candidate, parsed: Parsed) -> Sought:
    said = [each for each in found.evidence if each.outcome in (Outcome.UNKNOWN, Outcome.CONTRADICTS)]
    point = index.points.of(found.row, parsed)
    return Sought(
        found.row,
        LEVELS[index.tables.element.item(found.row)],
        point.level,
        _position(point.longitude_deg, point.latitude_deg),
        _finite(point.accuracy_m),
        found.confidence,
        found.decision,
        tuple(each.part for each in said if not each.part.inferred),
        parsed.conflicts,
        False,
        found.doubt,
    )


def _position(longitude_deg: float, latitude_deg: float) -> tuple[float, float] | None:
    return None if math.isnan(longitude_deg) else (longitude_deg, latitude_deg)


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value
