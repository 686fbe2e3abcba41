"""What the tests of editing share: layers to edit, and requests as a client makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from api_serving import Served, contract, database_of, deliver, places, publish, server

from spatial.catalogue.contract import Field, FieldType, Quality, Title

GEOJSON = {"content-type": "application/geo+json"}
PATCH = {"content-type": "application/merge-patch+json"}
ITEMS = "/collections/points/items"


@contextmanager
def edited_server(server_dsn: str, template: str, log: Path, workers: int = 1) -> Iterator[Served]:
    """Layers: ``points`` with features, empty ``areas``, ``notes``, ``loose`` (no key), ``strict``."""
    code = Field("kind", FieldType.TEXT, Title("类型", "kind"), codes=(("1", Title("浅", "a")),))
    depth = Field("depth", FieldType.NUMBER, Title("井深", "depth"), unit="m", minimum=0, maximum=500)
    key = Field("code", FieldType.TEXT, Title("编码", "code"), required=True, pattern=r"W\d{4}")
    name = Field("name", FieldType.TEXT, Title("名称", "name"), required=True, max_length=8)
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        publish(dsn, contract("areas", "Polygon"))
        publish(dsn, contract("notes", None))
        publish(dsn, replace(contract("loose"), key="", fields=contract("loose").fields[1:]))
        quality = Quality(unique=(("name",),))
        publish(dsn, replace(contract("strict"), fields=(key, name, code, depth), quality=quality))
        deliver(dsn, "points", places(50))
        with server(dsn, log, workers) as running:
            yield running


def feature(code: str | None, lon: float = 118.8, lat: float = 36.9, **properties: Any) -> dict[str, Any]:
    """A point feature."""
    key = {} if code is None else {"code": code}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {**key, **properties},
    }


def address(fid: str, layer: str = "points") -> str:
    return f"/collections/{layer}/items/{quote(fid, safe='')}"


def put(served: Served, fid: str, body: Any, layer: str = "points", **options: Any) -> httpx.Response:
    headers = GEOJSON | options.pop("headers", {})
    return served.client.put(address(fid, layer), json=body, headers=headers, **options)


def patch(served: Served, fid: str, body: Any, layer: str = "points", **options: Any) -> httpx.Response:
    headers = PATCH | options.pop("headers", {})
    return served.client.patch(address(fid, layer), json=body, headers=headers, **options)


def post(served: Served, body: Any, layer: str = "points", **options: Any) -> httpx.Response:
    headers = GEOJSON | options.pop("headers", {})
    return served.client.post(f"/collections/{layer}/items", json=body, headers=headers, **options)


def delete(served: Served, fid: str, layer: str = "points", **options: Any) -> httpx.Response:
    return served.client.delete(address(fid, layer), **options)


def match(tag: str) -> dict[str, str]:
    return {"if-match": tag}


def made(served: Served, fid: str, layer: str = "points", **properties: Any) -> str:
    """A new item; its tag."""
    response = post(served, feature(fid, **properties), layer)
    assert response.status_code == 201, response.text
    return response.headers["etag"]
