"""The processes of the river network 河网处理: navigate, locate, sum, rebase, redraw."""

from water.processes.navigating import RIVER_NAVIGATE
from water.processes.placing import RIVER_LOCATE, RIVER_REBASE
from water.processes.redrawing import RIVER_REDRAW
from water.processes.summing import RIVER_SUM

RIVERS = (RIVER_NAVIGATE, RIVER_LOCATE, RIVER_REBASE, RIVER_REDRAW, RIVER_SUM)

__all__ = ["RIVERS"]
