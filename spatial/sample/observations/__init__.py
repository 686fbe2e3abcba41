"""What the sample's stations and meters measured 样例观测: two weeks by the hour, generated 合成数据.

``values`` draws them; ``build`` registers the stations as Things and loads the values.
"""

from spatial.sample.observations.loading import build
from spatial.sample.observations.values import values

__all__ = ["build", "values"]
