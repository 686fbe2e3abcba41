"""What the rivers refuse 水利业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from spatial.errors import InvalidInput, Refused


class BadGround(InvalidInput):
    """A raster of the run has holes, a wrong shape or impossible values 底图有误."""

    code = "bad-ground"


class BadForcing(InvalidInput):
    """Rain, infiltration or a series of the run cannot be: negative, missing, in no order 驱动数据有误."""

    code = "bad-forcing"


class DeadSeries(InvalidInput):
    """A series says nothing for a part of the run, as from a dead station 序列中断."""

    code = "dead-series"


class BadBoundary(InvalidInput):
    """A boundary condition off the edge of the grid, or two on one face 边界条件有误."""

    code = "bad-boundary"


class BadStructure(InvalidInput):
    """A dyke, gate, culvert, pump or channel that does not fit the grid 工程资料有误."""

    code = "bad-structure"


class BreachOutsideDyke(InvalidInput):
    """A breach at an edge that carries no dyke 溃口不在堤防上."""

    code = "breach-outside-dyke"


class BadState(InvalidInput):
    """A state that belongs to another grid, scheme or precision 状态与模型不符."""

    code = "bad-state"


class RunTooLong(Refused):
    """A run whose estimate passes the limit it was given 推演耗时超限."""

    code = "run-too-long"


class BadHydraulicRun(InvalidInput):
    """A setting of the run that no scheme takes 推演设置有误."""

    code = "bad-hydraulic-run"
