"""What is hidden and what is not there cost the same: answers byte by byte, statement by statement."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import contract, database_of, deliver, places, publish, server
from guarded_town import FIELD, UNKNOWN

from spatial.access import store
from spatial.access.model import Role
from spatial.catalogue.contract import Sharing
from spatial.database import connect

HIDDEN, NONE = "withheld", "nobodyis"
"""As long as each other."""
LINE = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] LOG:  (?:statement|execute [^:]*): (.*)$")
HOUSEKEEPING = ("", "DEALLOCATE ALL")
"""What the driver sends now and then, for its own sake."""
POOLS = ("onemap-hot", "onemap-heavy", "onemap-places", "onemap-bulk", "onemap-desk", "onemap-edits")
FEATURE = {"type": "Feature", "geometry": None, "properties": {}}
BODIES = {
    "POST": {"type": "FeatureCollection", "reason": "试", "features": [FEATURE]},
    "PUT": FEATURE,
    "PATCH": {"properties": {"name": "新"}},
}
LAYERED = (
    *(("GET", f"/collections/{{l}}{rest}") for rest in (
        "", "?f=html", "/items", "/items?f=csv", "/items?f=parquet", "/items?limit=0", "/items?nothing=1",
        "/items?filter=floors%3E1", "/items/P000001", "/items/P999999", "/items/P000001/versions", "/changes",
        "/changes?from=0", "/changes?after=x", "/schema", "/queryables", "/legend", "/quality", "/lineage")),
    *(("HEAD", f"/collections/{{l}}{rest}") for rest in ("", "/items", "/items/P000001", "/schema")),
    *(("OPTIONS", f"/collections/{{l}}{rest}") for rest in ("", "/items", "/items/P000001", "/proposals")),
    *(("POST", f"/collections/{{l}}{rest}") for rest in ("/items", "/proposals", "/schema")),
    *((method, "/collections/{l}/items/P000001") for method in ("PUT", "PATCH", "DELETE")),
    ("GET", "/changes?layers={l}"), ("GET", "/changesets?layer={l}"), ("GET", "/proposals?layer={l}"),
    ("GET", "/changes/stream?layers={l}"), ("GET", "/collections/records/items/{l}"),
)  # fmt: skip
NUMBERED = tuple(
    ("GET", f"/changesets/{{n}}{rest}") for rest in ("", "?f=html", "/changes", "/quality", "/lineage")
)


class Counting:
    """Every statement that the server's sessions run, as PostgreSQL logs it."""

    def __init__(self, dsn: str, client: httpx.Client, keys: dict[str, str]) -> None:
        self.dsn = dsn
        self.client = client
        self.keys = keys
        self.asked = 0
        with psycopg.connect(dsn) as connection:
            row = connection.execute(
                "select current_setting('data_directory'), pg_current_logfile(),"
                " (select id from spatial.changeset where layer = %s limit 1)",
                (HIDDEN,),
            ).fetchone()
        assert row is not None
        self.log = Path(row[0]) / row[1]  # an absolute name stays what it is
        self.changeset: int = row[2]

    def ask(
        self, who: str, method: str, path: str, body: object = None
    ) -> tuple[httpx.Response, Counter[str]]:
        """The answer, and the statements it took in all pools together."""
        kind = "merge-patch+json" if method == "PATCH" else "geo+json"
        self.asked += 1  # the audit takes sixty refusals a minute of a key
        headers = {"X-API-Key": self.keys[f"{who} {self.asked // 40}"]} if who else {}
        with psycopg.connect(self.dsn, autocommit=True) as watching:
            begun = self.log.stat().st_size
            answer = self.client.request(
                method, path, headers={**headers, "Content-Type": f"application/{kind}"}, json=body
            )
            pids = {
                pid
                for (pid,) in watching.execute(
                    "select pid from pg_stat_activity where datname = current_database()"
                    " and application_name = any(%s)",
                    (list(POOLS),),
                )
            }
            mark = f"select 'after {self.asked}'"
            watching.execute(mark)  # the log is written by another process, in order
        for _ in range(500):
            with self.log.open("rb") as log:
                log.seek(begun)
                lines = log.read().decode("utf-8", "replace").splitlines()
            if any(mark in line for line in lines):
                break
            time.sleep(0.01)
        else:
            pytest.fail("the log does not come after")
        found = (LINE.match(line) for line in lines)
        told = Counter(each[2].strip() for each in found if each and int(each[1]) in pids)
        for text in [each for each in told if each in HOUSEKEEPING or each.endswith("from spatial.quota")]:
            del told[text]
        return answer, told


@contextmanager
def counted(server_dsn: str, template: str, folder: Path) -> Iterator[Counting]:
    with database_of(server_dsn, template) as dsn:
        publish(dsn, replace(contract("shared"), sharing=Sharing.OPEN))
        publish(dsn, replace(contract(HIDDEN), sharing=Sharing.CLOSED))
        for layer in ("shared", HIDDEN):
            deliver(dsn, layer, places(12))
        keys = {}
        with connect(dsn) as connection:
            for who, roles in {"reader": (Role.READER,), "editor": (Role.EDITOR, Role.STEWARD)}.items():
                for n in range(40):
                    name = f"{who} {n}"
                    _, keys[name] = store.add_key(connection, name, "教育局", roles, by="test")
        with psycopg.connect(dsn, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"alter database \"{name}\" set log_statement = 'all'")
        environment = {"ONEMAP_ACCESS": "guarded"}
        with server(dsn, folder / "server.log", environment=environment) as running:
            yield Counting(dsn, running.client, keys)


@pytest.fixture(scope="module")
def counting(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    with counted(server_dsn, template, tmp_path_factory.mktemp("counting")) as made:
        yield made


def test_statements_are_counted(counting: Counting) -> None:
    """Else equal counts would say nothing."""
    answer, told = counting.ask("", "GET", "/collections/shared/items/P000001")
    assert answer.status_code == 200
    assert any('"shared' in text or "shared" in text for text in told), told
    refused, denied = counting.ask("reader", "GET", f"/collections/{HIDDEN}/items")
    assert refused.status_code == 404
    assert any("audit_enter" in text for text in denied), denied


@pytest.mark.parametrize("who", ["", "reader", "editor"])
def test_a_hidden_layer_takes_the_statements_of_none(counting: Counting, who: str) -> None:
    for method, template in LAYERED:
        answers = []
        for layer in (NONE, HIDDEN):
            path = template.replace("{l}", layer)
            answers.append(counting.ask(who, method, path, BODIES.get(method)))
        (missing, few), (hidden, told) = answers
        where = f"{who} {method} {template}"
        assert hidden.status_code == missing.status_code, where
        assert hidden.content == missing.content.replace(NONE.encode(), HIDDEN.encode()), where
        assert told == few, f"{where} {told - few} {few - told}"
        assert not any(HIDDEN in text for text in told), where


@pytest.mark.parametrize("who", ["", "reader", "editor"])
def test_a_hidden_changeset_takes_the_statements_of_none(counting: Counting, who: str) -> None:
    for method, template in NUMBERED:
        (missing, few), (hidden, told) = (
            counting.ask(who, method, template.replace("{n}", str(number)))
            for number in (9, counting.changeset)
        )
        assert hidden.status_code == missing.status_code == 404, template
        shown = str(counting.changeset).encode()
        assert hidden.content.replace(shown, b"9") == missing.content.replace(shown, b"9"), template
        assert told == few, f"{template} {told - few} {few - told}"


def test_a_hidden_column_takes_the_statements_of_an_unknown_one(counting: Counting) -> None:
    for rest in (
        "?{c}=1",
        "?filter={c}%20=%20%27a%27",
        "?filter=not%20{c}%20is%20null&count=exact",
        "?sortby=-{c}",
        "?properties=name,{c}",
        "?f=csv&filter={c}%20is%20null",
        "/P000001?{c}=1",
    ):
        (missing, few), (hidden, told) = (
            counting.ask("reader", "GET", f"/collections/shared/items{rest.replace('{c}', name)}")
            for name in (UNKNOWN, FIELD)
        )
        assert hidden.status_code == missing.status_code == 400
        assert hidden.text == missing.text.replace(UNKNOWN, FIELD)
        assert not told and not few, f"{rest} {told} {few}"  # no statement at all


def test_nothing_hidden_is_waited_for(counting: Counting) -> None:
    """With the hidden table locked against every reader, its answers come as they always do."""
    with psycopg.connect(counting.dsn) as holding:
        holding.execute(f"lock table history.{HIDDEN} in access exclusive mode")
        for who in ("", "reader", "editor"):
            for method, template in LAYERED:
                path = template.replace("{l}", HIDDEN)
                answer, _ = counting.ask(who, method, path, BODIES.get(method))
                assert answer.status_code in (200, 404, 405), f"{method} {path}"
        holding.rollback()
