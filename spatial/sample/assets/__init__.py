"""What the sample city has installed 样例资产: from 5G to greenhouses, all generated 合成数据.

``generated`` makes the rows of every asset layer on the sample city; ``build`` loads them.
"""

from spatial.sample.assets.loading import build
from spatial.sample.assets.rows import generated

__all__ = ["build", "generated"]
