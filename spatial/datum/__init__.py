"""The unified datum 统一时空基准: frames, moves between them, heights, legal area, time."""

from spatial.datum.area import ellipsoid_area_m2, legal_area_m2, legal_areas_m2, sheet_area_m2
from spatial.datum.clock import (
    BEIJING,
    Interval,
    beijing_day,
    format_instant,
    format_interval,
    parse_instant,
    parse_interval,
    require_aware,
)
from spatial.datum.frames import FRAMES, Area, EdgeOrder, Frame, Kind, frame, from_edge_order, to_edge_order
from spatial.datum.offset import (
    bd09_from_cgcs2000,
    bd09_from_gcj02,
    cgcs2000_from_bd09,
    cgcs2000_from_gcj02,
    gcj02_from_bd09,
    gcj02_from_cgcs2000,
)
from spatial.datum.registry import Registry
from spatial.datum.transform import STANDARD, Moved, move

__all__ = [
    "BEIJING",
    "FRAMES",
    "STANDARD",
    "Area",
    "EdgeOrder",
    "Frame",
    "Interval",
    "Kind",
    "Moved",
    "Registry",
    "bd09_from_cgcs2000",
    "bd09_from_gcj02",
    "beijing_day",
    "cgcs2000_from_bd09",
    "cgcs2000_from_gcj02",
    "ellipsoid_area_m2",
    "format_instant",
    "format_interval",
    "frame",
    "from_edge_order",
    "gcj02_from_bd09",
    "gcj02_from_cgcs2000",
    "legal_area_m2",
    "legal_areas_m2",
    "move",
    "parse_instant",
    "parse_interval",
    "require_aware",
    "sheet_area_m2",
    "to_edge_order",
]
