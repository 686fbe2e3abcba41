"""The processes of the rivers 河网处理: navigate, locate, sum, rebase, redraw; volumes between flights."""

from water.processes.navigating import RIVER_NAVIGATE
from water.processes.placing import RIVER_LOCATE, RIVER_REBASE
from water.processes.redrawing import RIVER_REDRAW
from water.processes.summing import RIVER_SUM
from water.processes.volumes import RIVER_VOLUME

RIVERS = (RIVER_NAVIGATE, RIVER_LOCATE, RIVER_REBASE, RIVER_REDRAW, RIVER_SUM, RIVER_VOLUME)

__all__ = ["RIVERS"]
