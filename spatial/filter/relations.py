"""The relations of CQL2 in SQL: of geometries, times and arrays."""

from __future__ import annotations

from types import MappingProxyType

SPATIAL_SQL = MappingProxyType(
    {
        "s_intersects": "ST_Intersects",
        "s_disjoint": "ST_Disjoint",
        "s_equals": "ST_Equals",
        "s_touches": "ST_Touches",
        "s_within": "ST_Within",
        "s_overlaps": "ST_Overlaps",
        "s_crosses": "ST_Crosses",
        "s_contains": "ST_Contains",
    }
)
ARRAY_SQL = MappingProxyType(
    {
        "a_contains": ("lr", "({} @> {})"),
        "a_containedBy": ("lr", "({} <@ {})"),
        "a_overlaps": ("lr", "({} && {})"),
        "a_equals": ("lrrl", "({} @> {} and {} @> {})"),
    }
)
"""Which operands in which order; arrays are compared as sets."""

_LEFT_START, _LEFT_END, _RIGHT_START, _RIGHT_END = range(4)
_S, _E, _s, _e = _LEFT_START, _LEFT_END, _RIGHT_START, _RIGHT_END

_TEMPORAL: dict[str, tuple[tuple[int, str, int], ...]] = {
    "t_after": ((_S, ">", _e),),
    "t_before": ((_E, "<", _s),),
    "t_contains": ((_S, "<", _s), (_E, ">", _e)),
    "t_disjoint": ((_S, ">", _e), (_E, "<", _s)),
    "t_during": ((_S, ">", _s), (_E, "<", _e)),
    "t_equals": ((_S, "=", _s), (_E, "=", _e)),
    "t_finishedBy": ((_S, "<", _s), (_E, "=", _e)),
    "t_finishes": ((_S, ">", _s), (_E, "=", _e)),
    "t_intersects": ((_S, "<=", _e), (_E, ">=", _s)),
    "t_meets": ((_E, "=", _s),),
    "t_metBy": ((_S, "=", _e),),
    "t_overlappedBy": ((_S, ">", _s), (_S, "<", _e), (_E, ">", _e)),
    "t_overlaps": ((_S, "<", _s), (_E, ">", _s), (_E, "<", _e)),
    "t_startedBy": ((_S, "=", _s), (_E, ">", _e)),
    "t_starts": ((_S, "=", _s), (_E, "<", _e)),
}


def temporal(op: str) -> tuple[tuple[int, str, int], ...]:
    """The comparisons of a temporal relation (OGC 21-065r2, table 5), of the ends 0–3:
    start and end of the left time, start and end of the right.

    All must hold; for ``t_disjoint`` one of them.
    """
    return _TEMPORAL[op]
