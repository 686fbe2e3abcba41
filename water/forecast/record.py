"""A record 水文资料 to calibrate on and to forecast from: even steps of rain, evaporation, discharge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.datum.clock import BEIJING
from water.errors import BadCalibration

Floats = NDArray[np.float64]
STEPS_H: Final = (1, 2, 3, 6, 12, 24)
"""Lengths of a step 计算时段 that divide a day."""


@dataclass(frozen=True, slots=True)
class Record:
    """Equal steps from an instant on; a value holds for the whole of its step."""

    begin: datetime
    """When the first step begins."""
    step_h: int
    area_km2: float
    """Catchment area 集水面积 above the station."""
    rain_mm: Floats
    """Mean over the catchment 面平均雨量, in each step."""
    evaporation_mm: Floats
    """Pan or potential evaporation, in each step."""
    discharge_m3_s: Floats
    """Mean of each step; nan where nothing was observed."""

    def __post_init__(self) -> None:
        lengths = {len(each) for each in (self.rain_mm, self.evaporation_mm, self.discharge_m3_s)}
        if len(lengths) != 1 or self.step_h not in STEPS_H or not self.area_km2 > 0:
            raise BadCalibration(
                f"资料须等长,时段为 {STEPS_H} 小时之一,面积为正:{self.step_h} h,{self.area_km2} km²",
                f"a record has series of one length, a step of {STEPS_H} hours, an area over 0:"
                f" {self.step_h} h, {self.area_km2} km²",
                value=self.step_h,
            )

    def __len__(self) -> int:
        return len(self.rain_mm)

    @property
    def step(self) -> timedelta:
        """Length of a step."""
        return timedelta(hours=self.step_h)

    @property
    def m3_s_of_mm(self) -> float:
        """Discharge that a millimetre of runoff a step makes.

        >>> from spatial.datum.clock import BEIJING
        >>> nothing = np.zeros(1)
        >>> Record(datetime(2026, 1, 1, tzinfo=BEIJING), 1, 3.6, nothing, nothing, nothing).m3_s_of_mm
        1.0
        """
        return self.area_km2 * 1e3 / (self.step_h * 3600.0)

    def end_of(self, step: int) -> datetime:
        """When a step ends: the instant that its values are told under."""
        return self.begin + self.step * (step + 1)

    @property
    def years(self) -> NDArray[np.int64]:
        """Calendar year of each step, by the clock of Beijing."""
        return self._beijing().astype("datetime64[Y]").astype(np.int64) + 1970

    @property
    def days_of_year(self) -> NDArray[np.int64]:
        """0 for New Year's day; 29 February counts with 1 March's neighbours, as day 59."""
        days = self._beijing().astype("datetime64[D]")
        return np.asarray((days - days.astype("datetime64[Y]")).astype(np.int64))

    def _beijing(self) -> NDArray[np.datetime64]:
        begin = np.datetime64(self.begin.astimezone(BEIJING).replace(tzinfo=None), "s")
        return np.asarray(begin + np.arange(len(self)) * np.timedelta64(self.step_h * 3600, "s"))
