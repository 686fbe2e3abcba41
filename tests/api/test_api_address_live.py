"""What a changeset does to the register is answered by every worker within a second of its commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
import shapely
from api_serving import Served, server, until
from register_ground import registered
from register_writing import LATER, component, put

from address.bundle import Bundle
from address.model import Element
from address.sample import draw, loading
from spatial.database import connect

SIZE = 1500
CONNECTIONS = 12
"""Each stays with one worker: that all of them go to one of two is one chance in 2000."""
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def register() -> Bundle:
    return draw(SIZE, loading.SEED).bundle()


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registered(server_dsn, template, SIZE) as dsn:
        log = tmp_path_factory.mktemp("live") / "server.log"
        with server(dsn, log, workers=2) as running:
            yield running
        text = log.read_text()
        assert text.count("register is built") == 1 == text.count("register is mapped"), text[-2000:]
        assert "unexpected failure" not in text and "could not be followed" not in text, text[-2000:]


@pytest.fixture(scope="module")
def everyone(served: Served) -> Iterator[list[httpx.Client]]:
    """Clients of every worker, each of which has its register."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(httpx.Client(base_url=served.url, timeout=60)) for _ in range(CONNECTIONS)
        ]
        for client in clients:
            until(lambda: client.get("/v1/parse?text=寿光市").status_code == 200, 60)  # noqa: B023
        yield clients


def ask(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params={name.replace("__", "."): value for name, value in parameters.items()})
    return answer.json() if answer.status_code == 200 else {"features": []}


def labels(client: httpx.Client, path: str, **parameters: Any) -> list[str]:
    return [each["properties"]["label"] for each in ask(client, path, **parameters)["features"]]


def all_say(clients: list[httpx.Client], true: Callable[[httpx.Client], bool]) -> float:
    """How long it takes until every connection's answer is so."""
    start = time.monotonic()
    for client in clients:
        until(lambda: true(client), PATIENCE_S)  # noqa: B023
    return time.monotonic() - start


def address(key: str, of: str, region: str, longitude: float) -> dict[str, Any]:
    """A row of ``addresses``."""
    point = shapely.set_srid(shapely.Point(longitude, 36.9), 4490)
    return {
        "address_id": key, "component_id": of, "region_id": region, "form": "street", "role": "main",
        "full_text": key, "position_method": "surveyed", "accuracy_m": 1.0, "status": "active",
        "geom": shapely.to_wkb(point, include_srid=True),
    }  # fmt: skip


def test_changes_are_answered_by_every_worker_within_a_second(
    served: Served, everyone: list[httpx.Client], register: Bundle
) -> None:
    components = register.snapshot.components
    names, keys = components.name.to_pylist(), components.key.to_pylist()
    road, town, other = (keys[names.index(name)] for name in ("圣城街", "圣城街道", "文家街道"))
    waits = []
    with connect(served.dsn) as connection:
        with connection.transaction():
            put(
                connection, "components",
                component("door", road, int(Element.DOOR), "8888号", number=8888),
                component("estate", town, int(Element.ESTATE), "瀚澜花园"),
                component("building", "estate", int(Element.BUILDING), "8号楼", number=8),
            )  # fmt: skip
            for key, of, x in (("at-door", "door", 118.7), ("at-building", "building", 118.701)):
                put(connection, "addresses", address(key, of, town, x))
        waits.append(all_say(everyone, lambda client: has(client, "圣城街8888号", "door")))
    ask_one = everyone[0]
    for client in everyone:
        assert has(client, "寿光市圣城街道瀚澜花园8号楼", "building")
        assert labels(client, "/v1/search/structured", address="圣城街8888号")[0].endswith("圣城街8888号")
        assert labels(client, "/v1/autocomplete", text="hanlan")[0].endswith("瀚澜花园")
        near = ask(client, "/v1/reverse", point__lon=118.7, point__lat=36.9, size=10)["features"][0]
        assert near["properties"]["source_id"] == "door"
        assert ask(client, "/v1/place", ids="door")["features"][0]["properties"]["name"] == "圣城街8888号"
        assert client.get("/v1/resolve/at-building").json()["place"]["properties"]["source_id"] == "building"
        parts = client.get("/v1/parse", params={"text": "瀚澜花园8号楼"}).json()["parts"]
        assert "瀚澜花园" in [each["name"] for each in parts]

    with connect(served.dsn) as connection:
        with connection.transaction():  # an ancestor is renamed: all texts below change
            put(connection, "components", component("estate", town, int(Element.ESTATE), "璟珑花园"))
        waits.append(all_say(everyone, lambda client: has(client, "璟珑花园8号楼", "building")))
        assert not has(ask_one, "瀚澜花园8号楼", "building")
        with connection.transaction():
            put(connection, "addresses", address("at-door", "door", town, 118.75))
        waits.append(all_say(everyone, lambda client: stands(client, "door", 118.75)))
        with connection.transaction():  # a subtree moves
            put(connection, "components", component("estate", other, int(Element.ESTATE), "璟珑花园"))
        waits.append(all_say(everyone, lambda client: has(client, "文家街道璟珑花园8号楼", "building")))
        with connection.transaction():
            put(connection, "addresses", {"address_id": "at-door", "remove": True})
            put(connection, "components", {"component_id": "door", "remove": True})
        waits.append(all_say(everyone, lambda client: not has(client, "圣城街8888号", "door")))
        with connection.transaction():
            put(
                connection,
                "address-aliases",
                {"alias_id": "a", "text": "老铸造厂大院", "component_id": "estate", "kind": "colloquial"},
            )
        waits.append(all_say(everyone, lambda client: has(client, "老铸造厂大院8号楼", "building")))
    assert min(waits) < 1.0, waits  # of a machine that is busy, the quietest moment


def test_a_code_is_resolved_as_of_an_instant(
    served: Served, everyone: list[httpx.Client], register: Bundle
) -> None:
    names, keys = (getattr(register.snapshot.components, each).to_pylist() for each in ("name", "key"))
    town, other = (keys[names.index(name)] for name in ("圣城街道", "文家街道"))
    client = everyone[0]
    estate, later, latest = int(Element.ESTATE), LATER + timedelta(days=30), LATER + timedelta(days=60)
    with connect(served.dsn) as connection:
        with connection.transaction():
            put(
                connection, "components",
                component("court", town, estate, "玉带花园"),
                component("house", "court", int(Element.BUILDING), "6号楼", number=6),
            )  # fmt: skip
            put(connection, "addresses", address("at-house", "house", town, 118.72))
            code = {"code_id": "c", "code": "X-1", "scheme": "internal", "address_id": "at-house"}
            put(connection, "address-codes", code)
        (known,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
        with connection.transaction():
            put(connection, "components", component("court", town, estate, "金带花园"), day=later)
        with connection.transaction():
            ended = component("court", other, estate, "银带花园", status="merged", successor_id="successor")
            put(connection, "components", component("successor", other, estate, "合璧花园"), day=latest)
            moved = component("house", "successor", int(Element.BUILDING), "6号楼", number=6)
            put(connection, "components", moved, ended, day=latest)

    def resolved(code: str, **times: Any) -> tuple[str, list[str]]:
        told = ask(client, f"/v1/resolve/{code}", **times)
        return told["place"]["properties"]["name"], [each["name"] for each in told["was"]]

    for code in ("house", "at-house", "X-1"):
        assert resolved(code, datetime=LATER.isoformat()) == ("玉带花园6号楼", [])
        assert resolved(code, datetime=later.isoformat()) == ("金带花园6号楼", [])
        assert resolved(code, datetime=later.isoformat(), asof=known.isoformat()) == ("玉带花园6号楼", [])
        assert resolved(code, datetime=latest.isoformat()) == ("合璧花园6号楼", [])
        before = client.get(f"/v1/resolve/{code}", params={"datetime": "2026-05-31"})
        assert (before.status_code, "2026-05-31" in before.json()["zh"]) == (404, True)
    assert resolved("court", datetime=later.isoformat()) == ("金带花园", [])
    assert resolved("court", datetime=latest.isoformat()) == ("合璧花园", ["银带花园"])
    here = ask(client, "/v1/resolve/court", datetime=later.isoformat())["place"]
    assert here["geometry"]["coordinates"] == [118.72, 36.9]  # the middle of what lay in it then
    assert here["properties"]["localadmin"] == "圣城街道"


def has(client: httpx.Client, text: str, key: str) -> bool:
    found = ask(client, "/v1/search", text=text, size=1)["features"]
    return bool(found) and found[0]["properties"]["source_id"] == key


def stands(client: httpx.Client, key: str, longitude: float) -> bool:
    found = ask(client, "/v1/place", ids=key)["features"]
    return bool(found) and abs(found[0]["geometry"]["coordinates"][0] - longitude) < 1e-9
