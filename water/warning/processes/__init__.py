"""The processes of warnings 预警处理: evaluate, record a rule, give probabilities, verify."""

from water.warning.processes.warning import WARNINGS

__all__ = ["WARNINGS"]
