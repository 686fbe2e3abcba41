"""What can be wrong with a question."""

from __future__ import annotations

from spatial.errors import Conflict, InvalidInput


class UnknownMode(InvalidInput):
    """There is no such mode of movement."""

    code = "unknown-mode"


class TooManyFeatures(InvalidInput):
    """More than can be answered at once."""

    code = "too-many-features"


class TooFewSamples(InvalidInput):
    """Nothing can be said between so few places."""

    code = "too-few-samples"


class PgRoutingAbsent(Conflict):
    """The database has no pgRouting 数据库未装 pgRouting."""

    code = "pgrouting-absent"
