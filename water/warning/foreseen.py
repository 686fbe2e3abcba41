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
from water.gauges.station import Station
from water.moment import Moment
from water.warning import input_store, rule_store
from water.warning.input_store import Probability
from water.warning.levels import Levels
from water.warning.rule import Kind
from water.warning.watched import watch

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
        if each.rule.enabled and each.rule.kind is Kind.EXCEEDANCE and each.rule.id not in known
    ]
    begins = max(now, parse_instant(told["basis_at"]))
    found = []
    for each in watch(connection, rules, Moment(now)):
        if told["station"] not in each.ids:
            continue
        place, rule = each.ids.index(told["station"]), each.recorded.rule
        station, threshold = each.stations[place], _threshold(each.levels[place])
        if threshold is None or (told["synthetic"] and not (rule.synthetic or station.synthetic)):
            continue
        if rule.quantity == STAGE:
            likely = _stage_exceedance(connection, told, station, threshold, now)
        else:
            likely = exceedance(told["instants"], told["members_m3_s"], threshold, now)
        if likely is None:
            continue
        given = Probability(
            *(rule.id, station.id, now, begins, until, likely, source), synthetic=bool(told["synthetic"])
        )
        found.append(Foreseen(given, rule.quantity, threshold))
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
    connection: Connection, told: Mapping[str, Any], station: Station, stage_m: float, now: datetime
) -> float | None:
    """The share of members that reach a stage at an instant that is still to come; None where the station's
    curves cannot tell.
    """
    coming = [each for each in map(parse_instant, told["instants"]) if each > now]
    members = np.asarray(told["members_m3_s"], np.float64)
    curves = stations.stage_curves(connection, station, coming)
    return rated_stage.reached(members[:, members.shape[1] - len(coming) :], coming, curves, stage_m).share


def _threshold(levels: Levels) -> float | None:
    """The level on file that the rule's probabilities are of; None where there is none."""
    return next((float(each["at"]) for each in levels.evidence.values()), None)
