"""The processes of planning 规划处理: checks, extracts, review, difference, life, publication, indicators."""

from planning.processes.advancing import ADVANCE_PLAN
from planning.processes.checking import COMPLIANCE_CHECK
from planning.processes.difference import PLAN_DIFFERENCE
from planning.processes.extracting import RESTRICTION_EXTRACT
from planning.processes.indicating import INDICATORS
from planning.processes.publishing import PUBLICATION_STEP, PUBLISH_PLAN
from planning.processes.reviewing import PLAN_REVIEW
from planning.processes.watching import WATCHING

PLANNING = (
    COMPLIANCE_CHECK,
    RESTRICTION_EXTRACT,
    PLAN_REVIEW,
    PLAN_DIFFERENCE,
    ADVANCE_PLAN,
    PUBLISH_PLAN,
    PUBLICATION_STEP,
    INDICATORS,
    *WATCHING,
)

__all__ = ["PLANNING"]
