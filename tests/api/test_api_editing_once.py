"""A creation whose answer is lost is sent again and made once (Idempotency-Key)."""

from __future__ import annotations

import socket
import threading
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import psycopg
import pytest
from api_serving import Served, until
from edit_requests import GEOJSON, feature, post

from spatial.editing.store import KEYS_KEPT_DAYS

LOOSE = "/collections/loose/items"
"""No key of its own: the platform gives the id."""


def keyed(served: Served, key: str, body: Any, layer: str = "loose", **options: Any) -> httpx.Response:
    headers = {"idempotency-key": key} | options.pop("headers", {})
    return post(served, body, layer, headers=headers, **options)


def named(served: Served, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(LOOSE, params={"filter": f"name='{name}'"}).json()["features"]
    return found


def cut_after_sending(served: Served, key: str, body: Any) -> None:
    """The whole request goes out, and the line is gone before a byte of the answer."""
    where, sent = urlsplit(served.url), orjson.dumps(body)
    head = (
        f"POST {LOOSE} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/geo+json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port)) as line:
        line.sendall(head.encode() + sent)
        until(lambda: named(served, body["properties"]["name"]))


def test_sent_again_after_the_line_was_cut_it_is_made_once(edited: Served) -> None:
    key, body = str(uuid.uuid4()), feature(None, name="断线")
    cut_after_sending(edited, key, body)
    (made,) = named(edited, "断线")
    whole = {"headers": {"prefer": "return=representation"}}
    again = keyed(edited, key, body, **whole)
    assert again.status_code == 201
    assert again.headers["location"] == f"{edited.url}{LOOSE}/{made['id']}"
    assert again.json()["id"] == made["id"]
    # Whatever somebody made of it since, the answer is what it was.
    changed = edited.client.delete(f"{LOOSE}/{made['id']}", headers={"if-match": "*"})
    assert changed.status_code == 204
    third = keyed(edited, key, body, **whole)
    assert (third.status_code, third.json()) == (201, again.json())
    assert third.headers["etag"] == again.headers["etag"]
    assert named(edited, "断线") == []


def test_requests_of_one_key_at_once_make_one(edited: Served) -> None:
    key, body = str(uuid.uuid4()), feature(None, name="同时")
    answers: list[tuple[int, str]] = []

    def send() -> None:
        with httpx.Client(base_url=edited.url, timeout=60) as client:
            answer = client.post(LOOSE, json=body, headers=GEOJSON | {"idempotency-key": f'"{key}"'})
        answers.append((answer.status_code, answer.headers.get("location", answer.text)))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (made,) = named(edited, "同时")
    assert answers == [(201, f"{edited.url}{LOOSE}/{made['id']}")] * 6


def test_a_collection_is_answered_alike(edited: Served) -> None:
    many = {"type": "FeatureCollection", "features": [feature(None, name="批") for _ in range(3)]}
    unfit = keyed(edited, "with space", many)
    assert (unfit.status_code, unfit.json()["parameter"]) == (400, "Idempotency-Key")
    key = str(uuid.uuid4())
    first, again = keyed(edited, key, many), keyed(edited, key, many)
    assert first.status_code == 201 and again.json() == first.json()
    assert len(named(edited, "批")) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"body": feature(None, name="乙")},
        {"params": {"valid-from": "2020-01-01"}},
        {"headers": {"onemap-reason": "other"}},
    ],
)
def test_another_request_under_the_key_is_refused(edited: Served, other: dict[str, Any]) -> None:
    key = str(uuid.uuid4())
    body = feature(None, name="甲")
    first = keyed(edited, key, body)
    newest = edited.get("/changesets?limit=1").json()["changesets"][0]["id"]
    refused = keyed(edited, key, **{"body": body, **other})
    assert refused.status_code == 422
    told = refused.json()
    assert (told["code"], told["value"]) == ("request-key-reused", key)
    assert first.headers["location"].endswith(told["items"][0])
    assert edited.get("/changesets?limit=1").json()["changesets"][0]["id"] == newest == told["changeset"]


def test_a_refused_request_leaves_no_key_and_old_keys_are_forgotten(edited: Served) -> None:
    key = str(uuid.uuid4())
    assert keyed(edited, key, feature(None, lon=100.0, name="远")).status_code == 422
    assert keyed(edited, key, feature(None, name="近")).status_code == 201
    with psycopg.connect(edited.dsn, autocommit=True) as connection:
        connection.execute(
            "update spatial.request_key set asked_at = asked_at - make_interval(days => %s) where key = %s",
            (KEYS_KEPT_DAYS, key),
        )
        assert keyed(edited, str(uuid.uuid4()), feature(None, name="后")).status_code == 201
        left = connection.execute("select key from spatial.request_key where key = %s", (key,)).fetchall()
    assert left == []
