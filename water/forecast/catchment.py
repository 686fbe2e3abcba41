"""The models of a catchment 产汇流模型 behind one face: sets of parameters to discharge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from spatial.catalogue.contract import Title
from water.errors import BadCalibration
from water.forecast.record import Floats, Record
from water.forecast.sce import Bound
from water.hydrology import gr4j, xinanjiang
from water.hydrology.parameters import Parameter

HOURS_A_DAY: Final = 24
_LOGARITHMIC: Final = frozenset({"X1", "X3"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model."""

    id: str
    edition: str
    """Raised where its equations change: what was calibrated before is not run by other equations."""
    title: Title
    parameters: tuple[Parameter, ...]
    discharge_m3_s: Callable[[Floats, Record, Floats | None], Floats]
    """Of sets (n, P) over a record, with rain of the members (n, T) where that differs."""

    def bounds(self, narrowed: Mapping[str, Sequence[float]] | None = None) -> tuple[Bound, ...]:
        """Between what each parameter is sought; narrower where that is asked for. BadCalibration."""
        asked = dict(narrowed or {})
        found = []
        for each in self.parameters:
            low, high = asked.pop(each.name, (each.low, each.high))
            if not each.low <= low < high <= each.high:
                raise BadCalibration(
                    f"参数 {each.name} 的范围须在 {each.low:g} 与 {each.high:g} 之内:{low} – {high}",
                    f"bounds of {each.name} lie within {each.low:g} and {each.high:g}: {low} – {high}",
                    value=each.name,
                )
            found.append(Bound(each.name, low, high, each.unit or "1", each.name in _LOGARITHMIC))
        if asked:
            names = ", ".join(each.name for each in self.parameters)
            raise BadCalibration(
                f"模型没有这个参数(有 {names}):{next(iter(asked))}",
                f"the model has no such parameter (it has {names}): {next(iter(asked))}",
                value=next(iter(asked)),
            )
        return tuple(found)


def _xinanjiang(infiltration_excess: bool) -> Callable[[Floats, Record, Floats | None], Floats]:
    def discharge_m3_s(sets: Floats, record: Record, rain_mm: Floats | None = None) -> Floats:
        options = xinanjiang.Options(float(record.step_h), infiltration_excess)
        rain = record.rain_mm if rain_mm is None else rain_mm
        done = xinanjiang.run(sets, rain, record.evaporation_mm, options=options)
        return done.flow_mm * record.m3_s_of_mm

    return discharge_m3_s


def _gr4j(sets: Floats, record: Record, rain_mm: Floats | None = None) -> Floats:
    """GR4J is a model of days: for each step of a shorter record, the mean of the 24 hours that end with it.

    It is run once for each step of a day, each time on days that end with that step.
    """
    rain = np.atleast_2d(record.rain_mm if rain_mm is None else rain_mm)
    a_day = HOURS_A_DAY // record.step_h
    found = np.empty((max(len(sets), len(rain)), len(record)))
    for last in range(a_day):
        ends = np.arange(last, len(record), a_day)
        days = gr4j.run(sets, _by_day(rain, last, a_day), _by_day(record.evaporation_mm[None], last, a_day))
        found[:, ends] = days.flow_mm[:, : len(ends)] / a_day * record.m3_s_of_mm
    return found


def _by_day(depth_mm: Floats, last: int, a_day: int) -> Floats:
    """Sums of the days of which step ``last`` is the end of the first; steps before the record are dry."""
    before = a_day - 1 - last
    after = -(before + depth_mm.shape[1]) % a_day
    padded = np.pad(depth_mm, ((0, 0), (before, after)))
    return np.asarray(padded.reshape(len(depth_mm), -1, a_day).sum(axis=2))


KINDS: Final[Mapping[str, Kind]] = {
    each.id: each
    for each in (
        Kind(
            "xinanjiang",
            "1",
            Title("新安江三水源模型", "Xin'anjiang, three sources"),
            xinanjiang.PARAMETERS,
            _xinanjiang(False),
        ),
        Kind(
            "xinanjiang-infiltration",
            "1",
            Title("新安江模型(超渗产流)", "Xin'anjiang with infiltration excess"),
            xinanjiang.PARAMETERS + xinanjiang.INFILTRATION,
            _xinanjiang(True),
        ),
        Kind("gr4j", "1", Title("GR4J(基准)", "GR4J, the baseline"), gr4j.PARAMETERS, _gr4j),
    )
}
BASELINE: Final = "gr4j"
