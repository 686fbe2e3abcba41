"""What a check found 检查结果."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the rules want it."""

    code: str
    """``parity``, ``order``, ``gap``, ``duplicate``, ``skipped``, ``homophone`` …"""
    zh: str
    en: str
    subjects: tuple[str, ...] = ()
    """Keys of what it is about."""


CHECKS: Final = {
    "parity": "单双号",
    "order": "顺序",
    "gap": "缺号",
    "duplicate": "重号",
    "skipped": "不用之号",
    "far-from-road": "远离道路",
    "outside-parent": "位置出界",
    "homophone": "名称同音",
    "near-form": "名称形近",
    "no-position": "没有位置",
}
"""What is looked for, with its name."""
