"""The processes of the ground 基础处理: frames, grid codes, area, exchange, statistics, questions, assets."""

from spatial.exchange.profile.model import ProfilesOf
from spatial.jobs.process import Process
from spatial.jobs.processes.advance_asset import ADVANCE_ASSET
from spatial.jobs.processes.answer_findings import ANSWER_FINDINGS
from spatial.jobs.processes.assign_grid import ASSIGN_GRID
from spatial.jobs.processes.coverage import COVERAGE
from spatial.jobs.processes.difference import DIFFERENCE
from spatial.jobs.processes.echo import ECHO
from spatial.jobs.processes.export import EXPORT
from spatial.jobs.processes.exposure import EXPOSURE
from spatial.jobs.processes.grid_decode import GRID_DECODE
from spatial.jobs.processes.grid_encode import GRID_ENCODE
from spatial.jobs.processes.interpolating import INTERPOLATE
from spatial.jobs.processes.legal_area import LEGAL_AREA
from spatial.jobs.processes.load import LOAD, with_profiles
from spatial.jobs.processes.nearest import NEAREST
from spatial.jobs.processes.reaching import REACH
from spatial.jobs.processes.thematic_stat import THEMATIC_STAT
from spatial.jobs.processes.transform import TRANSFORM

GROUND = (
    *(TRANSFORM, GRID_ENCODE, GRID_DECODE, LEGAL_AREA, LOAD, EXPORT, DIFFERENCE, THEMATIC_STAT),
    *(EXPOSURE, NEAREST, REACH, COVERAGE, ASSIGN_GRID, INTERPOLATE, ADVANCE_ASSET),
    *(ANSWER_FINDINGS, ECHO),
)


def ground(profiles: ProfilesOf) -> tuple[Process, ...]:
    """The same, with a ``load`` that knows the schema profiles of some layers."""
    return tuple(with_profiles(profiles) if each is LOAD else each for each in GROUND)


__all__ = ["GROUND", "ground"]
