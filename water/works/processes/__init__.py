"""The processes of works 工程处理: claims recorded and chosen, defects advanced, papers kept, datums tied."""

from water.works.processes.claiming import CLAIM_CHOOSE, CLAIM_RECORD
from water.works.processes.offsetting import DATUM_OFFSET_RECORD
from water.works.processes.tending import TENDING

WORKS = (CLAIM_RECORD, CLAIM_CHOOSE, *TENDING, DATUM_OFFSET_RECORD)

__all__ = ["WORKS"]
