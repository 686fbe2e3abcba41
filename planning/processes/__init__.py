"""The processes of planning 规划处理: compliance, difference of versions, the life of plans, indicators."""

from planning.processes.advancing import ADVANCE_PLAN
from planning.processes.checking import COMPLIANCE_CHECK
from planning.processes.difference import PLAN_DIFFERENCE
from planning.processes.indicating import INDICATORS

PLANNING = (COMPLIANCE_CHECK, PLAN_DIFFERENCE, ADVANCE_PLAN, INDICATORS)

__all__ = ["PLANNING"]
