"""The processes of the ground 基础处理: frames, grid codes, area, exchange, difference, statistics."""

from spatial.exchange.profile.model import ProfilesOf
from spatial.jobs.process import Process
from spatial.jobs.processes.difference import DIFFERENCE
from spatial.jobs.processes.export import EXPORT
from spatial.jobs.processes.grid_decode import GRID_DECODE
from spatial.jobs.processes.grid_encode import GRID_ENCODE
from spatial.jobs.processes.legal_area import LEGAL_AREA
from spatial.jobs.processes.load import LOAD, with_profiles
from spatial.jobs.processes.thematic_stat import THEMATIC_STAT
from spatial.jobs.processes.transform import TRANSFORM

GROUND = (TRANSFORM, GRID_ENCODE, GRID_DECODE, LEGAL_AREA, LOAD, EXPORT, DIFFERENCE, THEMATIC_STAT)


def ground(profiles: ProfilesOf) -> tuple[Process, ...]:
    """The same, with a ``load`` that knows the schema profiles of some layers."""
    return tuple(with_profiles(profiles) if each is LOAD else each for each in GROUND)


__all__ = ["GROUND", "ground"]
