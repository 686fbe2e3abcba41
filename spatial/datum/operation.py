"""Operations 坐标转换: ways between two frames, with name, version and accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Apply(Protocol):
    """Moves flat arrays; ``epoch`` is a decimal year where the operation depends on time."""

    def __call__(self, x: Floats, y: Floats, epoch: float | None, /) -> tuple[Floats, Floats]:
        """New x and y; refuses positions outside the operation's own validity."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One way between two frames, usable in both directions."""

    name: str
    source: str
    target: str
    accuracy_m: float
    """One sigma, horizontal; 0 for pure arithmetic."""
    forward: Apply = field(repr=False, compare=False)
    backward: Apply = field(repr=False, compare=False)
    version: int = 1
    needs_epoch: bool = False

    def __post_init__(self) -> None:
        if not self.accuracy_m >= 0.0:
            raise ValueError(f"an operation states its accuracy in metres: {self.accuracy_m}")


@dataclass(frozen=True, slots=True)
class Step:
    """An operation in the direction it is walked."""

    operation: Operation
    reverse: bool

    @property
    def source(self) -> str:
        """Frame the step starts from."""
        return self.operation.target if self.reverse else self.operation.source

    @property
    def target(self) -> str:
        """Frame the step ends in."""
        return self.operation.source if self.reverse else self.operation.target

    @property
    def label(self) -> str:
        """Name, version and direction, for reports and records."""
        return f"{self.operation.name}@{self.operation.version} {self.source}→{self.target}"

    def apply(self, x: Floats, y: Floats, epoch: float | None) -> tuple[Floats, Floats]:
        """Walk it."""
        return (self.operation.backward if self.reverse else self.operation.forward)(x, y, epoch)


def combined_accuracy_m(steps: tuple[Step, ...]) -> float:
    """Accuracy of a chain: independent errors add in squares.

    Arithmetic alone is stated as ``ARITHMETIC_M``, never as zero.
    """
    return max(ARITHMETIC_M, math.hypot(*(step.operation.accuracy_m for step in steps)))


ARITHMETIC_M = 0.0001
"""What projections and rounding may cost; PROJ, PostGIS and the tests agree to this."""
