"""What planning refuses 规划业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import Conflict, InvalidInput, NotFound, Refused


class UnknownLandUse(InvalidInput):
    """No class of that code in the edition of the classification 未知地类."""

    code = "unknown-land-use"


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
