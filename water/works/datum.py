"""Vertical datums 高程基面: a typed part of every height, never missing and never guessed."""

from __future__ import annotations

from enum import StrEnum


class VerticalDatum(StrEnum):
    """What a height is counted from."""

    NONE = "none"
    """非高程: the value is no height."""
    CGVD1985 = "cgvd1985"
    """1985 国家高程基准."""
    YELLOW_SEA_1956 = "yellow-sea-1956"
    """1956 黄海高程系."""
    FEIHUANGHEKOU = "feihuanghekou"
    """废黄河口基面."""
    WUSONG = "wusong"
    """吴淞基面."""
    WUSONG_FROZEN = "wusong-frozen"
    """吴淞冻结基面."""
    DAGU = "dagu"
    """大沽基面."""
    ASSUMED = "assumed"
    """假定基面 of one station or work."""
    NOT_STATED = "not-stated"
    """来源未注明: the source does not say, and that is said."""
