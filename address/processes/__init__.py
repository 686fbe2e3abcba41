"""The processes of the address service 地址处理: lists, reorganisation, quality."""

from address.processes.audit import QUALITY_AUDIT
from address.processes.lists import DEDUPE, GEOCODE_BATCH, MATCH_BATCH
from address.processes.reorganisation import REASSIGN_REGION

ADDRESS = (GEOCODE_BATCH, MATCH_BATCH, DEDUPE, REASSIGN_REGION, QUALITY_AUDIT)

__all__ = ["ADDRESS"]
