"""Edits wait, enter together as one version, are packed, described, and read back to the byte."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from archive_copies import ocfl_root_sound

from spatial.datum import BEIJING
from water.archive import deposit, disk, reading, storage, verify
from water.archive.deposit import Edit
from water.archive.model import Agent
from water.archive.storage import Copy
from water.errors import BadArchiveRequest, NotPreservable, UnknownArchiveObject

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
WHO = Agent("张伟", "水利局")
WORK = "river-works/寒桥闸"


@pytest.fixture
def copy(memory: Path) -> Iterator[Copy]:
    yield storage.create(memory / "a", "甲", "370783")


def edit(n: int = 0, work: str = WORK, **files: bytes) -> Edit:
    named: dict[str, Path | bytes] = {
        name.replace("_csv", ".csv").replace("_txt", ".txt"): data for name, data in files.items()
    }
    return Edit(work, "寒桥拦河闸", f"第 {n} 次修改", WHO, NOW + timedelta(minutes=n), named)


def test_one_edit_is_one_described_version(copy: Copy) -> None:
    receipt = deposit.deposit(copy, edit(levels_csv=b"t,z\n1,2.5\n", note_txt=b"seen"))
    assert (str(receipt.object), receipt.version, receipt.index) == (
        f"urn:onemap:370783:{WORK}:2025-2029",
        1,
        0,
    )
    held = {entry.path: entry for entry in reading.entries(copy, str(receipt.object))}
    assert set(held) == {"levels.csv", "note.txt", "premis.xml", "ro-crate-metadata.json"}
    assert reading.content(copy, str(receipt.object), 1, "levels.csv") == b"t,z\n1,2.5\n"
    graph = {
        one["@id"]: one
        for one in json.loads(reading.content(copy, str(receipt.object), 1, "ro-crate-metadata.json"))[
            "@graph"
        ]
    }
    assert graph["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert graph["./"]["hasPart"] == [{"@id": "levels.csv"}, {"@id": "note.txt"}]
    assert graph["levels.csv"]["encodingFormat"] == "text/csv" and graph["levels.csv"]["contentSize"] == "10"
    told = ElementTree.fromstring(reading.content(copy, str(receipt.object), 1, "premis.xml"))
    space = "{http://www.loc.gov/premis/v3}"
    assert told.get("version") == "3.0"
    assert [each.text for each in told.iter(f"{space}eventType")] == ["ingestion"]
    assert [each.text for each in told.iter(f"{space}eventOutcome")] == ["success"]
    assert not deposit.waiting(copy)
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)


def test_edits_enter_together_and_none_is_lost(copy: Copy) -> None:
    for n in range(40):
        deposit.submit(copy, edit(n, **{f"part{n % 4}_csv": b"a,b\n1,%d\n" % n}))
    (found,) = deposit.waiting(copy)
    assert (found.work, found.edits, found.ripe) == (WORK, 40, False)
    receipt = deposit.seal(copy, WORK, NOW)
    assert receipt is not None and receipt.version == 1
    object_id = str(receipt.object)
    for n in range(36, 40):
        assert reading.content(copy, object_id, 1, f"part{n % 4}.csv") == b"a,b\n1,%d\n" % n
    (packed,) = [each.path for each in reading.entries(copy, object_id) if each.path.startswith("edits/")]
    place = copy.folder(object_id) / "v1/content" / packed
    from water.archive import pack

    for n in range(36):
        assert pack.read(place, f"{n + 1:05}/part{n % 4}.csv") == b"a,b\n1,%d\n" % n
    listed = [json.loads(line) for line in pack.read(place, "edits.jsonl").decode().splitlines()]
    assert [one["message"] for one in listed] == [f"第 {n} 次修改" for n in range(40)]
    deposit.deposit(copy, edit(50, part0_csv=b"a,b\n9,9\n"))
    later = {each.path for each in reading.entries(copy, object_id)}
    assert packed not in later, "the states before belong to the version that had them"
    assert packed in {each.path for each in reading.entries(copy, object_id, 1)}
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)


def test_many_small_files_are_packed(copy: Copy) -> None:
    photographs = {f"p{n}_txt": b"photograph %d" % n for n in range(30)}
    receipt = deposit.deposit(copy, edit(0, **photographs))
    folder = copy.folder(str(receipt.object))
    assert len(list((folder / "v1/content").rglob("*.txt"))) == 0
    found = {each.path: each for each in reading.entries(copy, str(receipt.object))}
    assert found["p7.txt"].packed_in is not None and found["p7.txt"].bytes == 12
    assert reading.content(copy, str(receipt.object), 1, "p7.txt") == b"photograph 7"
    deposit.deposit(copy, edit(1, **{name: data + b"!" for name, data in photographs.items()}))
    assert reading.content(copy, str(receipt.object), 2, "p7.txt") == b"photograph 7!"
    assert reading.content(copy, str(receipt.object), 1, "p7.txt") == b"photograph 7"
    deposit.deposit(copy, edit(2, **photographs))
    assert reading.content(copy, str(receipt.object), 3, "p7.txt") == b"photograph 7"
    deposit.deposit(copy, edit(3, p7_txt=b"by itself"))
    assert reading.content(copy, str(receipt.object), 4, "p7.txt") == b"by itself"
    deposit.deposit(copy, Edit(WORK, "闸", "移出", WHO, NOW, {}, frozenset({"p8.txt"})))
    shown = {each.path for each in reading.entries(copy, str(receipt.object))}
    assert "p8.txt" not in shown and {"p7.txt", "p9.txt"} <= shown
    with pytest.raises(UnknownArchiveObject):
        reading.content(copy, str(receipt.object), 5, "p8.txt")
    assert reading.content(copy, str(receipt.object), 4, "p8.txt") == b"photograph 8"
    assert ocfl_root_sound(copy) and verify.check_copy(copy).ok


def test_a_killed_seal_goes_on_and_enters_once(memory: Path) -> None:
    import shutil

    base = storage.create(memory / "base", "甲", "370783")
    for n in range(3):
        deposit.submit(base, edit(n, a_csv=b"a\n%d\n" % n))
    for at in range(1, 60):
        copy = Copy(memory / f"at{at}", "甲", "370783")
        shutil.copytree(base.place, copy.place)
        child = os.fork()
        if child == 0:
            from archive_copies import failing

            with failing(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                deposit.seal(copy, WORK, NOW)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        deposit.seal(copy, WORK, NOW + timedelta(minutes=9))
        found = storage.require_inventory(copy, f"urn:onemap:370783:{WORK}:2025-2029")
        assert found.head == 1 and not deposit.waiting(copy)
        assert reading.content(copy, found.id, 1, "a.csv") == b"a\n2\n"
        assert verify.check_copy(copy).ok
        shutil.rmtree(copy.place)
        if ended == 0:
            break
    else:
        pytest.fail("a seal has more steps than thought")
    assert at > 20


def test_taking_out_of_the_state_keeps_the_version(copy: Copy) -> None:
    deposit.deposit(copy, edit(0, a_csv=b"a\n1\n", b_csv=b"b\n1\n"))
    receipt = deposit.deposit(copy, Edit(WORK, "闸", "移出", WHO, NOW, {}, frozenset({"a.csv"})))
    object_id = str(receipt.object)
    assert "a.csv" not in {each.path for each in reading.entries(copy, object_id)}
    assert reading.content(copy, object_id, 1, "a.csv") == b"a\n1\n"


def test_refusals(copy: Copy) -> None:
    with pytest.raises(BadArchiveRequest, match="no file"):
        deposit.submit(copy, Edit(WORK, "闸", "空", WHO, NOW, {}))
    with pytest.raises(BadArchiveRequest, match="keeps that path"):
        deposit.submit(copy, Edit(WORK, "闸", "x", WHO, NOW, {"premis.xml": b"<x/>"}))
    with pytest.raises(NotPreservable, match="TIFF"):
        deposit.submit(copy, Edit(WORK, "闸", "x", WHO, NOW, {"a.jpg": b"\xff\xd8\xff\xe0" + bytes(100)}))
    assert not deposit.waiting(copy), "nothing of a refused edit waits"
    deposit.deposit(copy, edit(a_csv=b"a\n1\n"))
    assert verify.check_copy(copy).ok


def test_a_thousand_edits_stay_within_twice_their_content(copy: Copy) -> None:
    """48 KB in twelve files, edited a thousand times; one version each made 908 MB elsewhere."""
    content = 0
    for n in range(1000):
        name = f"part{n % 12}_csv"
        data = b"key,value\n" + b"%08d,%020d\n" % (n, n) * 130
        content += len(data)
        deposit.submit(copy, edit(n, **{name: data}))
        (found,) = deposit.waiting(copy) if n % 100 == 99 else (None,)
        if found is not None and found.ripe:
            deposit.seal(copy, WORK, NOW + timedelta(minutes=n))
    receipt = deposit.seal(copy, WORK, NOW + timedelta(minutes=1000))
    assert receipt is not None
    stored = sum(path.stat().st_size for path in copy.root.rglob("*") if path.is_file())
    blocks = sum(path.stat().st_blocks * 512 for path in copy.root.rglob("*"))
    assert stored <= 1.2 * content and blocks <= 2 * content
    assert ocfl_root_sound(copy)
    assert disk.digests(reading.content(copy, str(receipt.object), receipt.version, "part3.csv")).bytes > 3000
