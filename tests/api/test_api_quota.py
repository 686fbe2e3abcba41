"""Quotas: who may ask how much, told in the answer, and refused with the time to wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from api.app import HOT
from api.cli.commands import onemap
from api.cli.failure import ending
from api.metrics import Metrics
from api.pool import Pool
from api.quota import Metered, Quotas, client_address
from api.wire import PRINCIPAL, TOLD
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal, Role
from spatial.database import connect
from spatial.usage import store
from spatial.usage.bucket import Bucket
from spatial.usage.model import Quota, Subject


def principal(department: str, key: str) -> Principal:
    return Principal(key, department, frozenset({Role.READER}), Origin.KEY, key)


WATER, OTHER_KEY = principal("水利局", "k1"), principal("水利局", "k2")
HOUSING = principal("住建局", "k9")


class Door:
    """A worker's quota in front of an application that answers at once, or when it is let."""

    def __init__(self, dsn: str, quotas: Sequence[Quota], workers: int = 1) -> None:
        with connect(dsn) as connection:
            connection.execute("delete from spatial.quota")
            for quota in quotas:
                store.set_quota(connection, quota)
        self.pool = Pool(dsn, name="test", size=1, settings=HOT, deadline_s=3.0)
        self.quotas = Quotas(self.pool, workers=workers)
        self.metrics = Metrics(None)
        self.layer = Metered(self._answer, quotas=self.quotas, metrics=self.metrics, behind_proxy=False)
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await self.let_go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask(
        self, who: Principal, path: str = "/conformance", query: bytes = b"", client: str = "10.0.0.1"
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, header fields, body."""
        told: list[Any] = []

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query,
            "headers": [],
            "client": (client, 1),
            PRINCIPAL: who,
        }
        await self.layer(scope, None, send)  # type: ignore[arg-type]
        headers = [*told[0]["headers"], *scope.get(TOLD, ())]  # as the metering puts them together
        fields = {name.decode(): value.decode() for name, value in headers}
        return told[0]["status"], fields, told[1]["body"]

    async def statuses(self, who: Principal, count: int, **asked: Any) -> list[int]:
        return [(await self.ask(who, **asked))[0] for _ in range(count)]


def department(name: str, per_minute: int, burst: int, heavy: int = 4) -> Quota:
    return Quota(Subject.DEPARTMENT, name, per_minute, burst, heavy)


def test_a_department_is_bound_with_all_its_keys_and_others_are_not(database: str) -> None:
    async def run() -> None:
        door = Door(database, [department("水利局", 60, 5), department("*", 60, 8)])
        await door.quotas.refresh()
        assert await door.statuses(WATER, 3) == [200] * 3
        assert await door.statuses(OTHER_KEY, 3) == [200, 200, 429]
        assert await door.statuses(HOUSING, 9) == [200] * 8 + [429]
        assert await door.statuses(LOCAL, 50) == [200] * 50
        assert await door.statuses(ANONYMOUS, 50) == [200] * 50  # no quota is set for these
        assert await door.statuses(WATER, 50, path="/health/ready") == [200] * 50
        status, fields, body = await door.ask(WATER)
        assert status == 429
        assert fields["retry-after"] == "1"
        assert fields["ratelimit-policy"] == '"department";q=60;w=60'
        assert fields["ratelimit"] == '"department";r=0;t=1'
        problem = json.loads(body)
        assert problem["code"] == "quota-exceeded"
        assert problem["en"].endswith("60/min")
        await asyncio.sleep(1.1)  # one token a second
        assert await door.statuses(WATER, 2) == [200, 429]
        assert b'onemap_quota_refusals_total{kind="department"} 4.0' in door.metrics.text()
        await door.pool.close()

    asyncio.run(run())


def test_a_key_may_be_bound_on_its_own(database: str) -> None:
    async def run() -> None:
        door = Door(database, [department("*", 600, 100), Quota(Subject.KEY, "k1", 60, 2, 4)])
        await door.quotas.refresh()
        assert await door.statuses(WATER, 3) == [200, 200, 429]
        assert await door.statuses(OTHER_KEY, 10) == [200] * 10
        _, fields, _ = await door.ask(WATER)
        assert fields["ratelimit"].startswith('"key";r=0')
        await door.pool.close()

    asyncio.run(run())


def test_a_crowd_of_addresses_does_not_give_a_spent_account_back(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.quota.ACCOUNTS_MAX", 4)

    async def run() -> None:
        door = Door(database, [department("*", 60, 2), Quota(Subject.ANONYMOUS, "*", 6000, 100, 4)])
        await door.quotas.refresh()
        assert await door.statuses(WATER, 3) == [200, 200, 429]
        for number in range(12):  # each full again at once
            assert await door.statuses(ANONYMOUS, 1, client=f"10.0.1.{number}") == [200]
            await asyncio.sleep(0.011)
        assert await door.statuses(WATER, 1) == [429]
        assert await door.statuses(OTHER_KEY, 1) == [429]
        await door.pool.close()

    asyncio.run(run())


def test_who_names_nobody_is_bound_by_address(database: str) -> None:
    async def run() -> None:
        door = Door(database, [Quota(Subject.ANONYMOUS, "*", 60, 2, 4)])
        await door.quotas.refresh()
        assert await door.statuses(ANONYMOUS, 3, client="10.0.0.1") == [200, 200, 429]
        assert await door.statuses(ANONYMOUS, 3, client="10.0.0.2") == [200, 200, 429]
        assert await door.statuses(ANONYMOUS, 2, client="2001:db8::1") == [200, 200]
        assert await door.statuses(ANONYMOUS, 1, client="2001:db8::ffff:2") == [429]  # the same /64
        assert await door.statuses(WATER, 5) == [200] * 5
        await door.pool.close()

    asyncio.run(run())


def test_searches_at_once_are_bound_and_light_requests_go_on(database: str) -> None:
    async def run() -> None:
        door = Door(database, [department("*", 6000, 1000, heavy=2)])
        await door.quotas.refresh()
        door.let_go.clear()
        search = {"path": "/collections/points/items", "query": b"bbox=118,36,119,37"}
        under_way = [asyncio.ensure_future(door.ask(WATER, **search)) for _ in range(2)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert (await door.ask(WATER, **search))[0] == 429  # type: ignore[arg-type]
        tile = b"datetime=2026-01-01&asof=2026-01-01&v=1&properties=name&labels=true"
        light = [asyncio.ensure_future(door.ask(WATER, query=each)) for each in (b"limit=10&f=json", tile)]
        ends, changes = b"from=1&to=2&axis=recorded", "/collections/points/changes"
        compared = {"path": f"{changes}/tiles/CGCS2000Quad/14/1/2", "query": ends}
        several = {"path": "/tiles/CGCS2000Quad/14/1/2", "query": b"collections=points,areas"}
        light += [asyncio.ensure_future(door.ask(WATER, **each)) for each in (compared, several)]  # type: ignore[arg-type]
        assert (await door.ask(WATER, path=changes, query=ends))[0] == 429  # of the whole layer
        door.let_go.set()
        assert [status for status, _, _ in await asyncio.gather(*light)] == [200] * 4
        assert [status for status, _, _ in await asyncio.gather(*under_way)] == [200, 200]
        assert (await door.ask(WATER, **search))[0] == 200  # type: ignore[arg-type]
        await door.pool.close()

    asyncio.run(run())


def test_workers_share_a_quota_and_learn_of_a_new_one(database: str) -> None:
    async def run() -> None:
        door = Door(database, [department("*", 600, 20)], workers=4)
        await door.quotas.refresh()
        _, fields, _ = await door.ask(WATER)
        assert fields["ratelimit-policy"] == '"department";q=150;w=60'
        assert (await door.statuses(WATER, 5))[-1] == 429  # a burst of five in each of four
        with connect(database) as connection:
            store.set_quota(connection, department("水利局", 6000, 400))
        await door.quotas.refresh()
        assert await door.statuses(WATER, 50) == [200] * 50
        await door.pool.close()

    asyncio.run(run())


@given(
    per_s=st.floats(0.1, 100),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 5), max_size=200),
)
def test_a_bucket_never_gives_more_than_burst_and_rate(per_s: float, burst: int, pauses: list[float]) -> None:
    bucket, now, given_out = Bucket(per_s, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        given_out += bucket.take(now)
    assert given_out <= burst + per_s * now + 1e-6


@given(burst=st.integers(1, 50), per_s=st.floats(0.1, 100))
def test_after_the_wait_it_tells_of_there_is_a_token(burst: int, per_s: float) -> None:
    bucket = Bucket(per_s, burst, 0.0)
    while bucket.take(0.0):
        pass
    assert bucket.take(bucket.wait_s + 1e-6)


@pytest.mark.parametrize(
    ("client", "forwarded", "behind_proxy", "expected"),
    [
        ("10.1.1.1", None, False, "10.1.1.1"),
        ("127.0.0.1", b"6.6.6.6, 10.2.2.2", True, "10.2.2.2"),
        ("127.0.0.1", b"6.6.6.6", False, "127.0.0.1"),
        ("10.1.1.1", b"6.6.6.6", True, "10.1.1.1"),  # not by way of the proxy: nobody vouches for it
    ],
)
def test_whose_address_counts(
    client: str, forwarded: bytes | None, behind_proxy: bool, expected: str
) -> None:
    headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
    assert client_address({"client": (client, 1), "headers": headers}, behind_proxy) == expected


def test_quotas_are_set_listed_and_removed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)

    def listed() -> dict[tuple[str, str], dict[str, Any]]:
        told = CliRunner().invoke(onemap, ["quota", "list", "--json"], catch_exceptions=False)
        return {(each["subject"], each["name"]): each for each in json.loads(told.output)}

    assert set(listed()) == {("department", "*"), ("anonymous", "*")}  # generous ones, from the start
    assert ending(onemap, ["quota", "set", "水利局", "--per-minute", "600", "--heavy", "3"]) == 0
    found = listed()["department", "水利局"]
    assert (found["requests_per_minute"], found["burst"], found["heavy_at_once"]) == (600, 60, 3)
    assert ending(onemap, ["quota", "set", "水利局", "--per-minute", "1200"]) == 0
    assert listed()["department", "水利局"]["requests_per_minute"] == 1200
    assert ending(onemap, ["quota", "remove", "水利局"]) == 0
    assert ending(onemap, ["quota", "remove", "水利局"]) == 4
    assert ending(onemap, ["quota", "set", "10.0.0.1", "--subject", "anonymous", "--per-minute", "1"]) == 2
    assert ending(onemap, ["quota", "set", "*", "--per-minute", "0"]) == 2
