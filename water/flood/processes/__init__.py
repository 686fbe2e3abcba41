"""The processes of the rehearsal 预演处理: a scenario, its estimate and replay, a quick map, an ensemble,
releases routed down the river."""

from water.flood.processes.ensemble import FLOOD_ENSEMBLE
from water.flood.processes.estimating import FLOOD_ESTIMATE
from water.flood.processes.quick import FLOOD_QUICK
from water.flood.processes.replay import FLOOD_REPLAY
from water.flood.processes.routing import FLOOD_ROUTE
from water.flood.processes.scenario import FLOOD_SCENARIO

FLOOD = (FLOOD_SCENARIO, FLOOD_ESTIMATE, FLOOD_REPLAY, FLOOD_QUICK, FLOOD_ENSEMBLE, FLOOD_ROUTE)

__all__ = ["FLOOD"]
