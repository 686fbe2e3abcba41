"""The processes of the ground 基础处理: frames, grid codes, area, exchange, statistics, assets."""

from spatial.jobs.processes.advance_asset import ADVANCE_ASSET
from spatial.jobs.processes.difference import DIFFERENCE
from spatial.jobs.processes.export import EXPORT
from spatial.jobs.processes.grid_decode import GRID_DECODE
from spatial.jobs.processes.grid_encode import GRID_ENCODE
from spatial.jobs.processes.legal_area import LEGAL_AREA
from spatial.jobs.processes.load import LOAD
from spatial.jobs.processes.thematic_stat import THEMATIC_STAT
from spatial.jobs.processes.transform import TRANSFORM

GROUND = (
    TRANSFORM,
    GRID_ENCODE,
    GRID_DECODE,
    LEGAL_AREA,
    LOAD,
    EXPORT,
    DIFFERENCE,
    THEMATIC_STAT,
    ADVANCE_ASSET,
)

__all__ = ["GROUND"]
