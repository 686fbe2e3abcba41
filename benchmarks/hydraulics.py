"""Hydraulic kernels beside the memory's own limit and three peers, in one run on one core.

    python -m benchmarks.hydraulics [--peers-venv FOLDER] [--without-peers]

Rates are cell-steps per second of processor time; ratios count. The limit is a triad a = b + s·c over
arrays beyond the cache. landlab runs on the field of local inertia; ANUGA (DE1) on the wet dam break of
the Godunov scheme, compared at equal error; pyflwdir on the terrain of HAND, cell for cell. The peers
run in an environment of their own, made from the hash-pinned ``benchmarks/hydraulics_peers.lock``.
Exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

from water.hydraulics.hand import drainage, hand, inundation
from water.hydraulics.model import Forcing, Grid, Ground, Method
from water.hydraulics.simulation import Scenario, Simulation

HERE = Path(__file__).resolve().parent
TOUCHED = {"inertia": 10, "godunov": 10}
"""Values read and written a cell and step: ground, roughness, depth, carry and flows."""
missed: list[str] = []


def check(name: str, value: float, target: float, most: bool = False) -> None:
    good = value <= target if most else value >= target
    if not good:
        missed.append(name)
    print(f"  {name}: {value:.3g} ({'≤' if most else '≥'} {target:g}{'' if good else ', missed'})")


def triad() -> float:
    """Bytes a second of a = b + s·c, the read of a line before its write not counted."""
    b, c = np.ones(8_000_000, np.float32), np.ones(8_000_000, np.float32)
    a = np.empty_like(b)
    best = np.inf
    for _ in range(8):
        begun = time.process_time()
        np.multiply(c, np.float32(1.1), out=a)
        np.add(a, b, out=a)
        best = min(best, time.process_time() - begun)
    return 5 * a.nbytes / best


def field(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Rolling wet ground, every cell flowing."""
    y, x = np.mgrid[:cells, :cells]
    rough = np.random.default_rng(0).random((cells, cells)) * 0.05
    terrain = rough + 0.5 * np.sin(x / 50) * np.sin(y / 40)
    return terrain, np.maximum(0.0, 1.0 + 0.3 * np.sin(x / 37) - terrain)


def timed(run: Simulation, steps: int, rounds: int = 3) -> float:
    """Best seconds a step."""
    run.advance(steps=8)
    best = np.inf
    for _ in range(rounds):
        begun = time.process_time()
        run.advance(steps=steps)
        best = min(best, (time.process_time() - begun) / steps)
    return best


def size(run: Simulation) -> float:
    """Bytes a cell of all rasters of a run."""
    rasters = [run.h, run.carry, run.across, run.along, run.scheme.z, run.scheme.f]
    return sum(raster.nbytes for raster in rasters) / run.h.size


def rates(bandwidth: float) -> dict[str, float]:
    found = {}
    for scheme, steps in (("inertia", 40), ("godunov", 10)):
        for bits in (32, 64):
            for cells in (500, 1500) if bits == 32 else (500,):
                terrain, depth = field(cells)
                scenario = Scenario(Ground(Grid(cells, cells, 10.0), terrain), Forcing(), 1e9)
                run = Simulation(scenario, Method(scheme, bits), depth)
                rate = cells * cells / timed(run, max(3, steps * 250_000 // cells**2))
                limit = bandwidth / (TOUCHED[scheme] * bits / 8)
                found[f"{scheme} {bits} {cells}"] = rate
                print(
                    f"  {scheme}, {bits} bits, {cells}²: {rate / 1e6:.1f} M cell-steps/s,"
                    f" {rate / limit:.2f} of the memory limit, {size(run):.0f} bytes a cell,"
                    f" mass {abs(run.imbalance):.1e}"
                )
                check("bytes a cell", size(run), 100, most=True)
    return found


def city() -> None:
    """72 hours of 5.5 million cells of 20 m, 15 % wet: a wide river and a still flood plain beside it."""
    cells = 2345
    y, x = np.mgrid[:cells, :cells]
    middle = cells / 2 + 200 * np.sin(x / 300)
    away = np.abs(y - middle)
    terrain = 30.0 - 0.002 * x + np.where(away < 176, 0.002 * away, 8.0)
    depth = np.where(away < 176, 3.0, 0.0)
    scenario = Scenario(Ground(Grid(cells, cells, 20.0), terrain, 0.035), Forcing(), 72 * 3600.0)
    run = Simulation(scenario, Method("inertia", 32), depth)
    begun = run.t_s
    steps = run.steps
    step_s = timed(run, 20, rounds=2)
    dt_s = (run.t_s - begun) / (run.steps - steps)
    minutes = 72 * 3600 / dt_s * step_s / 60
    wet = float((run.h > 0).mean())
    print(f"  wet {wet:.1%}, tiles {run.tiles.share:.1%}, {dt_s:.2f} s a step, {step_s * 1e3:.2f} ms each")
    check("72 h of the city, minutes of one core", minutes, 13, most=True)


def dam_break(cells: int, bits: Literal[32, 64]) -> tuple[float, float]:
    """Wet dam break on 1000 × 100 m: error at 30 s, and seconds of one core a simulated second."""
    wide = max(1, cells // 10)
    x = (np.arange(cells) + 0.5) * 1000.0 / cells
    start = np.tile(np.where(x < 500.0, 10.0, 2.0), (wide, 1))
    scenario = Scenario(Ground(Grid(wide, cells, 1000.0 / cells), np.zeros_like(start), 0.0), Forcing(), 30.0)
    run = Simulation(scenario, Method("godunov", bits), start)
    run.advance(0.1)
    begun = time.process_time()
    run.advance()
    spent = (time.process_time() - begun) / 29.9
    return off(run.h[wide // 2].astype(np.float64)), spent


def off(depth: np.ndarray) -> float:
    sys.path.insert(0, str(HERE.parent / "tests" / "water"))
    from analytic_flows import stoker

    # Means over the same hundred columns, whatever the mesh.
    fine = stoker((np.arange(4000) + 0.5) / 4.0 - 500.0, 30.0, 10.0, 2.0)
    exact, depth = fine.reshape(100, -1).mean(1), depth.reshape(100, -1).mean(1)
    return float(np.abs(depth - exact).sum() / exact.sum())


def peer(venv: Path, *arguments: str) -> dict[str, Any]:
    command = [str(venv / "bin/python"), str(HERE / "hydraulics_peers.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def peers(venv: Path) -> Path:
    """The peers' environment, made once from the hash-pinned lock."""
    lock = HERE / "hydraulics_peers.lock"
    mark = venv / lock.name
    if not mark.exists() or mark.read_text() != lock.read_text():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin/pip"), "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run(pip, check=True)
        mark.write_text(lock.read_text())
    return venv


def against_landlab(venv: Path, ours: dict[str, float], folder: Path) -> None:
    terrain, depth = field(500)
    np.savez(folder / "field.npz", terrain=terrain, depth=depth, cell_m=10.0)
    theirs = peer(venv, "landlab", str(folder / "field.npz"), "5")["cell_steps_s"]
    print(f"  landlab: {theirs / 1e6:.1f} M cell-steps/s")
    check("inertia, 32 bits, over landlab", ours["inertia 32 500"] / theirs, 15)
    print(f"  inertia, 64 bits, over landlab: {ours['inertia 64 500'] / theirs:.1f}")


def against_anuga(venv: Path) -> None:
    """Cost at equal error: the cost of ANUGA between its meshes, as a power of its error."""
    meshes = []
    for cells in (100, 200, 400):
        answer = peer(venv, "anuga", str(cells))
        meshes.append((off(np.array(answer["depth"])), answer["seconds_a_second"]))
        print(f"  ANUGA DE1, {cells} × {cells // 10} × 4: error {meshes[-1][0]:.5f}, {meshes[-1][1]:.4f} s/s")
    (e1, c1), (e2, c2) = meshes[0], meshes[-1]
    power = np.log(c2 / c1) / np.log(e2 / e1)
    widths: tuple[Literal[32, 64], ...] = (32, 64)
    for bits in widths:
        for cells in (200, 300, 400):
            error, cost = dam_break(cells, bits)
            theirs = c1 * (error / e1) ** power
            print(f"  ours, {cells} × {cells // 10}, {bits} bits: error {error:.5f}, {cost:.5f} s/s")
            check(f"ANUGA over ours at an error of {error:.5f}, {bits} bits", theirs / cost, 40)


def quick_map(venv: Path | None, folder: Path) -> None:
    cells = 1500
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:cells, :cells]
    terrain = 50 - 0.01 * x + 3 * np.sin(x / 70) * np.sin(y / 90) + rng.random((cells, cells)) * 0.5
    # pyflwdir sorts in 32 bits, and lets cells of the edge drain along it: an island has no such cells.
    terrain = terrain.astype(np.float32).astype(np.float64)
    terrain[[0, -1]] = terrain[:, [0, -1]] = 0.0
    grid = Grid(cells, cells, 20.0)
    hand(drainage(Grid(50, 50, 20.0), terrain[:50, :50]), 8e3)
    begun = time.process_time()
    over = hand(drainage(grid, terrain), 2000 * 400.0)
    spent = time.process_time() - begun
    begun = time.process_time()
    inundation(over, 2.0)
    print(f"  drainage and HAND: {spent:.2f} s; a map of it: {time.process_time() - begun:.3f} s")
    if venv is None:
        return
    np.save(folder / "terrain.npy", terrain)
    theirs = peer(venv, "pyflwdir", str(folder / "terrain.npy"), "2000", str(folder / "hand.npy"))["seconds"]
    above = np.load(folder / "hand.npy")
    has = np.isfinite(over.hand_m)
    same = np.isclose(over.hand_m[has], above[has], atol=1e-6).mean()
    check(f"pyflwdir ({theirs:.2f} s) over ours", theirs / spent, 1)
    check("cells of equal HAND", float(same), 1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-venv", type=Path, default=Path(tempfile.gettempdir()) / "hydraulics-peers")
    parser.add_argument("--without-peers", action="store_true")
    chosen = parser.parse_args()
    bandwidth = triad()
    print(f"memory: {bandwidth / 1e9:.1f} GB/s")
    found = rates(bandwidth)
    check("inertia, 32 bits, M cell-steps/s", found["inertia 32 500"] / 1e6, 150)
    check("Godunov, 32 bits, M cell-steps/s", found["godunov 32 500"] / 1e6, 20)
    print("the city:")
    city()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv = None if chosen.without_peers else peers(chosen.peers_venv)
        if venv is not None:
            print("peers:")
            against_landlab(venv, found, folder)
            against_anuga(venv)
        print("HAND:")
        quick_map(venv, folder)
    print(f"missed: {', '.join(missed)}" if missed else "all targets met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
