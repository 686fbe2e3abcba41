"""Feed, stream and crawl: what nobody told somebody is nowhere, also not in logs."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from api_serving import contract, deliver, places, publish, until
from feed_clients import events
from guarded_town import (
    CANARY,
    FIELD,
    INTERNAL,
    LAYERS,
    MISSING,
    NOTHING,
    STEWARD,
    WHO,
    Town,
    author_of,
    hidden_marks,
    reason_of,
    title_of,
    unsaid,
)

from spatial.access import store
from spatial.access.model import Right, Role
from spatial.catalogue import store as layers
from spatial.catalogue.contract import Field, Sharing, Title
from spatial.database import connect

PAGES_MAX = 80
COUNT = itertools.count()
_HREF = re.compile(r'href="([^"#]+)"|"href":"([^"]+)"')


def stream(town: Town, key: str) -> httpx.Response:
    request = town.served.client.build_request(
        "GET", "/changes/stream", params={"since": "now"}, headers={"X-API-Key": key}
    )
    return town.served.client.send(request, stream=True)


def change(town: Town, layer: str, code: int) -> None:
    place = places(12)[code]
    name = f"新 {code} {next(COUNT)}"
    made = deliver(town.served.dsn, layer, [type(place)(place.code, place.geometry, name, 99)])
    assert made is not None


def new_key(town: Town, department: str) -> tuple[str, str]:
    with connect(town.served.dsn) as connection:
        key, text = store.add_key(connection, "流", department, [Role.READER], by="test")
    return key.id, text


def opened(town: Town, key: str) -> tuple[httpx.Response, Iterator[dict[str, str]]]:
    """A stream that has told its first place; the key may take a moment to be known."""
    for _ in range(200):
        answer = stream(town, key)
        if answer.status_code == 200:
            blocks = events(answer.iter_lines())
            assert next(blocks)["id"]
            return answer, blocks
        answer.close()
    raise AssertionError(answer.status_code)


@pytest.mark.parametrize("who", WHO)
def test_a_hidden_layer_cannot_be_followed(town: Town, who: str) -> None:
    for layer in LAYERS:
        for path in ("/changes", "/changes/stream"):
            if getattr(WHO[who], layer) == NOTHING:
                answer = town.get(who, f"{path}?layers={layer}")
                absent = town.get(who, f"{path}?layers={MISSING}")
                assert answer.status_code == absent.status_code == 404
                assert answer.text == absent.text.replace(MISSING, layer)


def test_a_stream_ends_with_its_key(town: Town) -> None:
    id, key = new_key(town, STEWARD)
    answer, blocks = opened(town, key)
    assert answer.headers["cache-control"] == "no-store"
    assert {"X-API-Key", "Authorization"} <= set(answer.headers["vary"].split(", "))
    change(town, "withheld", 1)
    told = next(block for block in blocks if "data" in block)
    assert orjson.loads(told["data"])["layer"] == "withheld"
    with connect(town.served.dsn) as connection:
        store.revoke_key(connection, id, by="test")
    for block in blocks:  # until the server ends it
        assert "data" not in block
    answer.close()
    assert stream(town, key).status_code == 401


@pytest.mark.alone
def test_a_stream_is_blind_to_what_was_taken_back(town: Town) -> None:
    with connect(town.served.dsn) as connection:
        grant = store.add_grant(connection, "terms", "林业局", Right.READ, by="test")
    _, key = new_key(town, "林业局")
    answer, blocks = opened(town, key)
    shown = (orjson.loads(block["data"])["layer"] for block in blocks if block.get("event") == "changeset")
    change(town, "withheld", 2)
    change(town, "terms", 8)
    assert next(shown) == "terms"
    with connect(town.served.dsn) as connection:
        store.revoke_grant(connection, grant.id, by="test")
    change(town, "terms", 9)
    change(town, "shared", 9)
    assert next(shown) == "shared"
    answer.close()


@pytest.mark.alone
def test_a_stream_tells_when_its_layers_have_become_others(town: Town) -> None:
    _, key = new_key(town, "畜牧局")
    answer, blocks = opened(town, key)
    told = (orjson.loads(block["data"])["layers"] for block in blocks if block.get("event") == "layers")
    with connect(town.served.dsn) as connection:
        others = store.add_grant(connection, "terms", "气象局", Right.READ, by="test")
        grant = store.add_grant(connection, "terms", "畜牧局", Right.READ, by="test")
    assert "terms" in next(told)
    with connect(town.served.dsn) as connection:
        store.revoke_grant(connection, others.id, by="test")
        store.revoke_grant(connection, grant.id, by="test")
    assert "terms" not in next(told), "and nothing of what became of another's"
    answer.close()


@pytest.mark.alone
def test_a_stream_tells_of_contracts_as_far_as_its_reader_knows_them(town: Town) -> None:
    """A layer that is made and filled in one breath, then another hidden field and another title of it."""
    made = replace(contract("fresh"), sharing=Sharing.OPEN)
    hidden = replace(made, fields=tuple(_renamed(each, FIELD) for each in made.fields))
    answers = {who: opened(town, town.keys[who]) for who in ("own reader", "stranger")}
    told = {
        who: (orjson.loads(block["data"])["layers"] for block in blocks if block.get("event") == "layers")
        for who, (_, blocks) in answers.items()
    }
    publish(town.served.dsn, made)
    deliver(town.served.dsn, "fresh", places(12))
    for who in told:
        assert "fresh" in next(told[who]), who
    publish(town.served.dsn, hidden)
    assert "fresh" in next(told["own reader"])
    publish(town.served.dsn, replace(hidden, title=Title("新名", "renamed")))
    assert "fresh" in next(told["own reader"])
    assert "fresh" in next(told["stranger"])
    with connect(town.served.dsn) as connection:
        layers.withdraw(connection, "fresh")
    assert "fresh" not in next(told["stranger"]), "and of the hidden field's title it was told nothing"
    for answer, _ in answers.values():
        answer.close()


def _renamed(field: Field, name: str) -> Field:
    return replace(field, title=Title("另名", "another")) if field.name == name else field


def test_cursors_do_not_count_what_is_hidden(town: Town) -> None:
    """A reader's cursor moves with what they may see, and by nothing else."""

    def page(who: str, since: str, **more: str) -> dict[str, Any]:
        answer = town.served.client.get(
            "/changes", params={"since": since, **more}, headers={"X-API-Key": town.keys[who]}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    start, whole = page("stranger", "now")["next"], page("own reader", "now")["next"]
    for n in range(3):
        change(town, "withheld", n)
    assert page("stranger", "now")["next"] == start  # whoever asks again and again counts nothing
    assert (page("stranger", start)["next"], page("stranger", start)["changesets"]) == (start, [])
    assert len(page("own reader", whole)["changesets"]) == 3
    for hidden in (0, 1, 4, 0, 2, 0) * 2:
        for n in range(hidden):
            change(town, "withheld", n)
        change(town, "shared", 10)
    told = page("stranger", start)["changesets"]
    cursors = [each["cursor"] for each in told]
    assert len(set(cursors)) == 12
    assert cursors != sorted(cursors) and cursors != sorted(cursors, reverse=True)
    for one, other in itertools.pairwise([start, *cursors]):
        shared = sum(a == b for a, b in zip(one, other, strict=True))
        assert shared < 12, "of 43 characters, whatever lies between"
    for n, cursor in enumerate(cursors):  # nothing lost, nothing doubled
        assert [each["cursor"] for each in page("stranger", cursor)["changesets"]] == cursors[n + 1 :]
    walked, since = [], start
    while (some := page("stranger", since, limit="2"))["changesets"]:
        walked, since = walked + some["changesets"], some["next"]
    assert walked == told
    seen = [each for each in page("own reader", whole)["changesets"] if each["layer"] == "shared"]
    assert [each["cursor"] for each in seen] == cursors
    numbers = {name for each in told for name, value in each.items() if isinstance(value, int)}
    assert numbers == {"id", "opened", "closed"}  # no count but the number of the changeset itself


def test_the_key_of_the_cursors_is_in_no_answer_and_no_log(town: Town) -> None:
    with psycopg.connect(town.served.dsn) as connection:
        ((key,),) = connection.execute("select key from spatial.feed_key").fetchall()
    forms = (key.hex(), base64.b64encode(key).decode(), repr(key))
    bad = town.get("own reader", "/changes?since=1-0123456789abcdef")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad-cursor")
    assert "since=now" in bad.json()["zh"]
    said = bad.text + town.log.read_text() + town.get("own reader", "/changes").text
    assert not any(form in said for form in forms)


def crawl(town: Town, who: str) -> Iterator[tuple[str, httpx.Response]]:
    """All that links lead to, one address of each kind and layer."""
    waiting, seen = ["/", "/?f=html", "/changesets?limit=1000", "/map/config.json"], set()
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0).replace("&amp;", "&").replace(town.served.url, "")
        kind = re.sub(r"P\d{6}|after=[^&]*|since=[^&]*|/\d+", "·", path)
        if kind in seen or not path.startswith("/") or path.startswith(("/static", "/changes/stream")):
            continue
        seen.add(kind)
        answer = town.get(who, path)
        assert answer.status_code < 500, path
        yield path, answer
        waiting += [link or other for link, other in _HREF.findall(answer.text)]


@pytest.mark.parametrize("who", ["anonymous", "granted", "trusted", "security administrator"])
def test_links_lead_to_nothing_that_is_hidden(town: Town, who: str) -> None:
    rights = WHO[who]
    hidden = [layer for layer in LAYERS if getattr(rights, layer) == NOTHING]
    visited = 0
    for path, answer in crawl(town, who):
        visited += 1
        told = "\n".join([answer.text, *map(str, answer.headers.multi_items())])
        for layer in hidden:
            assert not any(mark in told for mark in hidden_marks(layer)), f"{who} {path} {layer}"
        assert rights.shared == INTERNAL or unsaid(told), f"{who} {path}"
        if who != "anonymous":
            assert answer.headers["cache-control"].startswith(("private", "no-store", "public")), path
            if not answer.headers["cache-control"].startswith("public"):
                assert {"X-API-Key", "Authorization"} <= set(answer.headers["vary"].split(", ")), path
    assert visited >= 30


def test_logs_say_nothing_of_what_was_read_or_refused(town: Town) -> None:
    who = town.anew("stranger")  # who was never granted anything, not even for a while
    for layer in LAYERS:
        town.get(who, f"/collections/{layer}/items/{CANARY}")
        town.get("own reader", f"/collections/{layer}/items?owner={CANARY}")

    def logged() -> str:
        return "".join(path.read_text() for path in town.log.with_suffix("").rglob("access-*.jsonl"))

    until(lambda: '"collection":"withheld"' in logged())  # of those who may
    written, log = town.log.read_text(), logged()
    for text in (written, log):
        for layer in LAYERS:
            marks = (CANARY, title_of(layer), reason_of(layer), author_of(layer), *town.keys.values())
            assert not any(mark in text for mark in marks)
    stranger = town.keys[who][:12]
    lines = [orjson.loads(line) for line in log.splitlines()]
    assert {line["collection"] for line in lines if line["credential"] == stranger} <= {"", "shared"}
