"""The processes of the planning module 规划处理."""

from planning.processes.advancing import ADVANCE_PLAN
from planning.processes.difference import PLAN_DIFFERENCE

PLANNING = (PLAN_DIFFERENCE, ADVANCE_PLAN)

__all__ = ["PLANNING"]
