"""A forecast's stages 预报水位: its discharges through the rating curve of its station. Pure.

Grade, lead and held-out scores are those of the discharge; the curve adds its own uncertainty, which is
told. It is steady flow: before a peak the water stands lower than that, after it higher.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from spatial.datum import parse_instant
from water.gauges import rated_stage
from water.gauges.rated_stage import Curves, Reached
from water.gauges.rating import Rating
from water.gauges.station import Threshold
from water.works.offset import Shifted

Told = dict[str, Any]
DECIMALS: Final = 3
STAGE: Final = "stage"
STEADY: Final = (
    "按稳定流由水位流量关系推得,涨水时偏高、退水时偏低;关系以外不外延"
    " of steady flow by the rating curve: too high while the water rises, too low while it falls;"
    " the curve is not extended"
)
_NO_CURVE: Final = (
    "预见期内没有可由流量推水位的水位流量关系,请登记(rating-record);落差法的关系不能单由流量推水位"
    " no curve on record tells stages from discharge within the lead; enter one (rating-record)."
    " A stage-fall rating tells none from discharge alone"
)
_OUTSIDE: Final = (
    "有成员超出水位流量关系的范围,其水位不作外延"
    " members leave the range of the curve, and their stages are not told"
)


def told(record: Told, curves: Curves, marks: Sequence[tuple[Threshold, Shifted | None]]) -> Told:
    """The stages of a forecast, as its record tells it, over the datum of the curves of its instants.

    ``marks``: thresholds of stage, each with what leads from the datum of the curves to its own; None where
    nothing does.
    """
    instants = [parse_instant(each) for each in record["instants"]]
    members = np.asarray(record["members_m3_s"], np.float64)
    held = list(dict.fromkeys(each for each in curves if each is not None))
    outside = _outside(members, curves)

    return {
        "element": STAGE,
        "unit": "m",
        "vertical_datum": held[0].datum.value if held else None,
        "instants": record["instants"],
        "best_m": _course(record["best_m3_s"], instants, curves),
        "quantiles_m": {
            name: _course(values, instants, curves) for name, values in record["quantiles_m3_s"].items()
        },
        "peak": _peak(record, instants, curves),
        "ratings": [_curve(each) for each in held],
        "members": len(members),
        "members_outside": outside,
        "thresholds": [_mark(each, shifted, members, instants, curves) for each, shifted in marks],
        "notes": [STEADY, *([_NO_CURVE] if None in curves else []), *([_OUTSIDE] if outside else [])],
    }


def _outside(members: rated_stage.Floats, curves: Curves) -> int:
    """How many members leave the curves at an instant that has one."""
    left = np.zeros(len(members), np.bool_)
    for column, curve in zip(members.T, curves, strict=True):
        if curve is not None:
            least, most = curve.range_m3_s
            left |= (column < least) | (column > most)
    return int(left.sum())


def _peak(record: Told, instants: Sequence[datetime], curves: Curves) -> Told:
    """The peak's stages on the curve of the instant of its median, and the curve's own uncertainty there."""
    peak = record["peak"]
    at = record["instants"].index(peak["median_at"])

    def stage(discharge_m3_s: float) -> float | None:
        return _course([discharge_m3_s], [instants[at]], [curves[at]])[0]

    own = 0.0 if (curve := curves[at]) is None else curve.uncertainty
    less, more = (stage(peak["median_m3_s"] * (1 + sign * own)) for sign in (-1, 1))
    return {
        **{f"{name}_m": stage(peak[f"{name}_m3_s"]) for name in ("median", "p05", "p95")},
        "median_at": peak["median_at"],
        "curve_uncertainty_m": None if less is None or more is None else round((more - less) / 2, DECIMALS),
    }


def _course(
    discharges_m3_s: Sequence[float], instants: Sequence[datetime], curves: Curves
) -> list[float | None]:
    found = rated_stage.stages_m(discharges_m3_s, instants, curves)
    return [None if each is None else round(each, DECIMALS) for each in found]


def _curve(curve: Rating) -> Told:
    least, most = curve.range_m3_s
    return {
        "version": curve.version,
        "document": curve.document,
        "uncertainty": curve.uncertainty,
        "range_m": list(curve.range_m),
        "range_m3_s": [round(least, DECIMALS), round(most, DECIMALS)],
    }


def _mark(
    mark: Threshold,
    shifted: Shifted | None,
    members: rated_stage.Floats,
    instants: Sequence[datetime],
    curves: Curves,
) -> Told:
    """How likely a threshold is reached; without an offset between the datums nobody knows."""
    found, here_m = Reached(0.0, 1.0), None
    if shifted is not None:
        here_m = mark.value - shifted.offset_m
        found = rated_stage.reached(members, instants, curves, here_m)
    return {
        "kind": mark.kind.value,
        "value_m": mark.value,
        "vertical_datum": mark.datum.value,
        "value_at_station_m": None if here_m is None else round(here_m, DECIMALS + 1),
        "offsets": [] if shifted is None else list(shifted.via),
        "document": mark.document,
        "standing": mark.standing,
        "probability": None if found.share is None else round(found.share, 6),
        "at_least": round(found.surely, 6),
        "at_most": round(found.perhaps, 6),
    }
