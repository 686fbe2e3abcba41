"""The sample register 样例登记簿: real divisions and codes, everything else generated 合成数据.

``generate`` makes it in memory as the snapshot from which the engine is built;
``draw`` adds what only the database keeps, the lines of roads and the areas of
divisions. It stands on the roads and villages of the sample city (``spatial.sample``).
"""

from address.sample.draw import Drawn, draw, generate

__all__ = ["Drawn", "draw", "generate"]
