"""What is wrong with a contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a contract: where, what, and what to do."""

    where: str
    """Path of the key: ``fields[2].unit``."""
    zh: str
    en: str
    value: object = None
