"""What is kept of a run as it goes 过程记录: its reduction, hydrographs, and the state to go on from."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numcodecs import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray

from water.errors import BadState
from water.flood.extent import WET_M, Extent, Raster, Single
from water.flood.setting import Opening, Setting
from water.hydraulics.model import Ledger, State
from water.hydraulics.simulation import Simulation

_PACKING = Zstd(level=1)


@dataclass(slots=True)
class Watch:
    """The record of a run so far."""

    depth_m: Single
    arrival_s: Single
    speed_m_s: Single
    points: list[tuple[float, ...]] = field(default_factory=list)
    """Second, then the depth at each point, m."""
    openings: list[tuple[float, ...]] = field(default_factory=list)
    """Second, then the discharge through each bank that is breached, m³/s, and the width of each breach."""
    frames: int = 0

    @classmethod
    def over(cls, raster: Raster) -> Watch:
        """Nothing seen yet."""
        shape = (raster.rows, raster.columns)
        zero = np.zeros(shape, np.float32)
        return cls(zero, np.full(shape, np.inf, np.float32), zero.copy())

    def look(self, simulation: Simulation, setting: Setting) -> None:
        """Take the instant of a run in."""
        from water.flood.reduction_kernel import reduce  # a server tells of runs and makes none

        on_faces = simulation.method.scheme == "inertia"
        reduce(
            simulation.h, simulation.across, simulation.along, on_faces, np.float32(simulation.t_s),
            np.float32(WET_M), self.depth_m, self.arrival_s, self.speed_m_s,
        )  # fmt: skip
        t_s = float(simulation.t_s)
        self.points.append((t_s, *(float(simulation.h[cell]) for _, cell in setting.points)))
        if setting.openings:
            widths = simulation.memory["breach_width_m"]
            flows = (_through(opening, simulation) for opening in setting.openings)
            self.openings.append((t_s, *flows, *(float(width) for width in widths)))

    def extent(self, raster: Raster) -> Extent:
        """The flood up to now."""
        return Extent(raster, self.depth_m, self.arrival_s, self.speed_m_s)


def _through(opening: Opening, simulation: Simulation) -> float:
    """Discharge over and through a bank toward the land, m³/s, as the works let it through in this step."""
    crossings = simulation.crossings
    flows = np.concatenate((crossings.flows[2], crossings.flows[5])).astype(np.float64)
    place = {edge: number for number, edge in enumerate(crossings.edges)}
    at = np.array([place[edge] for edge in opening.edges if edge in place], np.int64)
    way = np.array(
        [side for edge, side in zip(opening.edges, opening.landward, strict=True) if edge in place]
    )
    return float((flows[at] * way).sum()) * simulation.scenario.ground.grid.cell_m


def packed(simulation: Simulation, watch: Watch) -> bytes:
    """All that is needed to go on, bit for bit."""
    state = simulation.state
    arrays: dict[str, Any] = {
        "h": state.h_m, "carry": state.carry_m, "across": state.across_m2_s, "along": state.along_m2_s,
        "depth": watch.depth_m, "arrival": watch.arrival_s, "speed": watch.speed_m_s,
        "points": np.array(watch.points, np.float64), "openings": np.array(watch.openings, np.float64),
    }  # fmt: skip
    if state.infiltrated_m is not None:
        arrays["soaked"] = state.infiltrated_m
    arrays |= {f"memory_{name}": values for name, values in state.memory.items()}
    head = {
        "scheme": state.scheme, "t_s": state.t_s, "steps": state.steps, "start_m3": state.start_m3,
        "ledger": asdict(state.ledger), "frames": watch.frames,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
    return bytes(_PACKING.encode(buffer.getvalue()))


def unpacked(content: bytes) -> tuple[State, Watch]:
    """What :func:`packed` kept; ``BadState`` where it is something else."""
    try:
        with np.load(io.BytesIO(_PACKING.decode(content)), allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        head = json.loads(arrays["head"].tobytes())
    except (KeyError, ValueError, RuntimeError) as failure:
        raise BadState("断点无法读取", "the kept state cannot be read") from failure
    memory = {name[7:]: values for name, values in arrays.items() if name.startswith("memory_")}
    state = State(
        head["scheme"], head["t_s"], head["steps"], arrays["h"], arrays["carry"], arrays["across"],
        arrays["along"], arrays.get("soaked"), memory, Ledger(**head["ledger"]), head["start_m3"],
    )  # fmt: skip
    watch = Watch(arrays["depth"], arrays["arrival"], arrays["speed"], _rows(arrays["points"]),
                  _rows(arrays["openings"]), head["frames"])  # fmt: skip
    return state, watch


def _rows(table: NDArray[np.float64]) -> list[tuple[float, ...]]:
    return [tuple(row) for row in table.tolist()] if table.size else []
