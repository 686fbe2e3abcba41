"""Chainage as people write it 桩号: ``K12+345.6`` is 12,345.6 m along a river."""

from __future__ import annotations

import math
import re
from typing import Final

from spatial.errors import shorten
from water.errors import BadChainage

_WRITTEN: Final = re.compile(r"\s*[Kk]?\s*(-?)(\d{1,6})\s*[++]\s*(\d{3})(\.\d{1,6})?\s*")
DECIMALS: Final = 3
"""Millimetres: what is written can be read back within one."""


def parse(text: str) -> float:
    """Metres of a chainage; ``BadChainage`` where it is none.

    >>> parse("K12+345.6"), parse("12+345.6"), parse("K-0+012.5")
    (12345.6, 12345.6, -12.5)
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        shown = shorten(text, 40)
        raise BadChainage(
            f"桩号须写作 K12+345.6(公里加三位整数米,可带小数):{shown}",
            f"a chainage is written K12+345.6, kilometres and three digits of metres: {shown}",
            value=shown,
        )
    sign, kilometres, metres, fraction = found.groups()
    return float(f"{sign}{int(kilometres) * 1000 + int(metres)}{fraction or ''}")


def written(chainage_m: float, decimals: int = DECIMALS) -> str:
    """The text of a chainage, with one decimal at least.

    >>> written(12345.6), written(999.9996), written(-12.5), written(80.0417, 1)
    ('K12+345.6', 'K1+000.0', 'K-0+012.5', 'K0+080.0')
    """
    if not math.isfinite(chainage_m):
        raise BadChainage(
            f"桩号须为有限的数:{chainage_m}", f"a chainage is a finite number: {chainage_m}", value=chainage_m
        )
    places = 10**decimals
    units = round(abs(chainage_m) * places)
    kilometres, rest = divmod(units, 1000 * places)
    metres, fraction = divmod(rest, places)
    digits = f"{fraction:0{decimals}d}".rstrip("0") or "0"
    return f"K{'-' if chainage_m < 0 and units else ''}{kilometres}+{metres:03d}.{digits}"
