"""Errors of the planning module, each one of the kinds of :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import Conflict, InvalidInput, NotFound, Refused


class BadFormula(InvalidInput):
    """A formula of an indicator that cannot be read 指标公式有误."""

    code = "bad-formula"


class BadDefinition(InvalidInput):
    """A definition of an indicator, limit or model that contradicts itself 定义有误."""

    code = "bad-definition"


class UnknownIndicator(NotFound):
    """No indicator of that code 无此指标."""

    code = "unknown-indicator"


class UnknownRegion(NotFound):
    """No town, village or city of that code at that instant 无此区域."""

    code = "unknown-region"


class UnknownModel(NotFound):
    """No model of that name in the model register 无此模型."""

    code = "unknown-model"


class BadParameter(InvalidInput):
    """A parameter of a model that is unknown, or out of its range 模型参数有误."""

    code = "bad-parameter"


class ModelWithoutData(Refused):
    """A layer that a model takes holds nothing yet 模型缺少输入."""

    code = "model-without-data"


class UnbalancedPosting(InvalidInput):
    """A posting whose entries do not sum to zero 借贷不平."""

    code = "unbalanced-posting"


class UnknownAccount(NotFound):
    """No account of that name in the quota ledger 无此账户."""

    code = "unknown-account"


class QuotaExceeded(Refused):
    """More is booked from an account than it holds 指标余额不足."""

    code = "quota-overdrawn"


class UnknownAlert(NotFound):
    """No alert of that number 无此预警."""

    code = "unknown-alert"


class AlertStep(Conflict):
    """The step does not follow the state an alert is in 预警状态不符."""

    code = "alert-step"
