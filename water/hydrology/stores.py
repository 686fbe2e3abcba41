"""What the models keep from one step to the next 状态量: names and sizes, told without a compiler."""

from __future__ import annotations

from typing import Final

LAGGED: Final = 11
"""Steps of inflow to the channels that Xin'anjiang keeps for the lag."""
STATES: Final = ("WU", "WL", "WD", "S", "FR", "QI", "QG", "Q", *(f"QT{ago}" for ago in range(LAGGED)))
"""States of Xin'anjiang."""
SHORT: Final = 10
LONG: Final = 20
"""Longest unit hydrographs of GR4J, at the upper bound of X4."""
