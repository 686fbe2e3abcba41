"""The address service beside its peers: one register, one list of queries, one run.

    python -m benchmarks.address --dsn 'host=… dbname=postgres' --size 1000000
        [--parsers PYTHON] [--addok PYTHON]

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER), loads the sample
register into it (合成数据), starts the platform with two workers, and asks: the matcher in this
process; the doors over HTTP with 16 connections by ``wrk``; pg_trgm alone over the full texts in
the same database; cpca and jionlp in the environment of ``--parsers``; addok in that of
``--addok``, with Redis (Debian package ``redis-server``). What is not there is skipped and said.
Ratios count; rates depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
from pyproj import Geod

from address import ingest, layers
from address.disturb import Register as Disturbed
from address.disturb import Split, noisy_queries
from address.follow import Followed
from address.model import Element
from address.register import Register
from address.sample import draw, loading
from address.suggest import SUGGESTED
from address.wording import full_texts, initials, syllables
from benchmarks.address_peers import Outcome, addok, parsers, trigrams
from benchmarks.databases import fresh
from benchmarks.feature_load import CONNECTIONS, children_s
from benchmarks.feature_servers import ours
from spatial.database import connect

QUERY_SEED = 303
SECONDS = 8
NEAR_M = 2.0
SAME_M = 0.005
KEYSTROKES = 6
GOALS = {"known": 12.0, "miswritten": 12.0, "autocomplete": 8.0, "reverse": 6.0}
"""95 of a hundred answers within so many ms."""
_LUA = """
local paths, at = {}, 0
for line in io.lines("%FILE%") do paths[#paths + 1] = line end
function request() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
function done(summary, latency) io.write(string.format("p95 %.3f\\n", latency:percentile(95.0) / 1000)) end
"""


def main() -> None:
    """Measures, and prints each figure."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    asked.add_argument("--size", type=int, default=20_000)
    asked.add_argument("--queries", type=int, default=2_000)
    asked.add_argument("--parsers", help="interpreter of an environment with cpca and jionlp")
    asked.add_argument("--addok", help="interpreter of an environment with addok")
    options = asked.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    bundle = draw(options.size, loading.SEED).bundle()
    snapshot = bundle.snapshot
    start = time.process_time()
    register = Register.of(Followed.of(snapshot), 0)
    spent = time.process_time() - start
    print(f"{len(snapshot.addresses.key):,} addresses, built in {spent:.1f} s of processor")
    queries = noisy_queries(Disturbed(snapshot), options.queries, QUERY_SEED, Split.TEST)
    written = full_texts(snapshot.components)
    texts = written.take(snapshot.addresses.component).to_pylist()
    noisy, truth = [query.text for query in queries], [query.truth for query in queries]
    known = [texts[row] for row in truth]
    _matched(register, noisy, known, [int(snapshot.addresses.component[row]) for row in truth])
    _typed(register)
    doors = {
        "known": [f"/v1/search?size=1&text={quote(text)}" for text in known],
        "miswritten": [f"/v1/search?size=1&text={quote(text[:120])}" for text in noisy],
        "autocomplete": [f"/v1/autocomplete?text={quote(text)}" for text in _begun(register)],
        "reverse": [f"/v1/reverse?point.lon={x:.7f}&point.lat={y:.7f}" for x, y in _near(register)],
    }
    few = min(len(noisy), 200)
    with fresh(options.dsn) as dsn:
        with connect(dsn) as connection, connection.transaction():
            layers.publish(connection)
            ingest.load(connection, bundle, loading.intent(options.size))
        with tempfile.TemporaryDirectory() as folder, ours(dsn, Path(folder)) as url:
            _asked(url, doors, Path(folder))
        with connect(dsn) as connection:
            _told("pg_trgm alone", trigrams(connection, texts, noisy[:few], truth[:few]))
    if options.addok:
        _told("addok, Redis", addok(options.addok, texts, noisy[:few], truth[:few]))
    if options.parsers:
        parsers(options.parsers, noisy)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


def _matched(register: Register, noisy: Sequence[str], known: Sequence[str], truth: Sequence[int]) -> None:
    index = register.index
    index.match_many(noisy[:100])
    for name, texts in (("miswritten", noisy), ("known", known)):
        start, used = time.perf_counter(), time.process_time()
        found = index.match_many(texts)
        wall, spent = time.perf_counter() - start, time.process_time() - used
        right = float((found.component == np.array(truth)).mean())
        print(
            f"  match_many, {name:<12}{len(texts) / wall:>10,.0f} rows/s, {len(texts) / spent:,.0f} a second"
            f" of processor, top-1 {right:.4f}"
        )


def _typed(register: Register) -> None:
    """Whether the wanted name is among the first five within six keystrokes, drawn by what lies below it.

    Half of the draws are province, prefecture and county, below which all lies: the names below them
    are told by themselves, too.
    """
    components, draw_ = register.places.snapshot.components, random.Random(1)
    rows = np.flatnonzero(np.isin(components.element, SUGGESTED) & components.current)
    wanted = draw_.choices(rows.tolist(), weights=register.places.weight[rows].tolist(), k=600)
    for form in ("characters", "full pinyin", "initials"):
        found = below = 0
        for row in wanted:
            name = register.places.name(row)
            text = _spelled(name, form)
            begun = (text[:length] for length in range(1, min(KEYSTROKES, len(text)) + 1))
            right = any(
                any(register.places.name(each.component) == name for each in register.suggest(part, 5))
                for part in begun
            )
            found += right
            below += right and components.element[row] > Element.COUNTY
        names = int((components.element[wanted] > Element.COUNTY).sum())
        print(
            f"  first five within {KEYSTROKES} keystrokes, {form:<12}{found / len(wanted):.3f}, goal 0.9;"
            f" of what lies below the county {below / names:.3f}"
        )


def _spelled(name: str, form: str) -> str:
    if form == "characters":
        return name
    spoken = syllables(name)
    return initials(spoken) if form == "initials" else "".join(spoken).lower()


def _begun(register: Register) -> list[str]:
    components, draw_ = register.places.snapshot.components, random.Random(2)
    rows = np.flatnonzero(np.isin(components.element, SUGGESTED) & components.current).tolist()
    texts = [
        _spelled(register.places.name(row), form)
        for row in draw_.sample(rows, 150)
        for form in ("characters", "full pinyin", "initials")
    ]
    return [text[:length] for text in texts for length in range(1, min(KEYSTROKES, len(text)) + 1)]


def _near(register: Register) -> list[tuple[float, float]]:
    """Points up to 2 m from entrances; prints how often that entrance is found, or one that is nearer."""
    addresses, draw_ = register.places.snapshot.addresses, random.Random(3)
    rows = np.flatnonzero(
        addresses.current & np.isfinite(addresses.longitude_deg) & (register.places.main < 0)
    )
    points, right, nearer, ellipsoid = [], 0, 0, Geod(ellps="GRS80")
    for row in draw_.sample(rows.tolist(), min(1000, len(rows))):
        x, y = float(addresses.longitude_deg[row]), float(addresses.latitude_deg[row])
        east, north = draw_.uniform(-1.4, 1.4) / 89_000, draw_.uniform(-1.4, 1.4) / 111_000
        points.append((x + east, y + north))
        (door, *_) = register.reverse.at(*points[-1], 1).doors
        here = register.places.position(door.component)
        wanted = int(addresses.component[row])
        found = register.places.lies_in(wanted, door.component) or here == (x, y)
        right += found
        away_m = ellipsoid.inv(*points[-1], x, y)[2]
        nearer += not found and door.distance_m <= away_m + SAME_M
    print(
        f"  door for points up to {NEAR_M:.0f} m from an entrance: {right / len(points):.4f} that one,"
        f" {(right + nearer) / len(points):.4f} that one or a nearer one, goal 0.99"
    )
    return points


def _asked(url: str, doors: dict[str, list[str]], folder: Path) -> None:
    """Each door alone, with 16 connections, after every worker has its register."""
    start = time.perf_counter()
    for name, paths in doors.items():
        with _lua(paths, folder) as script:
            _warm(url, script)
            if name == "known":
                print(f"  warmed up in {time.perf_counter() - start:.0f} s")
            before = children_s()
            rate, p95_ms = _wrk(url, script, SECONDS)
            spent_ms = (children_s() - before) / (rate * SECONDS) * 1000
            print(
                f"  /v1, {name:<14}{rate:>8,.0f} requests/s, p95 {p95_ms:.1f} ms (goal {GOALS[name]:.0f}),"
                f" {spent_ms:.2f} ms of processor each"
            )
    private, shared = _memory_mib()
    print(f"  memory of a worker: {private:.0f} MiB of its own, {shared:.0f} MiB shared")


def _warm(url: str, script: Path) -> None:
    """Until no worker builds or maps its register, or loads compiled code, any more."""
    for _ in range(60):
        rate, p95_ms = _wrk(url, script, 2)
        if rate > 10 * CONNECTIONS and p95_ms < 500:
            return


@contextmanager
def _lua(paths: Sequence[str], folder: Path) -> Iterator[Path]:
    script, listed = folder / "asked.lua", folder / "asked.txt"
    listed.write_text("\n".join(paths))
    script.write_text(_LUA.replace("%FILE%", str(listed)))
    yield script


def _wrk(url: str, script: Path, seconds: int) -> tuple[float, float]:
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "60s"]
    out = subprocess.run(
        [*command, "-s", str(script), url], capture_output=True, text=True, check=True
    ).stdout
    rate, p95 = re.search(r"Requests/sec:\s+([\d.]+)", out), re.search(r"p95 ([\d.]+)", out)
    assert rate is not None and p95 is not None, out
    return float(rate[1]), float(p95[1])


def _memory_mib() -> tuple[float, float]:
    """Of the largest living process below this one: what is its own, and what it shares."""
    largest = (0.0, 0.0)
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or b"api.server" not in (entry / "cmdline").read_bytes():
                continue
            lines = (entry / "smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        private = sizes["Private_Clean"] + sizes["Private_Dirty"]
        largest = max(largest, (private, sizes["Rss"] - private))
    return largest


def _told(name: str, outcome: Outcome | str) -> None:
    if isinstance(outcome, str):
        print(f"  {name:<22}skipped: {outcome}")
        return
    print(
        f"  {name:<22}{outcome.rate:>10,.0f} rows/s, top-1 {outcome.top_1:.4f},"
        f" {outcome.memory_mib:,.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
