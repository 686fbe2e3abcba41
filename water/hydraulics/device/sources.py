"""Rain and infiltration 降雨与下渗 on the device."""

from __future__ import annotations

from water.hydraulics.device.plane import Plane
from water.hydraulics.device.porting import cuda
from water.hydraulics.sources import Sources


class DeviceSources:
    """The rain and the losses of a run, over its plane."""

    def __init__(self, sources: Sources, plane: Plane) -> None:
        self.sources, self.plane = sources, plane
        self._pattern = None if sources.pattern is None else cuda.to_device(sources.pattern)
        self._capacity = None if sources.capacity is None else cuda.to_device(sources.capacity)
        if plane.soaked is not None:
            self._conductivity = cuda.to_device(sources.conductivity)
            self._store = cuda.to_device(sources.store)

    def pour(self, t_s: float, dt_s: float) -> float:
        """The rain of a step; returns its volume, m³."""
        plane, depth = self.plane, self.sources.rain_m(t_s, dt_s)
        if depth <= 0 or self._pattern is None:
            return 0.0
        count = plane.grid.rows * plane.grid.columns
        plane.line(count, plane.kernels.pour, plane.h, plane.carry, self._pattern, plane.kind(depth))
        return self.sources.rained_m3(depth)

    def infiltrate(self, dt_s: float) -> float:
        """What soaks in during a step, m³."""
        plane, run = self.plane, self.plane.kernels
        if self._capacity is not None:
            lost = plane.sum(run.lose, plane.h, plane.carry, self._capacity, plane.kind(dt_s))
        elif plane.soaked is not None:
            lost = plane.sum(
                run.soak, plane.h, plane.carry, plane.soaked, self._conductivity, self._store, dt_s
            )
        else:
            return 0.0
        return lost * plane.grid.cell_m2
