"""Bounds of a station server 服务限额, so that no peer can take memory or time from the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """All have values for a city of some thousand stations."""

    connections: int = 4096
    connections_of_address: int = 512
    """Stations of one mobile network share few addresses."""
    read_size: int = 16_384
    """Bytes taken from a connection at once; no more wait in the server for it."""
    waiting: int = 16
    """Groups of messages of one connection that may wait for their commit; then it is not read from."""
    failures: int = 64
    """Messages with a wrong check value after which a connection is closed."""
    half_s: float = 10.0
    """Pause within a message after which it is given up."""
    whole_s: float = 60.0
    """Time within which a message must be whole, however slowly its bytes drip."""
    idle_s: float = 900.0
    """A connection on which nothing comes for so long is closed; heartbeats come far more often."""
    send_buffer: int = 65_536
    """Bytes of answers that the system holds for a connection."""
    write_s: float = 20.0
    """A peer that takes nothing of its answers for so long is left."""
    senders: int = 4096
    """Senders of datagrams that are remembered for their packets."""
    stop_s: float = 20.0
    """Time for what has come to be kept and answered when the server stops."""
