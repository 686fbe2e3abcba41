"""For notebooks 笔记: the layers of a served One Map as frames of geopandas, and its map in a cell.

>>> from notebooks import connect                                       # doctest: +SKIP
>>> city = connect()                                                    # doctest: +SKIP
>>> city["towns"].on("2025-06-30").read()                               # doctest: +SKIP
>>> city["towns"].on("2025-06-30").map()                                # doctest: +SKIP
"""

from notebooks.city import City, Layer, connect
from notebooks.frame import MapFrame
from notebooks.line import Refused

__all__ = ["City", "Layer", "MapFrame", "Refused", "connect"]
