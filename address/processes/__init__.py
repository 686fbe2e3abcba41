"""The processes of the address service 地址处理: lists, reorganisation, numbers, life, codes, quality."""

from address.processes.advancing import ADVANCE_ADDRESS
from address.processes.audit import QUALITY_AUDIT
from address.processes.coding import ASSIGN_CODES
from address.processes.lists import DEDUPE, GEOCODE_BATCH, MATCH_BATCH
from address.processes.renumbering import RENUMBER_STREET
from address.processes.reorganisation import REASSIGN_REGION

ADDRESS = (
    GEOCODE_BATCH,
    MATCH_BATCH,
    DEDUPE,
    REASSIGN_REGION,
    RENUMBER_STREET,
    ADVANCE_ADDRESS,
    ASSIGN_CODES,
    QUALITY_AUDIT,
)

__all__ = ["ADDRESS"]
