"""Discharges declared on edges 格边流量, for kernels that run an edge a thread."""

from __future__ import annotations

from typing import Any

import numpy as np

from water.hydraulics.device.porting import cuda
from water.hydraulics.edges import EdgeFlows


class DeviceEdges:
    """The edges of works across (along x) and along (along y), and what passes them in a step."""

    def __init__(self) -> None:
        self._known: EdgeFlows | None = None

    def at(self, flows: EdgeFlows) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
        """Row, column and discharge of the edges of either axis on the device."""
        if self._known is None or self._known[0] is not flows[0]:
            self._known = flows
            self._places = [self._placed(flows[0], flows[1]), self._placed(flows[3], flows[4])]
        across, along = self._places
        return (*across, cuda.to_device(flows[2])), (*along, cuda.to_device(flows[5]))

    @staticmethod
    def _placed(pointer: Any, columns: Any) -> tuple[Any, Any]:
        rows = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
        return cuda.to_device(rows), cuda.to_device(np.ascontiguousarray(columns))
