"""The processes of response plans 预案处理: draft, advance, activate, confirm, end."""

from water.plans.processes.planning import PLAN_ADVANCE, PLAN_DRAFT
from water.plans.processes.responding import PLAN_ACTIVATE, PLAN_CONFIRM, PLAN_END

RESPONSE_PLANS = (PLAN_DRAFT, PLAN_ADVANCE, PLAN_ACTIVATE, PLAN_CONFIRM, PLAN_END)

__all__ = ["RESPONSE_PLANS"]
