"""Grid codes 网格编码 and map sheets 图幅: Beidou, GeoSOT, GB/T 13989."""

from spatial.grid import beidou, geosot, sheet
from spatial.grid.units import Bounds, exact_value

__all__ = ["Bounds", "beidou", "exact_value", "geosot", "sheet"]
