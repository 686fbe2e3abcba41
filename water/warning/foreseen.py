"""Forecasts that are issued become inputs of warnings 预报入警: the probability that a threshold is exceeded.

The share of a forecast's members that reach the threshold of a rule within the rest of its lead: a discharge,
or a stage through the rating curve of each instant. Where the curve cannot tell, nothing is said. A forecast
that is not issued, or that is over, says nothing; one of generated data says nothing of a real station.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from spatial.database import Connection
from spatial.datum import format_instant, parse_instant
from water.gauges import rated_stage, stations
from water.moment import Moment
from water.warning import input_store, rule_store
from water.warning.input_store import Probability
from water.warning.rule import Kind
from water.warning.watched import Watched, watch

DISCHARGE: Final = "discharge"
STAGE: Final = "stage"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a forecast says to a rule."""

    given: Probability
    quantity: str
    threshold: float
    """m³/s, or m over the station's datum."""

    def to_json(self) -> dict[str, Any]:
        """As the process tells it."""
        unit = "m" if self.quantity == STAGE else "m3_s"
        return {
            "rule": self.given.rule,
            "station": self.given.station,
            f"threshold_{unit}": self.threshold,
            "probability": self.given.probability,
            "from": format_instant(self.given.from_at),
            "until": format_instant(self.given.until_at),
        }


def give(connection: Connection, id: str, told: Mapping[str, Any], now: datetime) -> list[Foreseen]:
    """Keep what a forecast, as its record tells it, says to the rules of exceedance that watch its station.

    Inside the caller's transaction; nothing where it was given before.
    """
    until = parse_instant(told["until"])
    if not told["issued"] or until <= now:
        return []
    source = f"forecast {id}"
    known = input_store.given_from(connection, source)
    rules = [
        each
        for each in rule_store.in_force(connection)
        if each.rule.enabled
        and each.rule.kind is Kind.EXCEEDANCE
        and each.rule.quantity in (DISCHARGE, STAGE)
        and each.rule.id not in known
    ]
    found = []
    for each in watch(connection, rules, Moment(now)):
        threshold = _threshold(each, told["station"])
        if threshold is None or (told["synthetic"] and not _generated(each, told["station"])):
            continue
        if each.recorded.rule.quantity == DISCHARGE:
            likely: float | None = exceedance(told["instants"], told["members_m3_s"], threshold, now)
        else:
            likely = _stage_exceedance(connection, told, each, threshold, now)
        if likely is None:
            continue
        begins = max(now, parse_instant(told["basis_at"]))
        given = Probability(
            *(each.recorded.rule.id, told["station"], now, begins, until, likely, source),
            synthetic=bool(told["synthetic"]),
        )
        found.append(Foreseen(given, each.recorded.rule.quantity, threshold))
    input_store.give(connection, [each.given for each in found], "预报 forecast")
    return found


def exceedance(
    instants: Sequence[str], members_m3_s: Sequence[Sequence[float]], threshold_m3_s: float, now: datetime
) -> float:
    """The share of members that reach a threshold at an instant that is still to come.

    >>> instants = ["2026-07-01T08:00:00+08:00", "2026-07-01T11:00:00+08:00"]
    >>> members = [[900.0, 100.0], [100.0, 900.0], [100.0, 800.0], [100.0, 100.0]]
    >>> exceedance(instants, members, 800.0, parse_instant("2026-07-01T09:00:00+08:00"))
    0.5
    """
    ahead = np.array([parse_instant(each) > now for each in instants])
    peaks = np.asarray(members_m3_s, np.float64)[:, ahead].max(axis=1)
    return float((peaks >= threshold_m3_s).mean())


def _stage_exceedance(
    connection: Connection, told: Mapping[str, Any], watched: Watched, stage_m: float, now: datetime
) -> float | None:
    """The share of members that reach a stage at an instant that is still to come; None where the station's
    curves cannot tell.
    """
    station = watched.stations[watched.ids.index(told["station"])]
    instants = [parse_instant(each) for each in told["instants"]]
    ahead = np.array([each > now for each in instants])
    curves = stations.stage_curves(connection, station, instants)
    return rated_stage.reached(
        np.asarray(told["members_m3_s"], np.float64)[:, ahead],
        [each for each, coming in zip(instants, ahead, strict=True) if coming],
        [each for each, coming in zip(curves, ahead, strict=True) if coming],
        stage_m,
    ).share


def _threshold(watched: Watched, station: str) -> float | None:
    """The level on file that the rule's probabilities are of; None where there is none."""
    if station not in watched.ids:
        return None
    levels = watched.levels[watched.ids.index(station)].evidence.values()
    return next((float(each["at"]) for each in levels), None)


def _generated(watched: Watched, station: str) -> bool:
    return watched.recorded.rule.synthetic or watched.stations[watched.ids.index(station)].synthetic
