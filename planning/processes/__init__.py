"""The processes of planning 规划处理: compliance checks."""

from planning.processes.checking import COMPLIANCE_CHECK

PLANNING = (COMPLIANCE_CHECK,)

__all__ = ["PLANNING"]
