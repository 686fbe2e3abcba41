"""What can be wrong with a question."""

from __future__ import annotations

from spatial.errors import InvalidInput


class TooFewSamples(InvalidInput):
    """Nothing can be said between so few places."""

    code = "too-few-samples"
