"""Hydrological models beside plain readings of the same equations and two limits, in one run on one core.

    python -m benchmarks.hydrology [--years 20] [--sets 640]

Rates are runs of 20 years of days a second of processor time; ratios count. The plain readings are
Xin'anjiang in Python floats, one set after another, and in numpy over all sets at once. The limits are
a triad a = b + s·c, for what a run must read and write, and the powers alone that its wet steps need.
Weather is made up 合成数据. Exit code 1 where the target is missed or a plain reading says something else.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numba import njit

from water.hydrology import cunge, gr4j, muskingum, reservoir, xinanjiang
from water.hydrology.parameters import bounds
from water.hydrology.power import power

TARGET_RUNS_S = 3000
BYTES_A_STEP = 24
"""Rain and evaporation read, flow written."""
SLICE_MM = 5.0


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """Best seconds of processor time."""
    work()
    best = np.inf
    for _ in range(rounds):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def triad_bytes_s() -> float:
    b, c = np.ones(4_000_000), np.ones(4_000_000)
    a = np.empty_like(b)

    def work() -> None:
        np.multiply(c, 1.1, out=a)
        np.add(a, b, out=a)

    return 5 * a.nbytes / timed(work)


@njit(error_model="numpy")
def _powers(values, exponents, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = power(values[i], exponents[i])


def powers_s() -> float:
    """Powers a second, within the cache."""
    rng = np.random.default_rng(3)
    values, exponents, out = rng.random(2048), 0.5 + 2 * rng.random(2048), np.empty(2048)
    return 2048 * 200 / timed(lambda: [_powers(values, exponents, out) for _ in range(200)])


def weather(days: int) -> tuple[np.ndarray, np.ndarray]:
    """Rain on three days of ten, about 770 mm a year, and evaporation of the seasons."""
    rng = np.random.default_rng(1)
    rain = np.where(rng.random(days) < 0.3, rng.gamma(0.7, 10.0, days), 0.0)
    return rain, 3.0 + 2.0 * np.sin(np.arange(days) / 58.1)


def sets(wanted: tuple, count: int) -> np.ndarray:  # type: ignore[type-arg]
    low, high = bounds(wanted)
    return low + (high - low) * np.random.default_rng(2).random((count, len(wanted)))


def in_python(chosen: list[float], rain: list[float], asked: list[float]) -> list[float]:
    """One set, step by step, in Python floats."""
    k, b, im, um, lm, dm, c, sm, ex, ki, kg, ci, cg, cs, lag = chosen
    wm = um + lm + dm
    wu, wl, wd = um / 2, lm / 2, dm / 2
    s = fr = qi = qg = q = 0.0
    past, whole = [0.0] * 12, int(lag)
    flow = []
    for p, e in zip(rain, asked, strict=True):
        ep, surface = k * e, 0.0
        inter = ground = 0.0
        if p > ep:
            pe = p - ep
            w = wu + wl + wd
            a = wm * (1 + b) * (1 - (1 - w / wm) ** (1 / (1 + b)))
            runoff = pe - (wm - w)
            if pe + a < wm * (1 + b):
                runoff += wm * (1 - (pe + a) / (wm * (1 + b))) ** (1 + b)
            wu += pe - runoff
            wl, wu = wl + max(0.0, wu - um), min(wu, um)
            wd, wl = min(dm, wd + max(0.0, wl - lm)), min(wl, lm)
            s, fr = s * fr / (runoff / pe), runoff / pe
            parts = int(pe / SLICE_MM) + 1
            share = (1 - (1 - ki - kg) ** (1 / parts)) / (ki + kg)
            for _ in range(parts):
                au = sm * (1 + ex) * (1 - max(0.0, 1 - s / sm) ** (1 / (1 + ex)))
                over = pe / parts + s - sm
                if pe / parts + au < sm * (1 + ex):
                    over += sm * (1 - (pe / parts + au) / (sm * (1 + ex))) ** (1 + ex)
                s += pe / parts - over
                surface += over * fr
                inter, ground = inter + ki * share * s * fr, ground + kg * share * s * fr
                s -= (ki + kg) * share * s
            surface = (1 - im) * surface + im * pe
        else:
            need = ep - p
            eu = min(wu, need)
            el = min(wl, (need - eu) * wl / lm if wl >= c * lm else c * (need - eu))
            ed = 0.0 if wl >= c * lm else min(wd, c * (need - eu) - el)
            wu, wl, wd = wu - eu, wl - el, wd - ed
            inter, ground = ki * s * fr, kg * s * fr
            s -= (ki + kg) * s
        qi = ci * qi + (1 - ci) * (1 - im) * inter
        qg = cg * qg + (1 - cg) * (1 - im) * ground
        past = [surface + qi + qg, *past[:-1]]
        q = cs * q + (1 - cs) * ((1 - lag + whole) * past[whole] + (lag - whole) * past[whole + 1])
        flow.append(q)
    return flow


def in_numpy(chosen: np.ndarray, rain: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """All sets at once, step by step, each operation over an array of sets."""
    k, b, im, um, lm, dm, c, sm, ex, ki, kg, ci, cg, cs, lag = chosen.T
    wm, smm, count = um + lm + dm, sm * (1 + ex), len(chosen)
    wu, wl, wd = um / 2, lm / 2, dm / 2
    s, fr, qi, qg, q = (np.zeros(count) for _ in range(5))
    past, whole, rows = np.zeros((12, count)), lag.astype(int), np.arange(count)
    flow = np.empty((count, len(rain)))
    for t, (p, e) in enumerate(zip(rain, asked, strict=True)):
        net = p - k * e
        pe, need = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        eu = np.minimum(wu, need)
        enough = wl >= c * lm
        el = np.minimum(wl, np.where(enough, (need - eu) * wl / lm, c * (need - eu)))
        ed = np.where(enough, 0.0, np.minimum(wd, c * (need - eu) - el))
        wu, wl, wd = wu - eu, wl - el, wd - ed
        surface, inter, ground = np.zeros(count), np.zeros(count), np.zeros(count)
        if (pe > 0).any():
            room = np.maximum(0.0, 1 - (wu + wl + wd) / wm)
            left = np.maximum(0.0, room ** (1 / (1 + b)) - pe / (wm * (1 + b))) ** (1 + b)
            stays = np.minimum(pe, np.maximum(0.0, wm * (room - left)))
            up = np.minimum(stays, um - wu)
            low = np.minimum(stays - up, lm - wl)
            wu, wl, wd = wu + up, wl + low, np.minimum(dm, wd + stays - up - low)
            runs = pe - stays > 0
            share = np.where(runs, (pe - stays) / np.where(runs, pe, 1.0), 1.0)
            s, fr = np.where(runs, s * fr / share, s), np.where(runs, share, fr)
            parts = np.where(runs, np.floor(pe / SLICE_MM) + 1, 1.0)
            each = (1 - (1 - ki - kg) ** (1 / parts)) / (ki + kg)
            come = np.where(runs, pe / parts, 0.0)
            for part in range(int(parts.max())):
                on = part < parts
                au = np.maximum(0.0, 1 - s / sm) ** (1 / (1 + ex))
                full = np.minimum(s + come, sm * (1 - np.maximum(0.0, au - come / smm) ** (1 + ex)))
                surface += np.where(on, (s + come - full) * fr, 0.0)
                inter += np.where(on, ki * each * full * fr, 0.0)
                ground += np.where(on, kg * each * full * fr, 0.0)
                s = np.where(on, full * (1 - (ki + kg) * each), s)
            surface = (1 - im) * surface + im * pe
        else:
            inter, ground = ki * s * fr, kg * s * fr
            s = s - (ki + kg) * s
        qi = ci * qi + (1 - ci) * (1 - im) * inter
        qg = cg * qg + (1 - cg) * (1 - im) * ground
        past[1:] = past[:-1].copy()
        past[0] = surface + qi + qg
        q = cs * q + (1 - cs) * (
            (1 - lag + whole) * past[whole, rows] + (lag - whole) * past[whole + 1, rows]
        )
        flow[:, t] = q
    return flow


def models(years: int, count: int) -> list[str]:
    """The models beside the plain readings; what was missed."""
    days = int(365.25 * years)
    rain, asked = weather(days)
    chosen = sets(xinanjiang.PARAMETERS, count)
    run = xinanjiang.run(chosen, rain, asked)
    rate = count / timed(lambda: xinanjiang.run(chosen, rain, asked))
    alone = timed(lambda: xinanjiang.run(chosen[0], rain, asked))
    begun = time.process_time()
    plain = np.array(in_python(chosen[0].tolist(), rain.tolist(), asked.tolist()))
    python_s = time.process_time() - begun
    begun = time.process_time()
    arrays = in_numpy(chosen, rain, asked)
    numpy_rate = count / (time.process_time() - begun)
    excess = sets(xinanjiang.PARAMETERS + xinanjiang.INFILTRATION, count)
    infiltrating = xinanjiang.Options(infiltration_excess=True)
    excess_rate = count / timed(lambda: xinanjiang.run(excess, rain, asked, options=infiltrating))
    four = sets(gr4j.PARAMETERS, count)
    gr4j_rate = count / timed(lambda: gr4j.run(four, rain, asked))

    net = np.maximum(0.0, rain - chosen[:, :1] * asked)
    needed = float(np.where(net > 0, 4 + 2 * np.floor(net / SLICE_MM), 0).sum()) / count
    print(f"Xin'anjiang, {count} sets, {years} years of days: {rate:.0f} runs/s ({TARGET_RUNS_S} wanted)")
    print(f"  one set alone: {1e3 * alone:.2f} ms; with infiltration excess: {excess_rate:.0f} runs/s")
    print(f"  over plain Python ({1e3 * python_s:.0f} ms a run): {rate * python_s:.0f}×")
    print(f"  over numpy arrays of all sets ({numpy_rate:.0f} runs/s): {rate / numpy_rate:.0f}×")
    print(f"  of the memory's limit (triad): {rate * BYTES_A_STEP * days / triad_bytes_s():.3f}")
    print(f"  of the limit of its {needed:.0f} powers a run: {rate * needed / powers_s():.2f}")
    print(f"GR4J: {gr4j_rate:.0f} runs/s")
    worst = max(float(np.abs(run.flow_mm[0] - plain).max()), float(np.abs(run.flow_mm - arrays).max()))
    print(f"from the plain readings at most {worst:.1e} mm; imbalance {abs(run.imbalance).max():.1e}")
    missed = [] if rate >= TARGET_RUNS_S else [f"Xin'anjiang {rate:.0f} runs/s"]
    return (
        missed
        if np.isfinite(arrays).all() and worst <= 1e-9
        else [*missed, f"plain readings differ by {worst:.1e} mm"]
    )


def routing() -> None:
    """Steps of routing a second, over 50 members."""
    steps = 4000
    flow = 50.0 + np.random.default_rng(5).gamma(0.5, 100.0, (50, steps))
    pool = reservoir.Reservoir((0.0, 10.0, 20.0), (0.0, 1e8, 4e8), (0.0, 200.0, 3000.0))
    begin = reservoir.steady(pool, 8.0, 50.0, 50.0)
    reach, channel = muskingum.Muskingum(3.0, 0.2, 3), cunge.Channel(15_000.0, 1e-3, 0.03, 40.0, 2.0, 3)
    for name, parts, work in (
        ("Muskingum", 3, lambda: muskingum.route(reach, flow, 1.0)),
        ("Muskingum–Cunge", 3, lambda: cunge.route(channel, flow, 1.0)),
        ("level pool", 1, lambda: reservoir.level_pool(pool, flow, 1.0, begin)),
        ("operation by rules", 1, lambda: reservoir.operate(pool, reservoir.Rules(8.0), flow, 1.0, begin)),
    ):
        print(f"{name}: {50 * steps * parts / timed(work, 3) / 1e6:.1f} M steps/s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--sets", type=int, default=640)
    chosen = parser.parse_args()
    missed = models(chosen.years, chosen.sets)
    routing()
    print(f"missed: {', '.join(missed)}" if missed else "all targets met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
