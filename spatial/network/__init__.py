"""Networks 网络: what can be reached from places along lines within a time, and what is in reach of it.

Everything is in a plane of metres, deterministic, and independent of what the lines are:
roads that people walk, roads that engines drive, channels that water takes.
"""

from spatial.network.graph import Lines, Network, build
from spatial.network.reach import Reached, Seeds, arrivals, only, reach, seeds_of, times

__all__ = ["Lines", "Network", "Reached", "Seeds", "arrivals", "build", "only", "reach", "seeds_of", "times"]
