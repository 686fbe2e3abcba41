"""The rasters of a run as pictures and coverages read them 推演栅格: NaN where nothing is."""

from __future__ import annotations

import numpy as np

from api.flood.told import QUANTITIES
from api.problem import BadParameter
from spatial.database import Connection
from water.flood import frames, store
from water.flood.extent import Single
from water.flood.run import ZARR, Run
from water.flood.subset import Window


def quantity(parameter: str, wanted: str | None, run: Run) -> str:
    """The quantity that is asked for, of those that the run left; the first where none is named."""
    names = {each["name"] for each in run.told["files"]}
    offered = [each for each, (file, *_) in QUANTITIES.items() if file in names]
    if wanted is None:
        return offered[0]
    if wanted not in offered:
        raise BadParameter(
            parameter,
            f"须为 {'、'.join(offered)} 之一",
            f"must be one of {', '.join(offered)}",
            value=wanted,
        )
    return wanted


def whole(connection: Connection, run: Run, wanted: str) -> Single:
    """A quantity over the whole of the run."""
    from water.flood import cog

    name = QUANTITIES[wanted][0]
    values = cog.read(store.content(connection, run.id, name))
    keeps_zero = wanted in ("difference", "arrival")
    return values if keeps_zero else np.where(values > 0, values, np.float32(np.nan))


def then(connection: Connection, run: Run, number: int, part: Window | None = None) -> Single:
    """The depth at a kept instant, of a part of the run where one is named."""
    names = [ZARR + name for name in frames.names(run.raster, number, part)]
    held = store.chunks(connection, run.id, names)
    chunks = {name.removeprefix(ZARR): body for name, body in held.items()}
    depth = frames.depth(run.raster, len(run.told["times_s"]), number, chunks, part)
    return np.where(depth > 0, depth, np.float32(np.nan))
