"""The processes of the rehearsal 预演处理: a scenario, its replay, a quick map, an ensemble."""

from water.flood.processes.scenario import FLOOD_SCENARIO

FLOOD = (FLOOD_SCENARIO,)

__all__ = ["FLOOD"]
