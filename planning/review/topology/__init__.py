"""How the polygons of a layer fit 拓扑: exact on stored coordinates, measured on the city's plane."""

from planning.review.topology.examine import examine
from planning.review.topology.model import Face, Limits, Lone, Pair, Topology

__all__ = ["Face", "Limits", "Lone", "Pair", "Topology", "examine"]
