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
    """A step that a defect cannot take, or one that is there already 缺陷办理不允许."""

    code = "defect-refused"


class UnknownDefect(NotFound):
    """No defect of that number on that day 无此缺陷."""

    code = "no-such-defect"


class PlaceRefused(InvalidInput):
    """A stretch of a river that ends before it begins 桩号范围有误."""

    code = "stretch-refused"


class PaperRefused(InvalidInput):
    """A file that is no document or photograph of a known kind 文档或照片不予登记."""

    code = "river-document-refused"


class UnknownPaper(NotFound):
    """No document of that digest is on the register 无此文档."""

    code = "no-such-river-document"


class BadRating(InvalidInput):
    """A rating curve that is none: segments that overlap, jump or fall 水位流量关系有误."""

    code = "bad-rating"


class OutsideRating(Refused):
    """A stage or discharge that the rating curve does not cover; it is not extended 超出率定范围."""

    code = "outside-rating"


class BadStation(InvalidInput):
    """A station, threshold or table that cannot be meant 测站资料有误."""

    code = "bad-station"


class UnknownStation(NotFound):
    """No station of that code 无此测站."""

    code = "no-such-station"
