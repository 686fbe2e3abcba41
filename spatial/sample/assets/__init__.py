"""What the sample city has installed 样例资产: from 5G to greenhouses, all generated 合成数据.

``build`` loads them; ``spatial.sample.assets.rows.generated`` makes the rows of every asset layer.
"""

from spatial.sample.assets.loading import build

__all__ = ["build"]
