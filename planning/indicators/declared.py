"""The declared table 指标表 held against what the layers give 申报值与重算值: pure judgements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from planning.indicators.evaluate import Value


class Verdict(StrEnum):
    """What comes of comparing a declared value."""

    AGREES = "一致"
    DIFFERS = "不一致"
    UNDECIDED = "无法判定"
    """There is no recomputed value, or the unit is another one."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A value as a table declares it."""

    code: str
    value: Decimal
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A declared value beside the recomputed one."""

    declared: Declared
    recomputed: Decimal | None
    difference: Decimal | None
    """Recomputed less declared, in the unit of the indicator."""
    share: Decimal | None
    """The difference as a share of what was declared; ``None`` of zero."""
    verdict: Verdict
    reason_zh: str
    reason_en: str

    def to_json(self) -> dict[str, object]:
        """As the process answers."""
        return {
            "code": self.declared.code,
            "declared": str(self.declared.value),
            "recomputed": None if self.recomputed is None else str(self.recomputed),
            "difference": None if self.difference is None else str(self.difference),
            "share": None if self.share is None else str(self.share),
            "verdict": self.verdict.value,
            "reason_zh": self.reason_zh,
            "reason_en": self.reason_en,
        }


def compare(values: Sequence[Value], table: Sequence[Declared]) -> Iterator[Compared]:
    """Each declared value: it agrees where the recomputed one, rounded as the indicator is, is the same."""
    by_code = {value.definition.code: value for value in values}
    for declared in table:
        yield _compared(declared, by_code.get(declared.code))


def _compared(declared: Declared, value: Value | None) -> Compared:
    if value is None:
        return _undecided(declared, "没有计算此指标", "the indicator was not computed")
    if declared.unit is not None and declared.unit != value.definition.unit:
        unit = value.definition.unit
        return _undecided(
            declared, f"计量单位为 {unit},申报为 {declared.unit}", f"units differ: {unit}, {declared.unit}"
        )
    if value.value is None or value.rounded is None:
        assert value.lacking is not None
        return _undecided(declared, value.lacking.zh, value.lacking.en)
    difference = value.value - declared.value
    share = None if declared.value == 0 else (difference / declared.value).quantize(Decimal("0.000001"))
    agrees = value.rounded == value.definition.rounded(declared.value)
    shown = f"{value.rounded} / {declared.value} {value.definition.unit}"
    return Compared(
        declared,
        value.rounded,
        difference.quantize(Decimal("0.000001")),
        share,
        Verdict.AGREES if agrees else Verdict.DIFFERS,
        f"重算/申报 {shown}",
        f"recomputed / declared {shown}",
    )


def _undecided(declared: Declared, zh: str, en: str) -> Compared:
    return Compared(declared, None, None, None, Verdict.UNDECIDED, zh, en)
