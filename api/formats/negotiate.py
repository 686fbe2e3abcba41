"""Formats by name (``f``) and by media type (``Accept``) 格式协商: one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from api.problem import BadParameter, NotAcceptable
from api.wire import Request
from spatial.errors import shorten

T = TypeVar("T")
Format = Literal["json", "html", "jsonfg", "csv", "geojsonl", "fgb", "parquet"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One format: how it is sent, by which other names it is asked for, what readers call it."""

    media: str
    title: str
    suffix: str = ""
    """Of the file's name, where it is given as a file."""
    others: tuple[str, ...] = ()
    """Other media types of the same."""


KINDS: Mapping[Format, Kind] = {
    "json": Kind("application/geo+json", "GeoJSON", others=("application/json",)),
    "html": Kind("text/html", "网页 HTML", others=("application/xhtml+xml",)),
    "jsonfg": Kind("application/vnd.ogc.fg+json", "JSON-FG", ".fg.json", ("application/fg+json",)),
    "csv": Kind("text/csv", "CSV", ".csv"),
    "geojsonl": Kind("application/geo+json-seq", "GeoJSON 文本序列", ".geojsonl"),
    "fgb": Kind("application/vnd.flatgeobuf", "FlatGeobuf", ".fgb", ("application/flatgeobuf",)),
    "parquet": Kind(
        "application/vnd.apache.parquet",
        "GeoParquet",
        ".parquet",
        ("application/parquet", "application/x-parquet", "application/geoparquet"),
    ),
}
DOCUMENT: tuple[Format, ...] = ("json", "html")
"""What documents come in; their JSON has a media type of its own."""
ITEM: tuple[Format, ...] = ("json", "jsonfg", "html")
ITEMS: tuple[Format, ...] = tuple(KINDS)
BULK: tuple[Format, ...] = ("jsonfg", "csv", "geojsonl", "fgb", "parquet")
_WIDE: Mapping[str, Format] = {"*/*": "json", "application/*": "json", "text/*": "html"}
_PROFILES = ("jsonfg", "jsonfg-plus")
"""Profiles of GeoJSON that are JSON-FG (OGC 21-045r1, "GeoJSON Profiles")."""


def media(request: Request, parameters: Mapping[str, str], offered: tuple[Format, ...] = DOCUMENT) -> Format:
    """``f`` decides, else ``Accept``; JSON where both leave it open."""
    wanted = parameters.get("f")
    if wanted is not None:
        for name in offered:
            if wanted == name or (wanted, name) == ("geojson", "json"):
                return name
        raise BadParameter(
            "f",
            f"须为 {'、'.join(offered)} 之一",
            f"must be one of {', '.join(offered)}",
            value=wanted,
        )
    accept = request.headers.get(b"accept", b"*/*")
    if accept == b"*/*":
        return "json"
    return preferred(
        accept.decode("latin-1"),
        lambda name, parameters: _named(name, parameters, offered),
        (KINDS[name].media for name in offered),
    )


def preferred(accept: str, named: Callable[[str, list[str]], T | None], medias: Iterable[str]) -> T:
    """What the media range that is liked best names, the first of equal ones.

    NotAcceptable, which tells the media types that there are, where no range names anything.
    """
    best: T | None = None
    highest = 0.0
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found = named(name, parameters)
        quality = 0.0 if found is None else _quality_of(parameters)
        if quality > highest:
            best, highest = found, quality
    if best is None:
        kinds, shown = list(medias), shorten(accept)
        raise NotAcceptable(
            f"可用的格式为 {'、'.join(kinds)},请修改 Accept:{shown}",
            f"there are {', '.join(kinds)}; change Accept: {shown}",
            value=shown,
        )
    return best


def _named(name: str, parameters: list[str], offered: tuple[Format, ...]) -> Format | None:
    """The format of one media range."""
    if name == "application/geo+json" and "jsonfg" in offered and _profile(parameters) in _PROFILES:
        return "jsonfg"
    for each in offered:
        if name == KINDS[each].media or name in KINDS[each].others:
            return each
    wide = _WIDE.get(name) or ("json" if name.endswith("+json") else None)
    return wide if wide in offered else None


def _profile(parameters: list[str]) -> str:
    """The profile a media range names, by its name or its URI."""
    for each in parameters:
        if each.startswith("profile="):
            return each.removeprefix("profile=").strip('"').rpartition("/")[2]
    return ""


def _quality_of(parameters: list[str]) -> float:
    """How much a media range is liked, by what stands behind its semicolons."""
    for each in parameters:
        if each.startswith("q="):
            try:
                return float(each[2:])
            except ValueError:
                return 0.0
    return 1.0
