"""Batches in parts over HTTP: bodies written by hand after 18-088, clause 11, answers taken apart by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from api_serving import Served, database_of, server
from sensor_requests import ROOT, got, made, station

Answer = tuple[int, dict[str, str], Any]


@pytest.fixture(scope="module")
def batched(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("batch") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        assert made(running, "Things", station("寒桥", count=3)) == "Things(1)"
        yield running
    assert "unexpected failure" not in log.read_text()


def http(method: str, url: str, body: Any = None, content_id: str | None = None) -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    head = [f"{method} {url} HTTP/1.1", "Host: localhost"]
    head += ["Content-Type: application/json", f"Content-Length: {len(text.encode())}"] if text else []
    return "\r\n".join([*lines, "", *head, "", text])


def mixed(boundary: str, *parts: str) -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def change_set(boundary: str, *parts: str) -> str:
    return f"Content-Type: multipart/mixed;boundary={boundary}\r\n\r\n{mixed(boundary, *parts)}"


def sent(served: Served, body: str, boundary: str = "b") -> list[Any]:
    answer = served.client.post(
        f"{ROOT}/$batch",
        content=body.encode(),
        headers={"Content-Type": f"multipart/mixed;boundary={boundary}"},
    )
    assert answer.status_code == 200, answer.text
    return parts_of(answer.headers["content-type"], answer.content.decode())


def parts_of(content_type: str, body: str) -> list[Any]:
    """Answers; those of a change set as a list of their own."""
    assert content_type.startswith("multipart/mixed")
    boundary = content_type.partition("boundary=")[2]
    pieces = body.split(f"--{boundary}")
    assert pieces[0] == "" and pieces[-1].strip() == "--"
    found: list[Any] = []
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix("\r\n").partition("\r\n\r\n")
        outer = headers(head)
        if outer["content-type"].startswith("multipart/mixed"):
            found.append(parts_of(outer["content-type"], content))
        else:
            assert outer["content-type"] == "application/http"
            found.append(answer_of(content))
    return found


def headers(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.split("\r\n"))
    return {name.lower(): value.strip() for name, _, value in lines}


def answer_of(text: str) -> Answer:
    head, _, body = text.partition("\r\n\r\n")
    line, _, rest = head.partition("\r\n")
    told = headers(rest)
    body = body.removesuffix("\r\n")
    assert len(body.encode()) == int(told["content-length"])
    shown = json.loads(body) if "json" in told.get("content-type", "") else body
    return int(line.split(" ")[1]), told, shown


def observation(result: float, hour: int, stream: Any = 1) -> dict[str, Any]:
    time = f"2026-05-01T{hour:02}:00:00Z"
    return {"phenomenonTime": time, "result": result, "Datastream": {"@iot.id": stream}}


def test_reads_and_a_change_set_in_their_order(batched: Served) -> None:
    body = mixed(
        "b",
        http("GET", f"{ROOT}/Things(1)?$select=name"),
        change_set(
            "c",
            http("POST", f"{batched.url}{ROOT}/Things", station("新站", count=1), "1"),
            http("PATCH", "$1", {"description": "刚建"}, "2"),
            http("POST", "Observations", observation(7.5, 1), "3"),
        ),
        http("GET", "Datastreams(1)/Observations?$filter=result%20eq%207.5&$count=true"),
        http("GET", "Things(1)/name/$value"),
    )
    first, changed, counted, value = sent(batched, body)
    assert (first[0], first[2]) == (200, {"name": "寒桥"})
    assert [each[0] for each in changed] == [201, 200, 201]
    thing = changed[0][1]["location"].partition(ROOT)[2].strip("/")
    told = got(batched, thing)
    assert (told["name"], told["description"]) == ("新站", "刚建")
    assert counted[2]["@iot.count"] == 1, "what the change set wrote is read after it"
    assert (value[0], value[2]) == (200, "寒桥")


def test_a_change_set_is_done_whole_or_not_at_all(batched: Served) -> None:
    before = got(batched, "Things?$count=true&$top=0")["@iot.count"]
    body = mixed(
        "b",
        change_set(
            "c",
            http("POST", "Things", {"name": "不该留下", "description": ""}, "1"),
            http("POST", "Observations", observation(1, 2, stream=99_999), "2"),
        ),
        http("POST", "Things", {"name": "独立", "description": ""}),
        http("GET", "Nothings(1)"),
        http("GET", "Things(1)?$select=id"),
    )
    failed, alone, missing, read = sent(batched, body)
    assert failed[0] == 400 and failed[2]["code"], "one answer for the whole set"
    assert (alone[0], read[0]) == (201, 200), "what follows is done"
    assert missing[0] in (400, 404)
    assert got(batched, "Things?$count=true&$top=0")["@iot.count"] == before + 1


WHOLE = http("GET", "Things(1)")
BAD = {
    "nested": mixed("b", change_set("c", change_set("d", http("DELETE", "Things(1)")))),
    "a read in a set": mixed("b", change_set("c", WHOLE)),
    "no http": mixed("b", "Content-Type: text/plain\r\n\r\nGET Things(1)"),
    "no request line": mixed("b", "Content-Type: application/http\r\n\r\nhello"),
    "no json": mixed("b", http("POST", "Things") + "{"),
    "cut off": mixed("b", WHOLE).removesuffix("--b--\r\n"),
    "no parts": "nothing",
    "nested without end": "--b\r\n"
    + "".join(f"Content-Type: multipart/mixed;boundary=c{n}\r\n\r\n--c{n}\r\n" for n in range(5000)),
    "unknown method": mixed("b", http("TRACE", "Things(1)")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_batch_that_is_none_is_refused(batched: Served, name: str) -> None:
    answer = batched.client.post(
        f"{ROOT}/$batch", content=BAD[name].encode(), headers={"Content-Type": "multipart/mixed;boundary=b"}
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_without_a_boundary_is_refused(batched: Served) -> None:
    for kind in ("multipart/mixed", "multipart/form-data;boundary=b"):
        answer = batched.client.post(
            f"{ROOT}/$batch", content=mixed("b", WHOLE).encode(), headers={"Content-Type": kind}
        )
        assert answer.status_code == 400


def test_json_tells_a_bare_value_and_the_past_too(batched: Served) -> None:
    requests = [
        {"id": "1", "method": "get", "url": "Things(1)/name/$value"},
        {"id": "2", "method": "get", "url": "Things(1)?asof=2020-01-01"},
    ]
    answer = batched.client.post(f"{ROOT}/$batch", json={"requests": requests}).json()["responses"]
    assert [(each["status"], each["body"]) for each in answer[:1]] == [(200, "寒桥")]
    assert answer[1]["status"] == 404


def test_a_later_read_asks_for_what_a_write_made_with_options_of_its_own(batched: Served) -> None:
    requests = [
        {"id": "t", "method": "post", "url": "Things", "body": station("引用")},
        {"id": "a", "method": "get", "url": "$t?$select=name&$expand=Locations($select=name)"},
        {"id": "b", "method": "get", "url": "$t/Datastreams?$count=true&$top=0"},
        {"id": "c", "method": "get", "url": "$t/name/$value"},
        {"id": "d", "method": "get", "url": "$other?$select=name"},
    ]
    answer = batched.client.post(f"{ROOT}/$batch", json={"requests": requests})
    told = {each["id"]: each for each in answer.json()["responses"]}
    assert told["a"]["body"] == {"name": "引用", "Locations": [{"name": "引用处"}]}
    assert told["b"]["body"] == {"@iot.count": 2, "value": []}
    assert (told["c"]["body"], told["d"]["status"]) == ("引用", 404)
