"""Flights 航次: catalogued files that were taken together are one item with several assets.

Files of one flight and one day belong together: the orthophotos and the surface model of a flight
over a river are one thing to whoever compares two dates. A file without a flight stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from spatial.datum.clock import BEIJING

UNDATED: Final = "undated"
Feature = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flight:
    """One item: where, when, which files. ``start`` to ``end`` is the Beijing day, end excluded."""

    id: str
    collection: str
    title: str
    geometry: BaseGeometry
    start: datetime
    end: datetime
    dated: bool
    """Whether the day of acquisition is known; else the time in the file's header or of cataloguing."""
    files: tuple[Feature, ...]
    """Features of the catalogue, the finest first."""

    @property
    def newest_first(self) -> tuple[float, str]:
        """The order of a list."""
        return (-self.start.timestamp(), self.id)


def flights(collection: str, features: Iterable[Feature]) -> list[Flight]:
    """The flights that features of a layer of catalogued files make, the newest first."""
    together: dict[str, list[Feature]] = {}
    for feature in features:
        together.setdefault(_id(feature), []).append(feature)
    return sorted(
        (_flight(collection, name, files) for name, files in together.items()),
        key=lambda each: each.newest_first,
    )


def _id(feature: Feature) -> str:
    """The last part is always a day or a word, so that two names never run into one another."""
    said = feature["properties"]
    if not said.get("flight"):
        return str(feature["id"])
    return f"{_plain(said['flight'])}_{said.get('acquired') or UNDATED}"


def _plain(name: str) -> str:
    """A name that clients may put into a path as it is; one that had to be changed keeps its own mark.

    >>> _plain("弥河2026")
    '弥河2026'
    >>> _plain("弥河/2026")
    '弥河-2026-ff73d6'
    """
    plain = re.sub(r"[^\w.-]", "-", name)
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:6]}"


def _flight(collection: str, name: str, files: list[Feature]) -> Flight:
    files.sort(key=lambda each: (each["properties"].get("resolution_m") or 0.0, str(each["id"])))
    said = files[0]["properties"]
    start, end, dated = _span(said)
    shape = shapely.union_all([shapely.geometry.shape(each["geometry"]) for each in files])
    return Flight(
        id=name,
        collection=collection,
        title=str(said.get("flight") or said.get("name") or name),
        geometry=shape,
        start=start,
        end=end,
        dated=dated,
        files=tuple(files),
    )


def _span(said: Mapping[str, Any]) -> tuple[datetime, datetime, bool]:
    if said.get("acquired"):
        start = datetime.combine(date.fromisoformat(said["acquired"]), time(), BEIJING)
        return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC), True
    at = datetime.fromisoformat(said["valid_from"]).astimezone(UTC)
    return at, at, False
