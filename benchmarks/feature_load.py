"""The load of the features and tiles benchmarks: ``wrk`` over addresses drawn at random."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

CONNECTIONS = 16


class Refusal(Exception):
    """A server turned away more than one request in twenty."""


_LUA = """
function init(args) math.randomseed(os.time() * 7 + %SEED%) end
function request()
  local r = math.random(1, %ROWS%)
  local x, y = 118.54 + math.random(0, 550) * 0.001, 36.725 + math.random(0, 555) * 0.001
  local path = "%PATH%"
  path = path:gsub("%$RANDOM8", string.format("%08d", r)):gsub("%$RANDOM9", string.format("%09d", r))
  path = path:gsub("%$RANDOM", tostring(r))
  path = path:gsub("%$X,%$Y,{([%d.]+)}", function(side)
    return string.format("%.6f,%.6f,%.6f,%.6f", x, y, x + side, y + side) end)
  path = path:gsub("%$BETWEEN{(%d+),(%d+)}", function(least, most)
    return tostring(math.random(tonumber(least), tonumber(most))) end)
  path = path:gsub("%$ROAD", tostring(math.random(0, 899)))
  path = path:gsub("%$TRIANGLE{([%d.]+)}", function(side)
    return string.format("%.6f+%.6f,%.6f+%.6f,%.6f+%.6f,%.6f+%.6f",
      x, y, x + side, y, x + side, y + side, x, y) end)
  return wrk.format("GET", path)
end
"""


def rate_of(url: str, path: str, rows: int, seconds: int, headers: Mapping[str, str] | None = None) -> float:
    """Good answers per second; what a server turns away does not count, more than 5 % is a failure."""
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is missing: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        filled = _LUA.replace("%SEED%", str(os.getpid())).replace("%ROWS%", str(rows)).replace("%PATH%", path)
        script.write(filled)
        script.flush()
        command = [
            wrk,
            "-t",
            "1",
            "-c",
            str(CONNECTIONS),
            "-d",
            f"{seconds}s",
            "--timeout",
            "30s",
            *(part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")),
            "-s",
            script.name,
            url,
        ]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", out)
    assert requests is not None, out
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    total, refused = int(requests[1]), int(bad[1]) if bad else 0
    if refused * 20 > total:
        raise Refusal(f"{refused} of {total} requests refused: {path}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert rate is not None, out
    return float(rate[1]) * (1 - refused / max(total, 1))


def warm(url: str, path: str, rows: int) -> None:
    """What a server does once per worker (reflection, first plans) is not measured."""
    with suppress(Refusal):
        rate_of(url, path, rows, 4)


def server_us(
    url: str, path: str, rows: int, seconds: int, headers: Mapping[str, str], rest_us_per_s: float
) -> float:
    """Processor time of this program's other children for a request, in microseconds, without what they
    spend at rest."""
    before, begun = children_s(), time.monotonic()
    rate = rate_of(url, path, rows, seconds, headers)
    spent_us = (children_s() - before) * 1e6 - rest_us_per_s * (time.monotonic() - begun)
    return spent_us / (rate * seconds)


def resting_us_per_s(seconds: int) -> float:
    """Processor time that all living processes under this one spend in a second without being asked."""
    before, begun = children_s(), time.monotonic()
    time.sleep(seconds)
    return (children_s() - before) / (time.monotonic() - begun) * 1e6


def children_s() -> float:
    """Processor time of all living processes under this one, in seconds."""
    stats: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                stats[int(entry.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    under = {os.getpid()}
    for _ in stats:  # a generation each time
        found = {pid for pid, (parent, _) in stats.items() if parent in under} - under
        if not found:
            break
        under |= found
    ticks = sum(stats[pid][1] for pid in under - {os.getpid()} if pid in stats)
    return ticks / os.sysconf("SC_CLK_TCK")
