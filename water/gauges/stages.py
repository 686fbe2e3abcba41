"""Stages of all stations at an instant 各站水位: what they read, how they rise, what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.errors import DatumNotConvertible
from water.gauges import store
from water.gauges.station import Element, Point, Station, Threshold, reached
from water.moment import Moment
from water.works import offset, offset_store
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset, Shifted

RISE_OVER: Final = timedelta(hours=3)
"""How far back a rise is told from."""
RISE_LEAST_M_H: Final = 0.01
"""Stages are read to the centimetre: less is no rise."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A station with its newest usable stage, in the station's datum."""

    station: Station
    element: Element
    newest: Point
    earlier: Point | None
    """The first usable one within :data:`RISE_OVER` before it."""
    reached: tuple[Threshold, ...]
    """The thresholds in force that it reaches, the highest first."""

    @property
    def rise_m_h(self) -> float | None:
        """How fast it rises, m/h; None where there is nothing to compare."""
        if self.earlier is None or self.earlier.value is None or self.newest.value is None:
            return None
        hours = (self.newest.time - self.earlier.time) / timedelta(hours=1)
        return (self.newest.value - self.earlier.value) / hours if hours > 0 else None

    @property
    def notable(self) -> bool:
        """Whether it reaches a threshold or rises."""
        return bool(self.reached) or (self.rise_m_h or 0.0) >= RISE_LEAST_M_H


def stages(connection: Connection, moment: Moment, seen: Moment | None) -> list[Stage]:
    """Every station of which a stage is known, in the order of the register of a moment.

    ``seen``: by when it was measured and on record; None for the newest.
    """
    known = {
        one.id: (one, element)
        for one in store.stations(connection, moment)
        for element in [next((each for each in one.elements if each.height), None)]
        if one.thing is not None and element is not None
    }
    asked = [(one.thing or "", element.property) for one, element in known.values()]
    found = store.newest_stages(connection, asked, RISE_OVER, seen)
    marks = store.thresholds(connection, list(known), moment)
    own = {id: (one.datum, VerticalDatum.NONE) for id, (one, _) in known.items()}
    apart = any(mark.datum not in own[id] for id, held in marks.items() for mark in held)
    offsets = offset_store.offsets(connection, moment) if apart else []
    told = []
    for place, (one, element) in enumerate(known.values()):
        if place not in found:
            continue
        newest, earlier = found[place]
        told.append(Stage(one, element, newest, earlier, _reached(one, newest, marks[one.id], offsets)))
    return told


def shift(one: Station, threshold: Threshold, offsets: Sequence[DatumOffset]) -> Shifted | None:
    """What leads from a station's datum to that of a threshold; None where nothing on record does."""
    try:
        return offset.between(one.datum, threshold.datum, one.place, offsets)
    except DatumNotConvertible:
        return None


def reaches(
    one: Station, stage: Point, threshold: Threshold, shifted: Shifted | None, at: datetime
) -> bool | None:
    """Whether a stage reaches a threshold that is in force that day; None where nobody can say."""
    if threshold.quantity != "stage" or stage.value is None:
        return None
    if not threshold.in_force(at.astimezone(BEIJING).date()):
        return False
    return reached(stage.value, one.datum, threshold, shifted)


def _reached(
    one: Station, stage: Point, marks: Sequence[Threshold], offsets: Sequence[DatumOffset]
) -> tuple[Threshold, ...]:
    held = [each for each in marks if reaches(one, stage, each, shift(one, each, offsets), stage.time)]
    return tuple(sorted(held, key=lambda each: each.value, reverse=True))
