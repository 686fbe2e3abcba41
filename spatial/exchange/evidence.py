"""What speaks for a reading of a file 判读依据: typed, in two languages, with numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation and what it says."""

    kind: str
    """``declared``, ``option``, ``easting``, ``axes``, ``extent``, ``outline``, ``believed``,
    ``control-points``, ``bytes``, ``cpg``, ``ldid``, ``profile``, ``unit``, ``edition`` …"""
    zh: str
    en: str
    numbers: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {"kind": self.kind, "zh": self.zh, "en": self.en, "numbers": dict(self.numbers)}


@dataclass(frozen=True, slots=True)
class EncodingReading:
    """The text encoding of a file and why."""

    encoding: str
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {"encoding": self.encoding, "evidence": [one.to_json() for one in self.evidence]}


@dataclass(frozen=True, slots=True)
class FrameReading:
    """The reference frame of a file and why."""

    frame: str
    """Name that ``spatial.datum.frame`` understands."""
    swapped: bool
    """The file's first coordinate is the northing or latitude."""
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "frame": self.frame,
            "swapped": self.swapped,
            "evidence": [one.to_json() for one in self.evidence],
        }
