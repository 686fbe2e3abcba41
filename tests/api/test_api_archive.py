"""The archive over HTTP: who is told of an object, who may have its files, and a proof that holds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha512
from pathlib import Path
from urllib.parse import quote

import pytest
from guarded_town import WHO, Town

from spatial.database import connect
from spatial.datum import BEIJING
from water.archive import holdings, merkle, storage, store
from water.archive.deposit import Edit
from water.archive.model import Agent

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
PAPER = "水位,m\n2.5,1\n".encode()
WORKS = ("terms/W-1", "withheld/W-1", "layers/terms", "flights/1")


def address(work: str, version: int = 1, rest: str = "") -> str:
    name = quote(f"urn:onemap:370783:{work}:2025-2029", safe="")
    return f"/archive/objects/{name}/versions/{version}{rest}"


@pytest.fixture(scope="module")
def archived(town: Town) -> Iterator[Town]:
    """The town with an archive; the register forgets it afterwards."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        with connect(town.served.dsn, autocommit=True) as connection:
            copy = storage.create(Path(place) / "a", "a", "370783")
            store.register(connection, "a", copy.place, NOW)
            for work in WORKS:
                files: dict[str, Path | bytes] = {"图/水位.csv": PAPER}
                holdings.ingest(connection, Edit(work, "闸", "归档", Agent("张", "水利局"), NOW, files))
        yield town
        with connect(town.served.dsn, autocommit=True) as connection:
            store.forget(connection, "a")


def sight(who: str, work: str) -> str:
    """By hand: of what layer it is, and who sees that layer's internal fields."""
    layer = work.removeprefix("layers/").partition("/")[0]
    return str(getattr(WHO[who], layer, "nothing"))


@pytest.mark.parametrize("who", WHO)
def test_who_sees_what(archived: Town, who: str) -> None:
    told = archived.get(who, "/archive/objects").json()["objects"]
    known = {one["object"].split(":")[3] for one in told}
    assert known == {work for work in WORKS if sight(who, work) != "nothing"}
    for work in WORKS:
        version = archived.get(who, address(work))
        proof = archived.get(who, address(work, rest="/proof"))
        file = archived.get(who, address(work, rest=f"/files/{quote('图/水位.csv', safe='')}"))
        seen = sight(who, work)
        assert version.status_code == proof.status_code == (404 if seen == "nothing" else 200), work
        expected = {"nothing": 404, "public": 401 if who == "anonymous" else 403, "internal": 200}[seen]
        assert file.status_code == expected, (work, file.text)
        assert archived.get(who, address(work, rest="/inventory")).status_code == expected, work
        if expected == 200:
            assert file.content == PAPER
            assert file.headers["content-disposition"].startswith("attachment")


def test_what_is_hidden_is_answered_as_what_there_is_not(archived: Town) -> None:
    hidden = archived.get("anonymous", address("withheld/W-1"))
    absent = archived.get("anonymous", address("withheld/W-2"))
    assert hidden.text == absent.text.replace("W-2", "W-1")


def test_the_proof_holds(archived: Town) -> None:
    found = archived.get("own reader", address("terms/W-1", rest="/proof")).json()
    leaf = merkle.leaf_hash(found["entry"].encode())
    path = [bytes.fromhex(step) for step in found["path"]]
    assert merkle.included(leaf, found["index"], found["size"], path, bytes.fromhex(found["root"]))
    inventory = archived.get("own reader", address("terms/W-1", rest="/inventory")).content
    assert sha512(inventory).hexdigest() == json.loads(found["entry"])["sha512"]
    listed = archived.get("own reader", address("terms/W-1")).json()
    digests = {one["path"]: one["sha512"] for one in listed["files"]}
    assert digests["图/水位.csv"] == sha512(PAPER).hexdigest()
    assert {"premis.xml", "ro-crate-metadata.json"} <= set(digests)


def test_the_roots_of_the_days_are_for_everybody(archived: Town) -> None:
    with connect(archived.served.dsn, autocommit=True) as connection:
        root = holdings.publish(connection, NOW)
    told = archived.get("anonymous", "/archive/roots").json()["roots"]
    assert told == [{"day": "2026-11-27", "size": len(WORKS), "root": root.head.root}]
    assert root.head.root == archived.get("own reader", address("terms/W-1", rest="/proof")).json()["root"]


def test_pages_of_the_list(archived: Town) -> None:
    first = archived.get("own reader", "/archive/objects?limit=2").json()
    (following,) = [one["href"] for one in first["links"] if one["rel"] == "next"]
    rest = archived.get("own reader", following[following.index("/archive") :]).json()
    whole = archived.get("own reader", "/archive/objects").json()
    assert first["objects"] + rest["objects"] == whole["objects"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (address("terms/W-1", 9), 404),
        (address("terms/W-1", rest="/files/nothing.csv"), 404),
        (address("terms/W-1", rest=f"/files/{quote('../inventory.json', safe='')}"), 404),
        (address("terms/W-1", rest="/files/v1"), 404),
        (address("terms/W-1", 9, rest="/inventory"), 404),
        ("/archive/objects/nonsense/versions/1", 404),
        (f"/archive/objects/{quote('urn:onemap:370783:../../etc:2025-2029', safe='')}/versions/1", 404),
        (address("terms/W-1").replace("versions/1", "versions/x"), 400),
        ("/archive/objects?limit=0", 400),
    ],
)
def test_bad_questions(archived: Town, path: str, status: int) -> None:
    assert archived.get("own reader", path).status_code == status


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_file_is_not_handed_out(archived: Town, damage: str) -> None:
    with connect(archived.served.dsn) as connection:
        copy = holdings.Holdings.of(connection).first
    target = copy.folder("urn:onemap:370783:terms/W-1:2025-2029") / "v1/content/图/水位.csv"
    target.chmod(0o644)
    target.write_bytes(PAPER.replace(b"2.5", b"9.5"))
    if damage == "missing":
        target.unlink()
    answer = archived.get("own reader", address("terms/W-1", rest=f"/files/{quote('图/水位.csv', safe='')}"))
    target.write_bytes(PAPER)
    assert (answer.status_code, answer.json()["code"]) == (500, "archive-damaged")
    assert "9.5" not in answer.text
