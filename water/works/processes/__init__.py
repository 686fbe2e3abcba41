"""The processes of works 工程处理: claims recorded and chosen, defects opened and advanced, papers kept."""

from water.works.processes.claiming import CLAIM_CHOOSE, CLAIM_RECORD
from water.works.processes.tending import TENDING

WORKS = (CLAIM_RECORD, CLAIM_CHOOSE, *TENDING)

__all__ = ["WORKS"]
