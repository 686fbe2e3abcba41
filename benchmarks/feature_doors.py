"""What the doors save a client that holds the answer already, and what stands before them costs."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.feature_load import rate_of, server_us, warm
from benchmarks.feature_servers import WHOLE, ours
from spatial.access.model import Role
from spatial.access.store import add_key
from spatial.database import connect
from spatial.usage.model import EVERY, Quota, Subject
from spatial.usage.store import set_quota


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
    """Processor time of the server for a request with an API key, by how much stands before the door."""

    name: str
    doors_us: float
    metered_us: float
    whole_us: float

    @property
    def guard_share(self) -> float:
        """What guard, identity and quotas take of it."""
        return 1 - self.metered_us / self.whole_us

    @property
    def metering_share(self) -> float:
        """What counting and logging take of it."""
        return (self.metered_us - self.doors_us) / self.whole_us


def costs_before_doors(
    dsn: str, folder: Path, addresses: Mapping[str, str], rows: int, seconds: int
) -> list[Cost]:
    """By turns, three each; the least figure is the least disturbed one."""
    with connect(dsn) as connection:
        _, key = add_key(connection, "benchmark", "测试", [Role.READER], by="benchmark")
        for subject in (Subject.DEPARTMENT, Subject.KEY):
            set_quota(connection, Quota(subject, EVERY, 10_000_000, 1_000_000, 64))
    found: dict[tuple[str, str], float] = {}
    for application in ("bare:doors", "bare:metered", WHOLE) * 3:
        with ours(dsn, folder, application, "guarded") as url:
            headers = {"X-API-Key": key}
            for name, address in addresses.items():
                warm(url, address, rows)
                took_us = server_us(url, address, rows, seconds, headers)
                key_ = (name, application)
                found[key_] = min(found.get(key_, took_us), took_us)
    return [
        Cost(name, *(found[name, each] for each in ("bare:doors", "bare:metered", WHOLE)))
        for name in addresses
    ]
