"""What the rivers refuse 水利业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import InvalidInput, NotFound, Refused


class ClaimRefused(InvalidInput):
    """A claim without a source, without a datum where it is a height, or that means nothing 主张不成立."""

    code = "claim-refused"


class UnknownClaim(NotFound):
    """No claim of that number, or nothing is claimed there 无此主张."""

    code = "no-such-claim"


class DefectRefused(Refused):
    """A step that a defect cannot take, or a defect that is not there 缺陷办理不允许."""

    code = "defect-refused"
