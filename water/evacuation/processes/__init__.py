"""The process of an evacuation 避险转移: a flood in, lists and a summary out."""

from water.evacuation.processes.evacuating import EVACUATION

EVACUATIONS = (EVACUATION,)

__all__ = ["EVACUATIONS"]
