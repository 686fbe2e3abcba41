"""What was known and decided at an instant 当时所知: read on both axes of time, each part by its own store.

``at`` is when something held or happened, ``asof`` is what was on record by then. Nothing that happened
after ``at`` or was recorded after ``asof`` shows, so that an answer for an ``asof`` that is past never
changes, whatever is entered, corrected or decided later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from spatial.database import Connection
from water.forecast import store as forecasts
from water.forecast.forecast_document import NAMES
from water.forecast.store import ForecastRow
from water.gauges import store as gauges
from water.gauges.station import Element, Point, Station
from water.moment import Moment, before
from water.plans import store as plans
from water.plans.model import Activation, Version
from water.warning import store as warnings
from water.warning.store import Held, Wanted

SILENT: Final = timedelta(days=7)
"""A value that is older tells nothing of the instant any more."""
KINDS: Final = ("ZQ", "ZZ", "RR", "PP", "DD", "DP", "TT")
"""Classes of stations of water and rain; quality and evaporation tell nothing of a flood."""
FORECASTS_MOST: Final = 50
WARNINGS_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Known:
    """An instant, as it was known by another."""

    at: datetime
    asof: datetime
    station: str | None = None
    """One station alone."""

    @property
    def moment(self) -> Moment:
        """For the layers."""
        return Moment(self.at, self.asof)


@dataclass(frozen=True, slots=True)
class Measured:
    """A station and the newest value of each of its elements."""

    station: Station
    values: tuple[tuple[Element, Point], ...]


@dataclass(frozen=True, slots=True)
class Foretold:
    """An issued forecast that reached over the instant, with its record."""

    row: ForecastRow
    record: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The course as it stood, without its members."""
        names = ("step_h", "lead_h", "element", "unit", "observed_m3_s", "instants", "best_m3_s", "peak")
        quantiles = {each: self.record["quantiles_m3_s"][each] for each in NAMES}
        return {**{each: self.record[each] for each in names}, "quantiles_m3_s": quantiles}


def measured(connection: Connection, known: Known) -> list[Measured]:
    """The newest values at the stations that stood, as they were believed; what said nothing is empty."""
    wanted = None if known.station is None else [known.station]
    stations = [each for each in gauges.stations(connection, known.moment, wanted) if each.kind in KINDS]
    things = [each.thing for each in stations if each.thing is not None]
    newest = gauges.latest_then(connection, things, before(known.at, SILENT), known.at, known.asof)
    found = []
    for each in stations:
        held = newest.get(each.thing or "", {})
        values = tuple((one, held[one.property]) for one in each.elements if one.property in held)
        found.append(Measured(each, values))
    return found


def foretold(connection: Connection, known: Known) -> list[Foretold]:
    """Issued forecasts that reached over the instant, the newest basis first; one more than are told."""
    found = forecasts.covering(connection, known.at, known.asof, known.station, FORECASTS_MOST + 1)
    return [Foretold(row, orjson.loads(content)) for row, content in found]


def warned(connection: Connection, known: Known) -> tuple[list[Held], dict[str, Station]]:
    """Warnings that stood with their chains, the newest first and one more than are told; their stations."""
    wanted = Wanted(
        open=True, station=known.station, at=known.at, asof=known.asof, limit=WARNINGS_MOST + 1
    )  # fmt: skip
    found = list(warnings.page(connection, wanted))
    names = sorted({each.warning.station for each in found})
    return found, {each.id: each for each in gauges.stations(connection, known.moment, names)}


def responding(connection: Connection, known: Known) -> list[tuple[Activation, Version]]:
    """Response plans at work, with the versions that were put to work."""
    return [
        (each, plans.version(connection, each.plan, each.version))
        for each in plans.at_work(connection, known.at, known.asof)
    ]
