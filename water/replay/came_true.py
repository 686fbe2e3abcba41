"""What came true 结果对照: each forecast against what was measured afterwards, each warning by the ledger.

A forecast is held to GB/T 22482 as its model was graded: mean discharge of each of its steps, peak and its
time within what the standard allows. Where the water was not wholly measured, or rose or fell all through
the forecast, there is no peak to judge it by, and that is said instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from spatial.catalogue.contract import Title
from spatial.database import Connection
from spatial.datum import format_instant, parse_instant
from spatial.observe.away import PeriodAway
from water.errors import BadStation, UnknownStation
from water.forecast import ensemble_score, gathering, grading
from water.forecast.ensemble_score import EnsembleScore
from water.forecast.gridding import Grid
from water.forecast.limits import limits
from water.forecast.record import Floats
from water.replay.known import Foretold, Known
from water.warning import ledger_store
from water.warning.ledger_store import Kept
from water.warning.scoring import Scored, Span

UNREAD: Final = Title("测站或其流量数据流已不在", "the station or its series of discharge is not there")
UNSEEN: Final = Title("预见期内没有实测流量", "no discharge was measured within the lead")
PARTLY: Final = Title("预见期内实测不全,不评定", "not wholly measured within the lead, not judged")
NO_PEAK: Final = Title(
    "预见期内实测没有洪峰(一直涨或一直落),不评定",
    "what was measured has no peak within the lead: it rose or fell all through; not judged",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured over the steps of a forecast, and how far off it was."""

    forecast: str
    observed_m3_s: tuple[float | None, ...]
    """Mean of each step; None where nothing usable was measured."""
    peak_m3_s: float | None
    peak_at: datetime | None
    judged: tuple[grading.Judged, ...]
    within_90_share: float | None
    """Share of the measured steps that lay within the band of the forecast."""
    members: EnsembleScore | None
    """Of the members over the measured steps, m³/s."""
    why: Title | None
    """Why it is not judged."""

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        return {
            "forecast": self.forecast,
            "observed_m3_s": list(self.observed_m3_s),
            "peak_m3_s": self.peak_m3_s,
            "peak_at": None if self.peak_at is None else format_instant(self.peak_at),
            "judged": {
                each.item: {"error": each.error, "allowed": each.allowed, "qualified": each.qualified}
                for each in self.judged
            },
            "within_90_share": self.within_90_share,
            "ensemble": None
            if self.members is None
            else {f"{name}_m3_s": each for name, each in asdict(self.members).items()},
            "why": None if self.why is None else {"zh": self.why.zh, "en": self.why.en},
        }


def outcome(connection: Connection, one: Foretold, asof: datetime) -> Outcome:
    """A forecast against what is believed at ``asof`` to have been measured."""
    told = one.record
    step = timedelta(hours=int(told["step_h"]))
    grid = Grid(parse_instant(told["basis_at"]), step, len(told["instants"]))
    try:
        seen = gathering.discharge_of(connection, told["station"], told["element"], grid, asof)
    except (BadStation, UnknownStation):
        return _unjudged(one, np.full(grid.steps, np.nan), UNREAD)
    except PeriodAway as away:
        return _unjudged(one, np.full(grid.steps, np.nan), Title(away.zh, away.en))
    return judged(one, seen)


def judged(one: Foretold, seen_m3_s: Floats) -> Outcome:
    """A forecast against the mean discharge of each of its steps. Pure."""
    told = one.record
    there = np.isfinite(seen_m3_s)
    if not there.any():
        return _unjudged(one, seen_m3_s, UNSEEN)
    if not there.all():
        return _unjudged(one, seen_m3_s, PARTLY)
    at = int(np.argmax(seen_m3_s))
    if at == len(seen_m3_s) - 1 or (at == 0 and seen_m3_s[0] <= float(told["observed_m3_s"])):
        return _unjudged(one, seen_m3_s, NO_PEAK)
    if not seen_m3_s[at] > 0:
        return _unjudged(one, seen_m3_s, NO_PEAK)
    peak_at, basis = parse_instant(told["instants"][at]), parse_instant(told["basis_at"])
    late = parse_instant(told["peak"]["median_at"]) - peak_at
    hour = timedelta(hours=1)
    items = (
        grading.peak(float(told["peak"]["median_m3_s"]), float(seen_m3_s[at])),
        grading.peak_time(late / hour, float(told["step_h"]), (peak_at - basis) / hour),
    )
    return Outcome(
        one.row.id, _listed(seen_m3_s), float(seen_m3_s[at]), peak_at, items, _within(told, seen_m3_s),
        _members(told, seen_m3_s), None,
    )  # fmt: skip


def basis() -> dict[str, Any]:
    """What forecasts are held to, and which of its limits nobody has compared with the standard's text."""
    return {"standard": limits().standard, "unverified_limits": list(limits().unverified)}


@dataclass(frozen=True, slots=True)
class Fate:
    """An event or a warning of the ledger that touches the instant."""

    verification: Kept
    station: str
    scored: Scored

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        done = self.verification.verified
        told = ledger_store.entry(self.station, self.scored)
        return {
            "verification": self.verification.id,
            "rule": done.rule,
            "colour": done.colour.id,
            "asof": format_instant(done.asof),
            **told,
        }


def fates(connection: Connection, known: Known, asof: datetime) -> list[Fate]:
    """What the ledger tells of the instant: warnings that stood then, and events that were under way."""
    at_s = known.at.timestamp()
    return [
        Fate(kept, station, each)
        for kept in ledger_store.touching(connection, known.at, known.at, asof)
        for station, each in kept.verified.entries
        if known.station in (None, station) and _touches(each, at_s)
    ]


def _touches(each: Scored, at_s: float) -> bool:
    """Whether the event or the warning, or the time from the one to the other, holds the instant."""
    spans: list[Span] = [one for one in (each.event, each.warned) if one is not None]
    return min(one.start_s for one in spans) <= at_s <= max(one.end_s for one in spans)


def _unjudged(one: Foretold, seen_m3_s: Floats, why: Title) -> Outcome:
    there = np.isfinite(seen_m3_s)
    at = int(np.nanargmax(seen_m3_s)) if there.any() else None
    return Outcome(
        one.row.id,
        _listed(seen_m3_s),
        None if at is None else float(seen_m3_s[at]),
        None if at is None else parse_instant(one.record["instants"][at]),
        (),
        _within(one.record, seen_m3_s),
        _members(one.record, seen_m3_s),
        why,
    )


def _within(told: Mapping[str, Any], seen_m3_s: Floats) -> float | None:
    there = np.isfinite(seen_m3_s)
    if not there.any():
        return None
    low, high = (np.array(told["quantiles_m3_s"][each], dtype=float)[there] for each in ("p05", "p95"))
    seen = seen_m3_s[there]
    return float(((low <= seen) & (seen <= high)).mean())


def _members(told: Mapping[str, Any], seen_m3_s: Floats) -> EnsembleScore | None:
    members = np.array(told["members_m3_s"], dtype=float)
    return ensemble_score.score(members, seen_m3_s, float(told["observed_m3_s"]))


def _listed(seen_m3_s: Floats) -> tuple[float | None, ...]:
    return tuple(round(each, 3) if np.isfinite(each) else None for each in seen_m3_s.tolist())
