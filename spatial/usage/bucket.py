"""The token bucket 令牌桶: what may be asked now, after what was asked before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Filled with ``per_s`` tokens a second up to ``burst``; a request takes one.

    >>> bucket = Bucket(per_s=2.0, burst=1.0, now_s=0.0)
    >>> bucket.take(0.0), bucket.take(0.1), bucket.take(0.6)
    (True, False, True)
    """

    per_s: float
    burst: float
    tokens: float
    at_s: float

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self.per_s = per_s
        self.burst = max(burst, 1.0)
        self.tokens = self.burst
        self.at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether there was a token; it is taken."""
        tokens = self.tokens + (now_s - self.at_s) * self.per_s
        if tokens > self.burst:
            tokens = self.burst
        self.at_s = now_s
        if tokens < 1.0:
            self.tokens = tokens
            return False
        self.tokens = tokens - 1.0
        return True

    @property
    def wait_s(self) -> float:
        """How long until there is a token."""
        return max(0.0, (1.0 - self.tokens) / self.per_s)

    @property
    def full_at_s(self) -> float:
        """When it is as it was at first, if nobody asks."""
        return self.at_s + (self.burst - self.tokens) / self.per_s
