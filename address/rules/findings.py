"""What a check found 检查结果."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the rules want it."""

    code: str
    """``parity``, ``order``, ``gap``, ``duplicate``, ``skipped``, ``homophone`` …"""
    zh: str
    en: str
    subjects: tuple[str, ...] = ()
    """Keys of what it is about."""
