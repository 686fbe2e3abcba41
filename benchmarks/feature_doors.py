"""What the doors save a client that holds the answer already, and what stands before them costs."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.feature_load import rate_of, resting_us_per_s, server_us, warm
from benchmarks.feature_servers import WHOLE, ours
from spatial.access.model import Role
from spatial.access.store import add_key
from spatial.database import connect
from spatial.usage.model import EVERY, Quota, Subject
from spatial.usage.store import set_quota

APPLICATIONS = ("bare:doors", "bare:metered", WHOLE)
TURNS = 9
REST_S = 5


def unchanged(url: str, rows: int, seconds: int) -> dict[str, float]:
    """Rates of requests for what the client holds already, answered with 304."""
    addresses = {
        "unchanged item": "/collections/bench-points/items/F00000001",
        "unchanged page": "/collections/bench-points/items?limit=1000&datetime=2026-03-01",
    }
    rates = {}
    for name, address in addresses.items():
        with urllib.request.urlopen(url + address) as answer:
            held = {"If-None-Match": answer.headers["ETag"]}
        try:
            urllib.request.urlopen(urllib.request.Request(url + address, headers=held))
        except urllib.error.HTTPError as answer:
            assert answer.code == 304, answer
        rates[name] = rate_of(url, address, rows, seconds, held)
    return rates


@dataclass(frozen=True)
class Cost:
    """Processor time of the server for a request with an API key, by how much stands before the door.

    A figure for each turn. Those of one turn were measured one right after the other, so that
    they are compared with each other: what else the machine does weighs on all three alike.
    """

    name: str
    doors_us: tuple[float, ...]
    metered_us: tuple[float, ...]
    whole_us: tuple[float, ...]

    @property
    def guard_share(self) -> float:
        """What guard, identity and quotas take of it; the median of the turns."""
        return median(1 - less / all_ for less, all_ in zip(self.metered_us, self.whole_us, strict=True))

    @property
    def metering_share(self) -> float:
        """What counting and logging take of it; the median of the turns."""
        turns = zip(self.doors_us, self.metered_us, self.whole_us, strict=True)
        return median((less - least) / all_ for least, less, all_ in turns)


def costs_before_doors(
    dsn: str, folder: Path, addresses: Mapping[str, str], rows: int, seconds: int
) -> list[Cost]:
    """Three servers that live side by side, by turns, every second turn in the other order.

    What servers spend whether they are asked or not (they look after the catalogue, and put figures
    down) is no cost of a request: it is measured while all rest, and taken off.
    """
    with connect(dsn) as connection:
        _, key = add_key(connection, "benchmark", "测试", [Role.READER], by="benchmark")
        for subject in (Subject.DEPARTMENT, Subject.KEY):
            set_quota(connection, Quota(subject, EVERY, 10_000_000, 1_000_000, 64))
    headers = {"X-API-Key": key}
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with ExitStack() as stack:
        urls: dict[str, str] = {}
        for application in APPLICATIONS:
            own = folder / application.replace(":", "-")
            own.mkdir()
            urls[application] = stack.enter_context(ours(dsn, own, application, "guarded"))
        for url in urls.values():
            for address in addresses.values():
                warm(url, address, rows)
        rest_us_per_s = resting_us_per_s(REST_S)
        for turn in range(TURNS):
            for name, address in addresses.items():
                for application in APPLICATIONS if turn % 2 else reversed(APPLICATIONS):
                    took_us = server_us(urls[application], address, rows, seconds, headers, rest_us_per_s)
                    found[name, application].append(took_us)
    return [Cost(name, *(tuple(found[name, each]) for each in APPLICATIONS)) for name in addresses]
