"""Hostile requests: nothing of the 500 class, each answered soon, each refusal with its reason."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from urllib.parse import urlsplit
from xml.etree import ElementTree

import brotli  # type: ignore[import-untyped]
import pytest
from hostile import Hostile, generate
from serving import Served

COUNT = int(os.environ.get("ONEMAP_TEST_HOSTILE", "6000"))
"""Requests in all; a long run asks for more."""
CLIENTS = 4
OWS = "{http://www.opengis.net/ows/1.1}"


class Client:
    """One kept connection, made anew where the server closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._connection: http.client.HTTPConnection | None = None

    def send(self, one: Hostile) -> tuple[int, bytes, float]:
        for fresh in (False, True):
            if self._connection is None or fresh:
                self._connection = http.client.HTTPConnection(*self._place, timeout=30)
            began = time.monotonic()
            try:
                return self._once(self._connection, one, began)
            except (http.client.HTTPException, ConnectionError):
                self._connection.close()
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def _once(
        self, connection: http.client.HTTPConnection, one: Hostile, began: float
    ) -> tuple[int, bytes, float]:
        connection.putrequest(one.method, one.target, skip_accept_encoding=True)
        for name, value in one.headers:
            connection.putheader(name, value.encode("latin-1", "replace"))
        if one.method != "GET":
            connection.putheader("Content-Length", str(len(one.body)))
        connection.endheaders(one.body or None)
        answer = connection.getresponse()
        content = _unpacked(answer.read(), answer.getheader("content-encoding"))
        if answer.getheader("connection") == "close":
            connection.close()
            self._connection = None
        return answer.status, content, time.monotonic() - began


def _unpacked(content: bytes, coding: str | None) -> bytes:
    match coding:
        case "gzip":
            return gzip.decompress(content)
        case "br":
            return bytes(brotli.decompress(content))
    return content


def assert_exception_report(one: Hostile, body: bytes) -> None:
    """WMTS refuses as OWS Common does: a code, the parameter's name, both languages."""
    report = ElementTree.fromstring(body)
    exception = report.find(f"{OWS}Exception")
    assert report.tag == f"{OWS}ExceptionReport" and exception is not None, (one, body)
    assert exception.get("exceptionCode"), (one, body)
    said = exception.findtext(f"{OWS}ExceptionText") or ""
    assert re.search("[一-鿿]", said) and re.search("[a-z]{3}", said), (one, said)


def test_no_hostile_request_is_answered_with_a_server_error(city: Served) -> None:
    requests = list(generate(city.get("/openapi.json").json(), COUNT, seed=370783))

    def drive(number: int) -> list[tuple[Hostile, int, bytes, float]]:
        client = Client(city.url)
        return [(one, *client.send(one)) for one in islice(requests, number, None, CLIENTS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [each for part in pool.map(drive, range(CLIENTS)) for each in part]
    assert len(answers) == COUNT
    failed = [(one, status, body[:300]) for one, status, body, _ in answers if status >= 500]
    assert not failed, failed[:5]
    refused = [(one, body, took) for one, status, body, took in answers if 400 <= status < 500]
    assert len(refused) > COUNT / 3, Counter(status for _, status, _, _ in answers)
    for one, body, _ in refused:
        if not body:  # what is no HTTP at all is refused by the server itself
            continue
        assert b"Traceback" not in body and b"psycopg" not in body, (one, body)
        if body.startswith(b"<?xml"):
            assert urlsplit(one.target).path.startswith("/wmts"), one
            assert_exception_report(one, body)
            continue
        document = json.loads(body)
        assert document["zh"] and document["en"] and document["code"], one
    # Refusing costs no search.
    times_s = [took for _, _, took in refused]
    slowest = statistics.quantiles(times_s, n=1000)[-1]
    late = sum(took > 0.2 for took in times_s)
    print(
        f"{len(answers)} requests, {len(refused)} refused: median {statistics.median(times_s):.4f} s,"
        f" 99.9 % within {slowest:.3f} s, longest {max(times_s):.3f} s, later than 0.2 s: {late}"
    )
    assert statistics.median(times_s) < 0.2, times_s
    assert city.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    ("target", "parameter"),
    [
        ("/collections/roads/items?bbox=nan,0,1,1", "bbox"),
        ("/collections/roads/items?limit=1e9", "limit"),
        ("/collections/roads/items?undeclared=1", "undeclared"),
        ("/collections/roads/items?datetime=2026-13-01", "datetime"),
        ("/collections/roads/items?filter=no_such_field%3D1", "filter"),
        ("/collections/roads/items?filter=((((", "filter"),
        ("/collections/roads/items?crs=EPSG:1", "crs"),
        ("/collections/roads/items?sortby=no_such_field", "sortby"),
        ("/collections/roads/items?properties=no_such_field", "properties"),
    ],
)
def test_a_refusal_names_the_field(city: Served, target: str, parameter: str) -> None:
    answer = city.get(target)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
