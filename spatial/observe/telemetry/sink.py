"""Where readings go 入库口: what telemetry asks of a store of observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from spatial.database import Connection
from spatial.observe.telemetry.model import Reading

UNKNOWN = frozenset({"unknown-device", "unknown-datastream"})
"""Codes of a sink for what nobody has registered."""


class Unstored(Protocol):
    """A reading that was not taken: its place in the batch, a stable code, and why in both languages."""

    @property
    def line(self) -> int:
        """Place in the batch, from 0."""
        ...

    @property
    def code(self) -> str:
        """Stable code; one of :data:`UNKNOWN` where nobody has registered the device or its property."""
        ...

    @property
    def zh(self) -> str:
        """For people."""
        ...

    @property
    def en(self) -> str:
        """For programs and their logs."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """An :class:`Unstored` as a plain value."""

    line: int
    code: str
    zh: str
    en: str


class Sink(Protocol):
    """Where readings go."""

    def write(self, connection: Connection, readings: Sequence[Reading]) -> Sequence[Unstored]:
        """Store readings in the caller's transaction; what was not taken comes back, the rest is stored.

        What is held already (device, property, time and value) counts once. An error of the domain, or of
        the data in the database, refuses the whole batch; the caller then tries message by message.
        """
        ...
