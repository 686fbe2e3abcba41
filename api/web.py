"""The map page 一张图: its files, and what it has to know of the city and its layers.

The page is built from ``web/`` into ``api/static/`` (``hatch_build.py``). It
asks nobody but this server, under a policy that lets the browser enforce that.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import orjson
from fastapi import APIRouter

from api.catalogue import Catalogue, Shown
from api.door import route
from api.imagery import LAYER as IMAGES
from api.wire import WHO, Header, Reply, Request, coding
from spatial.catalogue.city import City, read_city
from spatial.catalogue.contract import Field
from spatial.catalogue.legend import legend
from spatial.errors import NotFound, shorten
from spatial.settings import Settings

STATIC_DIR = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".woff2": b"font/woff2",
}
PACKED = {"br": ".br", "gzip": ".gz"}
# Names under assets/ carry a digest of their content, so a name never changes its meaning.
IMMUTABLE = b"public, max-age=31536000, immutable"
REVALIDATE = b"no-cache"

_MISSING_STYLE = (
    "body{margin:0;display:grid;place-content:center;min-height:100vh;background:#f6f6f2;color:#1b2a31;"
    "font:16px/1.8 sans-serif;text-align:center}code{background:#e3e7e4;padding:2px 8px;border-radius:6px}"
)
_MISSING_PAGE = f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>一张图 One Map</title>
<style>{_MISSING_STYLE}</style></head>
<body><main><h1>一张图</h1><p>地图页面尚未构建。请运行 <code>./onemap up</code>,它会构建并启动。</p>
<p lang="en">The map page is not built yet: run <code>./onemap up</code>, it builds and starts it.</p>
</main></body></html>
"""


def content_security_policy(style_sha256: str | None = None, framed_by: Sequence[str] = ()) -> str:
    """Everything from this server and nothing inline; MapLibre decodes images through ``blob:``."""
    style = f"'sha256-{style_sha256}'" if style_sha256 else "'self'"
    ancestors = " ".join(("'self'", *framed_by))
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; "
        f"style-src {style}; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}; object-src 'none'"
    )


def assets_missing(directory: Path = STATIC_DIR) -> bool:
    """Whether the page still has to be built."""
    return not (directory / "index.html").is_file()


async def page(request: Request) -> Reply:
    """The page itself; where it is not built, how to build it."""
    if assets_missing():
        digest = base64.b64encode(hashlib.sha256(_MISSING_STYLE.encode()).digest()).decode()
        policy = content_security_policy(digest).encode()
        return Reply(503, _headers(".html", b"no-store", policy), _MISSING_PAGE.encode())
    asset = _asset("index.html")
    settings = cast(Settings, request.scope["app"].state.settings)
    policy = content_security_policy(framed_by=settings.framed_by).encode()
    return Reply(200, _headers(".html", REVALIDATE, policy), asset.content, etag=asset.sha256)


async def config(request: Request) -> Reply:
    """City and layers as the page draws them."""
    state = request.scope["app"].state
    catalogue, settings = cast(Catalogue, state.catalogue), cast(Settings, state.settings)
    body = orjson.dumps(
        map_config(_city(settings.city), tuple(catalogue.seen_by(request.principal).values()))
    )
    tag = hashlib.sha256(body).hexdigest()
    return Reply(200, _headers(".json", REVALIDATE), body, etag=tag, vary=[*WHO])


async def static(request: Request) -> Reply:
    """A built file, as it was compressed when it was built."""
    name = request.path_params["name"]
    asset = _asset(name)
    headers = _headers(asset.suffix, IMMUTABLE if name.startswith("assets/") else REVALIDATE)
    chosen = coding(request)
    packed = asset.packed.get(chosen)
    if packed is None:
        return Reply(200, headers, asset.content, etag=asset.sha256)
    headers.append((b"content-encoding", chosen.encode()))
    return Reply(200, headers, packed, etag=f"{asset.sha256}-{chosen}")


router = APIRouter(
    routes=[
        route("/map", page),
        route("/map/config.json", config),
        route("/static/{name:path}", static),
    ]
)


def _headers(suffix: str, caching: bytes, policy: bytes | None = None) -> list[Header]:
    headers = [(b"content-type", MEDIA_TYPES[suffix]), (b"cache-control", caching)]
    return [*headers, (b"content-security-policy", policy)] if policy else headers


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the built page, held in memory: all of them together are 3 MB."""

    suffix: str
    content: bytes
    sha256: str
    packed: dict[str, bytes]
    """The content by content coding, where it was compressed at the build."""


def _asset(name: str) -> Asset:
    """The file of that name. It is looked up, not opened, so a request cannot leave the folder."""
    found = _assets(STATIC_DIR, _built_at(STATIC_DIR)).get(name)
    if found is None:
        shown = shorten(name)
        raise NotFound(
            f"没有这个文件,地图页面在 /map:{shown}",
            f"there is no such file, the map page is at /map: {shown}",
            value=shown,
        )
    return found


@lru_cache(maxsize=2)
def _assets(directory: Path, built_at_ns: int) -> dict[str, Asset]:
    paths = (path for path in directory.rglob("*") if path.is_file() and path.suffix in MEDIA_TYPES)
    return {path.relative_to(directory).as_posix(): _read(path) for path in paths}


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    packed = {
        name: beside.read_bytes()
        for name, suffix in PACKED.items()
        if (beside := path.with_name(path.name + suffix)).is_file()
    }
    return Asset(path.suffix, content, hashlib.sha256(content).hexdigest(), packed)


def _built_at(directory: Path) -> int:
    """A build replaces the folder whole, so its time tells one build from the next."""
    return directory.stat().st_mtime_ns if directory.is_dir() else 0


@lru_cache(maxsize=1)
def _city(code: str) -> City:
    return read_city(code)


def map_config(city: City, layers: tuple[Shown, ...]) -> dict[str, Any]:
    """What ``web/src/model.ts`` calls ``Config``."""
    extent = city.extent_4490
    return {
        "city": {
            "code": city.code,
            "name": city.name,
            "extent": (extent.west, extent.south, extent.east, extent.north),
            "central_meridian_deg": city.central_meridian_deg,
        },
        "layers": [_layer(layer) for layer in layers],
    }


def _layer(layer: Shown) -> dict[str, Any]:
    contract = layer.contract
    return {
        "id": contract.id,
        "title": contract.title,
        "description": contract.description,
        "geometry": contract.geometry,
        "steward": contract.steward,
        "source_standard": contract.source_standard,
        "valid_time": contract.valid_time,
        "synthetic": contract.synthetic,
        "imagery": layer.id == IMAGES,
        "legend": _legend(layer),
        "fields": [_field(field) for field, _ in layer.fields.values()],
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type,
        "title": field.title,
        "unit": field.unit,
        "codes": [{"value": value, "title": title} for value, title in field.codes],
    }


def _legend(layer: Shown) -> dict[str, Any]:
    """The catalogue's legend, without what hangs on fields that are not public."""
    document: dict[str, Any] = legend(layer.contract, layer.fields)
    decides = layer.contract.legend.by
    by = decides if decides in layer.fields else None
    others = by is not None and len(document["entries"]) <= len(layer.contract.field(by).codes)
    return {
        **document,
        "kind": document["kind"] if layer.contract.geometry else "none",
        "color": layer.contract.legend.color,
        "label": document["label"] if document["label"] in layer.fields else None,
        "by": by,
        "entries": [entry for entry in document["entries"] if entry["code"] or others] if by else [],
    }
