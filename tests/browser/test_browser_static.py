"""The page's files over HTTP: types, caching, compression, policy, and no way out of the folder."""

from __future__ import annotations

import gzip
import re
from typing import Any

import brotli
import httpx
import pytest

MARK = "assets/"


@pytest.fixture(scope="module")
def script(site: Any) -> str:
    """Address of the page's first script."""
    found = re.search(r'src="(static/assets/[^"]+\.js)"', httpx.get(f"{site.url}/map").text)
    assert found
    return f"{site.url}/{found.group(1)}"


def test_page_comes_with_a_strict_policy(site: Any) -> None:
    answer = httpx.get(f"{site.url}/map")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in re.sub(r"frame-ancestors [^;]*", "", policy), "nothing is read from elsewhere"
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("coding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)]
)
def test_scripts_are_immutable_and_arrive_compressed(script: str, coding: str, unpack: Any) -> None:
    plain = httpx.get(script, headers={"Accept-Encoding": "identity"}).content
    with httpx.stream("GET", script, headers={"Accept-Encoding": coding}) as answer:
        raw = b"".join(answer.iter_raw())
        assert unpack(raw) == plain
        assert answer.headers.get("content-encoding", "identity") == coding
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/map", "/map/config.json"])
def test_unchanged_answers_are_not_sent_again(site: Any, path: str) -> None:
    first = httpx.get(site.url + path)
    second = httpx.get(site.url + path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, second.status_code, second.content) == (200, 304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "../web.py",
        "%2e%2e/web.py",
        "assets/%2e%2e/%2e%2e/web.py",
        "..%2fweb.py",
        "%2fetc/passwd",
        "/etc/passwd",
        ".inputs-sha256",
        "assets",
        "",
        "index.html%00.js",
        "index.html.br",
    ],
)
def test_nothing_but_the_built_files_is_served(site: Any, path: str) -> None:
    answer = httpx.Client().send(httpx.Request("GET", f"{site.url}/static/{path}"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_config_names_layers_fields_and_codes_in_drawing_order(site: Any) -> None:
    config = httpx.get(f"{site.url}/map/config.json").json()
    assert config["city"]["name"] == {"zh": "寿光市", "en": "Shouguang"}
    assert [layer["id"] for layer in config["layers"]] == ["blocks", "streets", "sites"]
    blocks = config["layers"][0]
    use = next(field for field in blocks["fields"] if field["name"] == "use")
    assert use["codes"][1] == {"value": "0901", "title": {"zh": "商业用地", "en": "shops"}}
    assert [(entry["code"], entry["color"]) for entry in blocks["legend"]["entries"]] == [
        ("0701", "#f2c94c"),
        ("0901", "#d9534f"),
    ]
    assert config["layers"][2]["synthetic"] is True
