"""The processes of planning 规划处理: compliance, difference of versions, the life of plans."""

from planning.processes.advancing import ADVANCE_PLAN
from planning.processes.checking import COMPLIANCE_CHECK
from planning.processes.difference import PLAN_DIFFERENCE

PLANNING = (COMPLIANCE_CHECK, PLAN_DIFFERENCE, ADVANCE_PLAN)

__all__ = ["PLANNING"]
