"""Inputs by reference over HTTP: fetched once, where allowed, with the asker's own rights, else named."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_serving import Served
from guarded_town import Town, unsaid
from jobs_running import ended
from reference_holder import POINTS_FILE, Answering, Holder, asking, holding

from spatial.jobs import outward, reference


@pytest.fixture(scope="module")
def holder() -> Iterator[Holder]:
    with holding() as one:
        yield one


@pytest.fixture(scope="module")
def allowed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that may ask this machine, and a worker."""
    folder = tmp_path_factory.mktemp("references")
    with asking(server_dsn, template, folder) as running:
        yield running


def echoed(served: Served, **inputs: Any) -> httpx.Response:
    return served.client.post("/processes/echo/execution", json={"inputs": inputs, "response": "document"})


def refused(answer: httpx.Response, code: str, name: str, *said: str) -> None:
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert (told["code"], told["pointer"]) == (code, f"/inputs/{name}")
    assert all(each in told["en"] for each in said), told["en"]


def test_what_an_address_holds_is_the_value(allowed: Served, holder: Holder) -> None:
    told = echoed(
        allowed,
        list={"href": f"{holder.url}/list", "type": "application/json"},
        box={"href": f"{holder.url}/box"},
        either={"href": f"{holder.url}/linked"},
        text={"href": f"{holder.url}/text?a=b", "rel": "related", "title": "一段文字", "hreflang": "zh"},
        bytes={"href": f"{holder.url}/gbk"},
        number=1.5,
    )
    assert told.status_code == 200, told.text
    found = told.json()
    assert (found["list"], found["box"], found["number"]) == ([3, 1, 2], {"bbox": [1, 2, 3, 4]}, 1.5)
    assert found["either"] == {"href": "http://127.0.0.1:1/x"}, "what comes is a value, not a link again"
    assert found["text"] == "寿光"
    assert base64.b64decode(found["bytes"]).decode("gbk") == "寿光"
    path, headers = next(each for each in holder.asked if each[0] == "/text?a=b")
    assert not {"authorization", "x-api-key", "cookie"} & set(headers), path
    plain = {"a": {"href": "http://127.0.0.1:1/x"}}
    assert echoed(allowed, either=plain).json()["either"] == plain, "a link further in is part of the value"
    literal = {"href": "http://127.0.0.1:1/x"}
    assert echoed(allowed, either={"value": literal}).json()["either"] == literal
    assert (
        echoed(allowed, either={"href": f"{holder.url}/bare", "type": "application/json"}).status_code == 200
    )


def test_a_value_that_does_not_fit_is_named_as_if_it_had_come_with_the_request(
    allowed: Served, holder: Holder
) -> None:
    for name, path in (("list", "/box"), ("number", "/list"), ("box", "/list")):
        answer = echoed(allowed, **{name: {"href": f"{holder.url}{path}"}})
        assert (answer.status_code, answer.json()["pointer"]) == (400, f"/inputs/{name}"), answer.text


@pytest.mark.parametrize(
    ("path", "name", "said"),
    [
        ("/gone", "list", "404"),
        ("/moved", "list", "302"),
        ("/packed", "list", "compressed"),
        ("/large", "text", "too large"),
        ("/cut", "list", "IncompleteRead"),
        ("/broken", "either", "no JSON"),
        ("/nul", "text", "NUL"),
        ("/gbk", "text", "UTF-8"),
        ("/text", "list", "must be JSON"),
    ],
)
def test_what_is_not_usable_is_told(allowed: Served, holder: Holder, path: str, name: str, said: str) -> None:
    answer = echoed(allowed, **{name: {"href": f"{holder.url}{path}"}})
    refused(answer, "reference-failed", name, said)


def test_only_what_was_asked_for_is_taken(allowed: Served, holder: Holder) -> None:
    asked = {"href": f"{holder.url}/text", "type": "application/json; charset=utf-8"}
    refused(echoed(allowed, either=asked), "reference-failed", "either", "text/plain")
    older = {"href": f"{holder.url}/text", "format": {"mediaType": "application/json"}}
    refused(echoed(allowed, either=older), "reference-failed", "either", "text/plain")
    together = {name: {"href": f"{holder.url}/half"} for name in ("text", "either")}
    assert echoed(allowed, **together).json()["code"] == "reference-failed", "8 MiB is for all of them"


@pytest.mark.parametrize(
    "href",
    [
        "http://localhost:9/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://u:p@127.0.0.1/",
        "http://127.0.0.1/#x",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/1",
        "/collections",
        "x",
    ],
)
def test_other_addresses_are_not_fetched(allowed: Served, href: str) -> None:
    refused(echoed(allowed, either={"href": href}), "reference-refused", "either")


@pytest.mark.parametrize(
    ("link", "pointer"),
    [
        ({"href": 1}, "/inputs/either/href"),
        ({"href": ""}, "/inputs/either/href"),
        ({"href": "http://127.0.0.1/", "method": "POST"}, "/inputs/either/method"),
        ({"href": "http://127.0.0.1/", "type": 5}, "/inputs/either/type"),
        ({"href": "http://127.0.0.1/", "format": "text/csv"}, "/inputs/either/format"),
        ({"href": "http://127.0.0.1/", "type": "text/csv\r\nX-Y: z"}, "/inputs/either/type"),
        ({"href": "http://127.0.0.1/", "type": "文本/表格"}, "/inputs/either/type"),
    ],
)
def test_a_link_that_is_none_is_named(allowed: Served, link: dict[str, Any], pointer: str) -> None:
    answer = echoed(allowed, either=link)
    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)


def test_nothing_is_fetched_for_an_input_that_there_is_not(allowed: Served, holder: Holder) -> None:
    before = len(holder.asked)
    answer = echoed(allowed, none={"href": f"{holder.url}/list"})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/inputs/none")
    many = {f"n{number}": {"href": f"{holder.url}/list"} for number in range(17)}
    assert echoed(allowed, **many).status_code == 400
    assert len(holder.asked) == before


def test_where_no_host_is_allowed_the_setting_is_named(served: Served, holder: Holder) -> None:
    before = len(holder.asked)
    refused(
        echoed(served, list={"href": f"{holder.url}/list"}),
        "reference-refused",
        "list",
        "ONEMAP_CALLBACK_HOSTS",
    )
    assert len(holder.asked) == before


def test_a_job_of_a_reference_is_the_job_of_its_bytes(allowed: Served) -> None:
    """The same digest of inputs, the same result; the address is asked once and may be gone when it runs."""
    file = {"name": "points.geojson", "content": base64.b64encode(json.dumps(POINTS_FILE).encode()).decode()}
    common = {"layer": "points", "reason": "引用", "dry_run": True, "delivery": "partial"}
    common |= {"valid_from": "2026-06-01", "source_crs": "EPSG:4490"}
    common |= {"author": "李工", "department": "自然资源和规划局"}

    def job(file: object) -> dict[str, Any]:
        made = allowed.client.post("/processes/load/execution", json={"inputs": {**common, "file": file}})
        assert made.status_code == 201, made.text
        return dict(made.json())

    with holding() as passing:
        referred = job({"href": f"{passing.url}/points.geojson"})
        assert [path for path, _ in passing.asked] == ["/points.geojson"]
    inline = job(file)
    results = []
    for one in (referred, inline):
        ended(allowed.dsn, one["jobID"])
        status = allowed.get(f"/jobs/{one['jobID']}").json()
        assert status["status"] == "successful", status.get("exception")
        results.append((status["onemap:inputsSha256"], allowed.get(f"/jobs/{one['jobID']}/results").json()))
    assert results[0] == results[1]


def test_the_platforms_own_resources_need_no_network(served: Served) -> None:
    """Not even where no host is allowed."""
    items = f"{served.url}/collections/points/items?limit=3"
    told = echoed(served, either={"href": items, "type": "application/geo+json"})
    assert told.status_code == 200, told.text
    found, read = told.json()["either"], served.get(items).json()
    assert found["features"] == read["features"]
    geometry = {"source": "EPSG:4490", "target": "EPSG:4549", "geojson": {"href": items}}
    moved = served.client.post("/processes/transform/execution", json={"inputs": geometry})
    assert moved.status_code == 200 and "118" not in str(moved.json()["geojson"]["features"][0]["geometry"])
    for path in ("/collections/none/items", "/nowhere", "//[", "/%00"):
        refused(echoed(served, either={"href": served.url + path}), "reference-failed", "either", "404")
    for path in ("/\n", "/collections/points/items?q=寿光", "/ "):
        refused(echoed(served, either={"href": served.url + path}), "reference-refused", "either")
    refused(
        echoed(served, list={"href": f"{served.url}/processes/echo/execution"}),
        "reference-failed",
        "list",
        "405",
    )


def test_a_kept_result_is_an_input(allowed: Served) -> None:
    inputs = {"layer": "points", "format": "geojson", "datetime": "2026-06-01"}
    made = allowed.client.post("/processes/export/execution", json={"inputs": inputs})
    assert made.status_code == 201, made.text
    ended(allowed.dsn, made.json()["jobID"])
    address = f"{allowed.url}/jobs/{made.json()['jobID']}/results/file"
    told = echoed(allowed, bytes={"href": address})
    assert told.status_code == 200, told.text
    assert base64.b64decode(told.json()["bytes"]) == allowed.get(address).content


def test_a_stream_that_does_not_end_is_left(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    answer = echoed(served, text={"href": f"{served.url}/changes/stream", "type": "text/event-stream"})
    assert answer.status_code in (422, 503), answer.text
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("who", ["anonymous", "stranger", "granted", "trusted", "own reader"])
@pytest.mark.parametrize("layer", ["shared", "terms", "withheld"])
def test_what_is_kept_from_the_asker_is_kept_from_the_process(town: Town, who: str, layer: str) -> None:
    who, path = town.anew(who), f"/collections/{layer}/items?limit=5"
    read = town.get(who, path)
    link = {"href": f"{town.served.url}{path}"}
    told = town.post(
        who, "/processes/echo/execution", {"inputs": {"either": link}, "outputs": {"either": {}}}
    )
    if read.status_code == 200:
        assert told.status_code == 200, told.text
        assert told.json()["features"] == read.json()["features"]
    else:
        assert told.status_code == 422 and str(read.status_code) in told.json()["en"]
        assert unsaid(told.text)


def test_nobody_in_particular_has_nothing_fetched(town: Town, holder: Holder) -> None:
    before = len(holder.asked)
    link = {"inputs": {"list": {"href": f"{holder.url}/list"}}}
    assert town.post("anonymous", "/processes/echo/execution", link).status_code == 401
    assert town.post("own reader", "/processes/echo/execution", link).json()["code"] == "reference-refused"
    assert len(holder.asked) == before


def test_an_answer_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch, holder: Holder) -> None:
    monkeypatch.setattr(reference, "WITHIN_S", 0.5)
    stop = threading.Event()

    class Dripping(Answering, http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not stop.wait(0.05):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as slow:
        slow.daemon_threads = True
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        asked = reference.Reference("/inputs/x", f"http://127.0.0.1:{slow.server_address[1]}/")
        with pytest.raises(reference.ReferenceFailed):
            reference.fetch(asked, ("127.0.0.1",))
        stop.set()
        slow.shutdown()


def test_a_handshake_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing, or drips nonsense, holds nobody for long."""
    monkeypatch.setattr(reference, "WITHIN_S", 0.5)
    monkeypatch.setattr(outward, "CONNECT_WITHIN_S", 30.0)
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = reference.Reference("/inputs/x", f"https://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(reference.ReferenceFailed):
            reference.fetch(asked, ("127.0.0.1",))


def test_a_file_is_named_as_its_address_ends(tmp_path: Path) -> None:
    schema = {"oneOf": [{"required": ["name", "content"]}, {"required": ["sha256"]}], "type": "object"}
    fetched = reference.Fetched(b"x", "text/csv")
    for href, name in {
        "http://h/a/%E7%82%B9.csv?x=/y": "点.csv",
        "http://h/..%2f..%2fetc": "etc",
        "http://h/": "input",
        "http://h/...": "input",
        "http://h/" + "n" * 300 + ".csv": "n" * 116 + ".csv",
    }.items():
        value = reference.value(reference.Reference("/inputs/file", href), fetched, schema)
        assert value == {"name": name, "content": "eA=="}, href
