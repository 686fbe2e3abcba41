"""The nouns of a grade sheet 精度评定表: floods, schemes, leads. Frozen data, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from water.forecast.grading import Judged


@dataclass(frozen=True, slots=True)
class FloodScore:
    """One flood, observed and simulated."""

    begin: datetime
    end: datetime
    held_out: bool
    """Whether the calibration never saw it 检验期."""
    peak_observed_m3_s: float
    peak_simulated_m3_s: float
    peak_observed_at: datetime
    peak_simulated_at: datetime
    volume_observed_mm: float
    volume_simulated_mm: float
    determination: float
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class SchemeScore:
    """What some floods together say of a model."""

    floods: int
    qualified: dict[str, Fraction]
    """QR of each item."""
    qualified_share: Fraction
    """Mean of the items, no better than the main one."""
    determination: float
    """Mean of the floods."""
    grade_by_share: str
    grade_by_determination: str
    grade: str
    """The worse of both."""


@dataclass(frozen=True, slots=True)
class LeadScore:
    """Forecasts so many hours ahead within held-out floods, with the rain that fell in truth."""

    lead_h: int
    forecasts: int
    determination: dict[str, float]
    """By method: ``model``, ``gr4j``, ``persistence``, ``climatology``."""
    channel_qualified: dict[str, Fraction]
    """By method: share within the rule of channel forecasts, 20 % of the change within the lead."""
    within_90: Fraction
    """Share of what was observed within the 90 % band of the model."""
    crps_m3_s: dict[str, float]
    """By method: mean CRPS of its distribution; of persistence, a single course, the absolute error."""
