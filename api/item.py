"""One item as it goes out: its links, and the tag that names its version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from api.catalogue import Shown
from api.formats import jsonfg, links
from api.formats.negotiate import KINDS
from api.pages import Pages, html_headers
from api.parameters import ItemRequest
from api.wire import Header, Reply, tag_of
from spatial.editing.model import Condition, Named
from spatial.history.read import ItemsQuery

GEOJSON = b"application/geo+json"
LIVE = (b"cache-control", b"no-cache")
"""May be kept, must be asked about: a conditional request costs one small statement."""
VARY = [b"Accept", b"Accept-Language"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def reply(
    layer: Shown, fid: str, found: tuple[Any, ...], asked: ItemRequest, pages: Pages, base: str
) -> Reply:
    """The reply for a row of ``read.item``: feature text, opened_by, valid_from."""
    feature, opened_by, valid_from = found
    address = location(base, layer, fid)
    frame = asked.edge.srid if asked.edge.swapped or asked.edge.projected else "lonlat"
    tag = f"{mark(fid, opened_by, valid_from)}.{frame}"
    if layer.mark:
        tag += f".{digest(layer.mark)[:6]}"
    version = _version(base, layer.id, layer.changed_at)
    headers: list[Header] = [LIVE, (b"content-crs", f"<{asked.edge.uri}>".encode())]
    if asked.format == "html":
        body = pages.item(layer, orjson.loads(feature), base, asked.language)
        headers = [*html_headers(), *headers[1:]]
        return Reply(200, headers, body, etag=f"{tag}.html.{asked.language}", vary=VARY)
    (whole,) = said(layer, [feature.encode()], asked.query)
    if asked.format == "jsonfg":
        headers.append((b"content-type", KINDS["jsonfg"].media.encode()))
        body = orjson.dumps(jsonfg.item(orjson.loads(whole), layer, asked.edge, base, address))
        return Reply(200, headers, body, etag=f"{tag}.fg.{version}", vary=VARY)
    headers.append((b"content-type", GEOJSON))
    body = whole[:-1] + b',"links":' + orjson.dumps(links.of_item(layer, address, base, "json")) + b"}"
    return Reply(200, headers, body, etag=f"{tag}.{version}", vary=VARY)


@lru_cache(maxsize=1024)
def _version(base: str, layer_id: str, changed_at: datetime) -> str:
    """What decides the links and the members of an item, besides its own version."""
    return digest(base, layer_id, changed_at)[:6]


def location(base: str, layer: Shown, fid: str) -> str:
    """The address of an item."""
    return f"{base}/collections/{layer.id}/items/{quote(fid, safe='')}"


def mark(fid: str, opened_by: int, valid_from: datetime) -> str:
    """What all representations of one version have in common at the front of their tags.

    To the microsecond: one changeset may leave two versions of a feature that begin within a second.
    """
    return f"{quote(fid, safe='')}.{opened_by}.{(valid_from - _EPOCH) // _MICROSECOND:x}"


def condition(fid: str, if_match: str | None, if_none_match: str | None) -> Condition:
    """What ``If-Match`` and ``If-None-Match`` of a write say (RFC 9110, 13.1).

    Any representation's tag names its version: frame, format, language and coding
    do not matter, nor that a proxy made it weak, for a lost update is one of versions.
    """
    absent = if_none_match is not None and if_none_match.strip() == "*"
    if if_match is None:
        return Condition(absent=absent)
    if if_match.strip() == "*":
        return Condition(said=True, any_version=True, absent=absent)
    named = (_named(fid, part.strip().removeprefix("W/")) for part in if_match.split(","))
    return Condition(said=True, named=tuple(each for each in named if each is not None), absent=absent)


def _named(fid: str, tag: str) -> Named | None:
    front = f'"{quote(fid, safe="")}.'
    if not tag.startswith(front) or not tag.endswith('"') or len(tag) < len(front) + 2:
        return None
    parts = tag[len(front) : -1].split(".")
    try:
        opened_by, micros = int(parts[0]), int(parts[1], 16)
        if not 0 < opened_by < 2**63:
            return None
        return Named(opened_by, _EPOCH + micros * _MICROSECOND)
    except (ValueError, IndexError, OverflowError):
        return None


def said(layer: Shown, features: list[bytes], query: ItemsQuery) -> list[bytes]:
    """Features written before their layer was widened say null for the fields that came later.

    Readers that learn the fields from the first features (GDAL) then know them all.
    """
    if layer.changed_at == layer.created_at or query.output.fields is not None:
        return features
    keys = [f'"{name}":'.encode() for name in layer.fields]
    told = []
    for feature in features:
        start = feature.find(b',"properties":{')
        missing = b"".join(key + b"null," for key in keys if feature.find(key, start) < 0)
        # The reserved members close the properties; only numbers and instants follow them.
        before, point, after = feature.rpartition(b'"valid_from":"')
        told.append(before + missing + point + after)
    return told


def digest(*parts: object) -> str:
    """A short digest of what decides a representation."""
    text = "\x1f".join(map(str, parts))
    return tag_of(text.encode())
