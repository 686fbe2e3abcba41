"""What planning refuses 规划业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import Conflict, InvalidInput, NotFound, Refused


class UnknownLandUse(InvalidInput):
    """No class of that code in the edition of the classification 未知地类."""

    code = "unknown-land-use"


class BadProfile(InvalidInput):
    """A schema profile that its layer cannot take, or that is none 图层结构档案有误."""

    code = "bad-profile"


class BadRule(InvalidInput):
    """A rule that says nothing, says it twice, or names what is not there 规则有误."""

    code = "bad-rule"


class UnknownRule(NotFound):
    """No rule of that id and version 没有这条规则."""

    code = "unknown-rule"


class BadProject(InvalidInput):
    """A project that cannot be judged as it was handed in 项目资料有误."""

    code = "bad-project"


class OutsideCity(Refused):
    """A project that lies nowhere in the city 项目在市域之外."""

    code = "outside-city"


class UnknownExtract(NotFound):
    """No extract of that verification code 没有这份查询证明."""

    code = "unknown-extract"


class ExtractMoved(Conflict):
    """An extract that cannot be made again as it was kept 查询证明已不能按原样重出."""

    code = "extract-moved"


class UnknownCheck(NotFound):
    """No compliance check of that id 没有这次审查."""

    code = "unknown-compliance-check"


class BadEdition(InvalidInput):
    """Columns that are no state of a layer: codes missing or repeated, or fields that differ."""

    code = "bad-edition"


class NotTheBase(Conflict):
    """A difference is applied to a state it was not taken from 基准不符."""

    code = "not-the-base"


class BadAmendment(InvalidInput):
    """What is said of an amendment does not fit the fields of the maintenance package 维护说明不合字段."""

    code = "bad-amendment"


class NotMaintained(Refused):
    """The layer is none of those of the yearly maintenance 不在动态维护图层之列."""

    code = "not-maintained"


class PackageUnproved(Refused):
    """A maintenance package whose change records do not explain its difference 维护包未通过自检."""

    code = "package-unproved"


class UnknownPlan(NotFound):
    """No plan, or no version of a plan, of that identity on that day 无此规划或版本."""

    code = "no-such-plan"


class PlanExists(Conflict):
    """A plan, a version or an amendment of that identity is there already 已存在."""

    code = "plan-exists"


class PlanOvertaken(Conflict):
    """Something is laid down for a later day already 其后已有办理."""

    code = "plan-overtaken"


class PlanRefused(Refused):
    """A step that the life of plans does not allow 规划状态变更不允许."""

    code = "plan-move-refused"


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


class NothingToReview(NotFound):
    """No layer is there that could be reviewed 没有可质检的图层."""

    code = "nothing-to-review"


class UnknownPublication(NotFound):
    """No publication of that number, or not yet 无此公示."""

    code = "unknown-publication"


class PublicationRefused(Refused):
    """A publication, or a step of one, that its rules do not allow 公示不合规则."""

    code = "publication-refused"


class CommentsClosed(Refused):
    """Comments are taken within the period alone, and no more than so many 不在意见征询期内."""

    code = "comments-closed"


class BadComment(InvalidInput):
    """A comment, a moderation or an answer that cannot be taken as it is 意见填写有误."""

    code = "bad-comment"


class UnknownComment(NotFound):
    """No comment of that number or code 无此意见."""

    code = "unknown-comment"


class CommentMoved(Conflict):
    """Somebody else dealt with the comment meanwhile 意见已被他人办理."""

    code = "comment-moved"
