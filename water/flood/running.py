"""A run to its end 推演执行: with progress, saved as it goes, taken up where its worker died."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import psycopg

from spatial.database import Connection, connect
from spatial.errors import EnvironmentProblem, Unavailable
from spatial.jobs.content import canonical
from spatial.jobs.process import Context
from water.errors import RunTooLong
from water.flood import frames, store, watching
from water.flood.run import STAMP, STATE, ZARR
from water.flood.setting import LIMIT_S, Setting
from water.flood.watching import Watch
from water.hydraulics.beginning import begun
from water.hydraulics.simulation import Simulation

STEPS_AT_ONCE: Final = 500
PACE_AFTER_S: Final = 60.0
PACE_MOST: Final = 4.0
"""A beginning may be slower than the rest: refused is what would take so many times the limit."""
SAVING_SHARE: Final = 0.05
"""So much of the time of a run may go into saving it."""


@dataclass(slots=True)
class Finished:
    """A run at its end; ``pending`` are files that are not written yet."""

    simulation: Simulation
    watch: Watch
    pending: dict[str, bytes]
    times_s: tuple[float, ...]


def name_of(context: Context, process: str, inputs: Mapping[str, Any]) -> str:
    """The id of the run of a job: the same at every attempt of it, another for every job."""
    owner = context.owner
    told = [process, inputs, context.now.isoformat(), owner.subject, owner.department]
    digest = hashlib.sha256(canonical(told)).hexdigest()
    return f"F{context.now:%Y%m%d}-{digest[:12]}"


def times_s(setting: Setting) -> tuple[float, ...]:
    """The instants of which the depths are kept."""
    asked = setting.asked
    inner = np.arange(asked.report_s, asked.duration_s - 1e-6 * asked.duration_s, asked.report_s)
    return (0.0, *inner.tolist(), asked.duration_s)


def run(context: Context, run_id: str, setting: Setting, begins_at: datetime) -> Finished:
    """From the beginning, or from where an earlier attempt was saved."""
    asked, raster, every = setting.asked, setting.terrain.raster, times_s(setting)
    with connect(context.dsn) as connection:
        store.drop_stale(connection)
        kept = (
            None if store.saved_at(connection, run_id) is None else store.content(connection, run_id, STATE)
        )
        connection.commit()
    if kept is None:
        simulation = begun(setting.scenario, asked.method, setting.depth_m)
        watch = Watch.over(raster)
        said = {"title": asked.title, "vertical_datum": setting.terrain.datum}
        said |= {"onemap_synthetic": STAMP} if setting.synthetic else {}
        pending = frames.opened(raster, every, begins_at, said)
        watch.look(simulation, setting)
        pending |= _frame(simulation, watch, setting, every)
    else:
        state, watch = watching.unpacked(kept)
        simulation, pending = begun(setting.scenario, asked.method, state), {}
    keeper, pace = _Keeper(context, run_id), Pace(simulation.t_s, asked.duration_s)
    report = asked.watch_s
    while simulation.t_s < asked.duration_s:
        following = (np.floor(simulation.t_s / report + 1e-9) + 1) * report
        _advance(context, simulation, min(float(following), every[watch.frames], asked.duration_s), pace)
        watch.look(simulation, setting)
        if simulation.t_s >= every[watch.frames]:
            pending |= _frame(simulation, watch, setting, every)
        _tell(context, simulation, asked.duration_s)
        if simulation.t_s < asked.duration_s and keeper.due():
            keeper.save(simulation, watch, pending)
            pending = {}
    return Finished(simulation, watch, pending, every)


def _advance(context: Context, simulation: Simulation, until_s: float, pace: Pace) -> None:
    """On to an instant, by so many steps that somebody who waits or takes the job back is heard."""
    while simulation.t_s < until_s:
        simulation.advance(until_s, steps=STEPS_AT_ONCE)
        pace.require(simulation.t_s)
        if simulation.t_s < until_s:
            _tell(context, simulation, simulation.scenario.until_s)


class Pace:
    """How fast a run goes against what it was let in for: floods deeper than expected take shorter steps."""

    def __init__(
        self, begun_s: float, until_s: float, spent_s: Callable[[], float] = time.process_time
    ) -> None:
        self._begun_s, self._until_s, self._clock = begun_s, until_s, spent_s
        self._since = spent_s()

    def require(self, t_s: float) -> None:
        """RunTooLong where at this pace it would take several times the limit."""
        spent_s = self._clock() - self._since
        if spent_s < PACE_AFTER_S or t_s >= self._until_s:
            return
        done = max(t_s - self._begun_s, 1e-9) / (self._until_s - self._begun_s)
        whole_s = spent_s / done
        if whole_s > PACE_MOST * LIMIT_S:
            raise RunTooLong(
                f"单核 {spent_s:.0f} 秒只推演到 {t_s:.6g} 秒,照此需 {whole_s:.3g} 秒,"
                f"超过上限 {LIMIT_S:.0f} 秒;请核对流量与单位、加大网格或缩短时段:{t_s:.6g}",
                f"{spent_s:.0f} s of a core led to second {t_s:.6g}; at this pace it is {whole_s:.3g} s, over"
                f" {LIMIT_S:.0f} s: look at discharges and units, take larger cells or a shorter time:"
                f" {t_s:.6g}",
                value=t_s,
                details={"limit_s": LIMIT_S},
            )


def _frame(
    simulation: Simulation, watch: Watch, setting: Setting, every: tuple[float, ...]
) -> dict[str, bytes]:
    raster = setting.terrain.raster
    made = frames.frame(raster, watch.frames, len(every), simulation.h.astype(np.float32))
    watch.frames += 1
    return made


def _tell(context: Context, simulation: Simulation, duration_s: float) -> None:
    share = simulation.t_s / duration_s
    hours, of = simulation.t_s / 3600, duration_s / 3600
    context.step(
        5 + int(90 * share),
        f"推演至 {hours:.2f}/{of:.2f} 小时,已算 {simulation.steps} 步",
        f"{hours:.2f} of {of:.2f} h, {simulation.steps} steps",
    )


class _Keeper:
    """Saves a run so seldom that saving costs a small share of its time."""

    def __init__(self, context: Context, run_id: str) -> None:
        self._context, self._run = context, run_id
        self._cost_s, self._since = 0.01, time.monotonic()

    def due(self) -> bool:
        """Whether enough time has gone."""
        return time.monotonic() - self._since > self._cost_s / SAVING_SHARE

    def save(self, simulation: Simulation, watch: Watch, pending: Mapping[str, bytes]) -> None:
        """State and frames as one."""
        begun = time.monotonic()
        content = watching.packed(simulation, watch)
        with connect(self._context.dsn) as connection:
            write(connection, self._run, pending)
            store.put(connection, self._run, STATE, "application/octet-stream", content)
            store.note(connection, self._run, simulation.t_s)
            connection.commit()
        self._since = time.monotonic()
        self._cost_s = self._since - begun


def write(connection: Connection, run_id: str, pending: Mapping[str, bytes]) -> None:
    """Chunk files of the depths, in the caller's transaction."""
    for name, body in pending.items():
        store.put(connection, run_id, ZARR + name, frames.MEDIA, body)


@contextmanager
def or_nothing(context: Context, run_id: str) -> Iterator[None]:
    """Where the body fails for good nothing is left of the run; what passes by is taken up again."""
    try:
        yield
    except (psycopg.OperationalError, Unavailable, EnvironmentProblem, MemoryError):
        raise
    except Exception:
        with connect(context.dsn) as connection:
            store.drop(connection, run_id)
            connection.commit()
        raise
