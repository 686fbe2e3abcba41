"""What planning refuses 规划业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import InvalidInput, NotFound, Refused


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
