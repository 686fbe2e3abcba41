"""Verification on floods 检验: a model beside GR4J, persistence and climatology, always on the same steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadVerification
from water.forecast import ensemble_score, grading
from water.forecast.floods import Flood
from water.forecast.limits import Limits, limits
from water.forecast.record import Floats, Record
from water.forecast.scheme import FloodScore, LeadScore, SchemeScore
from water.forecast.updating import ErrorModel, corrected, root_error

CLIMATE_DAYS: Final = 15
"""Days before and after a day of the year that its climatology rests on."""
NINETY: Final = 1.6448536269514722
"""Standard deviations that hold 90 % of a normal distribution."""


def flood_score(record: Record, simulated: Floats, flood: Flood, *, held_out: bool) -> FloodScore:
    """One flood judged on peak, its time and volume."""
    seen, made = record.discharge_m3_s[flood.steps], simulated[flood.steps]
    at = flood.start + int(np.argmax(made))
    depth_mm = 1.0 / record.m3_s_of_mm
    volumes = float(made.sum()) * depth_mm, float(seen.sum()) * depth_mm
    late_h = float((at - flood.peak) * record.step_h)
    return FloodScore(
        record.end_of(flood.start - 1),
        record.end_of(flood.end - 1),
        held_out,
        float(seen.max()),
        float(made.max()),
        record.end_of(flood.peak),
        record.end_of(at),
        volumes[1],
        volumes[0],
        grading.determination(made, seen),
        (
            grading.peak(float(made.max()), float(seen.max())),
            grading.peak_time(late_h, float(record.step_h)),
            grading.volume(*volumes),
        ),
    )


def scheme_score(floods: Sequence[FloodScore], of: Limits | None = None) -> SchemeScore:
    """Floods together. BadVerification where there is none."""
    if not floods:
        raise BadVerification("没有可评定的洪水:0", "no flood to grade: 0", value=0)
    table = of or limits()
    shares = {
        item: grading.qualified_share(one for each in floods for one in each.judged if one.item == item)
        for item in table.items
    }
    share = min(sum(shares.values(), Fraction()) / len(shares), shares[table.main_item])
    determination = float(np.mean([each.determination for each in floods]))
    by_share = grading.grade_by_share(share, table)
    by_determination = grading.grade_by_determination(determination, table)
    return SchemeScore(
        len(floods),
        shares,
        share,
        determination,
        by_share,
        by_determination,
        grading.worst((by_share, by_determination), table),
    )


def climatology(record: Record, used: NDArray[np.bool_]) -> Floats:
    """Mean discharge of the days around each day of the year 气候平均, from the steps that are used."""
    there = used & np.isfinite(record.discharge_m3_s)
    days = record.days_of_year
    sums = np.bincount(days[there], record.discharge_m3_s[there], minlength=366)
    counts = np.bincount(days[there], minlength=366).astype(float)
    around = np.arange(-CLIMATE_DAYS, CLIMATE_DAYS + 1)
    places = (np.arange(366)[:, None] + around) % 366
    count = counts[places].sum(axis=1)
    if not count.all():
        raise BadVerification(
            f"有的日期没有资料,气候平均无从谈起:{int((count == 0).sum())}",
            f"days of the year without any value, there is no climatology: {int((count == 0).sum())}",
            value=int((count == 0).sum()),
        )
    return np.asarray((sums[places].sum(axis=1) / count)[days])


def climatological(record: Record, used: NDArray[np.bool_]) -> Floats:
    """The distribution of discharge around each day of the year, by the middles of equal classes (366, n)."""
    there = used & np.isfinite(record.discharge_m3_s)
    days, flows = record.days_of_year[there], record.discharge_m3_s[there]
    found = np.full((366, ensemble_score.CLASSES), np.nan)
    for day in range(366):
        away = np.abs(days - day)
        near = flows[np.minimum(away, 366 - away) <= CLIMATE_DAYS]
        if len(near):
            found[day] = np.quantile(near, ensemble_score.MIDDLES, method="hazen")
    return found


def lead_score(
    record: Record,
    floods: Sequence[Flood],
    lead: int,
    simulated: Mapping[str, tuple[Floats, ErrorModel]],
    climate: Floats,
    spread: Floats,
) -> LeadScore | None:
    """Forecasts ``lead`` steps ahead for every step of these floods; None where there are none.

    ``simulated``: by method, its simulation over the record and the model of its errors. ``climate`` and
    ``spread``: mean and distribution of :func:`climatology` and :func:`climatological`.
    """
    places = np.concatenate([np.arange(each.start, each.end) for each in floods] or [np.empty(0, int)])
    places = places[places >= lead]
    seen, before = record.discharge_m3_s[places], record.discharge_m3_s[places - lead]
    there = np.isfinite(seen) & np.isfinite(before)
    places, seen, before = places[there], seen[there], before[there]
    if len(places) < 2 or not np.ptp(seen) > 0:
        return None
    made = {"persistence": before, "climatology": climate[places]}
    courses = {"persistence": before[None], "climatology": spread[record.days_of_year[places]].T}
    for name, (flow, errors) in simulated.items():
        last = root_error(before, flow[places - lead])
        made[name] = corrected(flow[places], last, errors, lead)
        off = ensemble_score.DEVIATES[:, None] * float(errors.spread_after(lead))
        courses[name] = corrected(flow[places], last, errors, lead, off)
    errors = simulated["model"][1]
    off = np.abs(np.sqrt(seen) - np.sqrt(made["model"]))
    inside = off <= NINETY * float(errors.spread_after(lead))
    judged = {
        name: grading.qualified_share(
            grading.channel(*each) for each in zip(flow.tolist(), seen.tolist(), before.tolist(), strict=True)
        )
        for name, flow in made.items()
    }
    return LeadScore(
        lead * record.step_h,
        len(places),
        {name: grading.determination(flow, seen) for name, flow in made.items()},
        judged,
        Fraction(int(inside.sum()), len(places)),
        {name: float(ensemble_score.crps(course, seen).mean()) for name, course in courses.items()},
    )


def worst_of(one: SchemeScore, other: SchemeScore, of: Limits | None = None) -> str:
    """The grade that both reach."""
    return grading.worst((one.grade, other.grade), of)
