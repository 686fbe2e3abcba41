"""The sample city 样例城市: real divisions and codes, everything else generated 合成数据.

``build`` loads it into a database; ``spatial.sample.city.generate`` makes it in
memory. Everything comes from one seed and one hand-drawn rough outline, and every
generated feature, title and description is stamped 合成数据.
"""

from spatial.sample.loading import SampleLayer, SampleReport, build

__all__ = ["SampleLayer", "SampleReport", "build"]
