"""A version enters whole, once or not at all; what it makes is OCFL 1.1 by an outside validator."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from hashlib import sha256, sha512
from pathlib import Path

import pytest
from archive_copies import GATE, enter, failing, head, ocfl_root_sound, ocfl_sound, small, twin, version

from spatial.errors import DiskFull
from water.archive import inventory, log, storage, verify
from water.archive.log import LogState
from water.archive.model import VERSIONS_MAX, ObjectId
from water.archive.storage import Copy
from water.archive.verify import Look
from water.errors import ArchiveAway, BadArchiveRequest, WriteOnce

FIRST = version(a_csv=b"a,b\n1,2\n", note_txt="初版\n".encode(), deep__same_txt=b"same")
SECOND = version(a_csv=b"a,b\n1,3\n", deep__same_txt=b"same", other_txt=b"same")


@pytest.fixture
def copy(memory: Path) -> Copy:
    return storage.create(memory / "a", "甲", "370783")


def test_objects_are_ocfl(copy: Copy) -> None:
    enter(copy, FIRST, SECOND)
    enter(copy, FIRST, of=ObjectId("370783", "w" * 110, 2020))
    folder = copy.folder(str(GATE))
    document = json.loads((folder / "inventory.json").read_bytes())
    assert document["head"] == "v2"
    assert ocfl_sound(folder) and ocfl_root_sound(copy)
    # Forward delta: what was there before is stored once, whatever it is called.
    content = sorted(
        path.relative_to(folder).as_posix() for path in folder.glob("v*/content/**/*") if path.is_file()
    )
    assert content == [
        "v1/content/a.csv",
        "v1/content/deep/same.txt",
        "v1/content/note.txt",
        "v2/content/a.csv",
    ]
    stored = (folder / "v2/content/a.csv").read_bytes()
    assert document["manifest"][sha512(stored).hexdigest()] == ["v2/content/a.csv"]
    assert document["fixity"]["sha256"][sha256(stored).hexdigest()] == ["v2/content/a.csv"]
    assert (folder / "v2/content/a.csv").stat().st_mode & 0o777 == 0o444
    assert set(inventory.read((folder / "inventory.json").read_bytes(), "").state(2)) == {
        "a.csv", "deep/same.txt", "note.txt", "other.txt",
    }  # fmt: skip


def test_earlier_versions_stay_byte_for_byte(copy: Copy) -> None:
    enter(copy, FIRST)
    folder = copy.folder(str(GATE))
    before = {path: path.read_bytes() for path in (folder / "v1").rglob("*") if path.is_file()}
    enter(copy, SECOND)
    assert {path: path.read_bytes() for path in (folder / "v1").rglob("*") if path.is_file()} == before


def test_a_full_object_goes_on_in_another(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert VERSIONS_MAX == 200
    monkeypatch.setattr(storage, "VERSIONS_MAX", 12)
    for number in range(12):
        enter(copy, version(a_txt=b"%d" % number))
    with pytest.raises(WriteOnce, match=":2"):
        enter(copy, FIRST)
    enter(copy, FIRST, of=GATE.continued())
    assert ocfl_root_sound(copy)
    assert verify.check_copy(copy).ok


def steps_of(copy: Copy, swaps: bool = True) -> int:
    with failing(0, lambda: None, swaps=swaps) as steps:
        enter(copy, SECOND)
    return len(steps)


STEPS = pytest.mark.parametrize(("entered", "swaps"), [(0, True), (1, True), (1, False)])


@STEPS
def test_disk_full_at_any_step(memory: Path, entered: int, swaps: bool) -> None:
    """At every write, sync and rename in turn; the object stays as it was and the next ingest succeeds."""
    base = storage.create(memory / "base", "甲", "370783")
    enter(base, *[FIRST] * entered)
    steps = steps_of(twin(base, memory / "count"), swaps)
    assert steps > 10

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for at in range(1, steps + 1):
        copy = twin(base, memory / f"at{at}")
        with failing(at, full, swaps=swaps), pytest.raises(DiskFull):
            enter(copy, SECOND)
        assert_as_before_or_after(copy, entered)
        assert len(LogState.read(copy.place).lines) == head(base).size
        enter(copy, SECOND)
        assert verify.check_copy(copy).ok and ocfl_root_sound(copy)


@pytest.mark.fault
@STEPS
def test_killed_at_any_step(memory: Path, entered: int, swaps: bool) -> None:
    """kill -9 before every write, sync and rename in turn: never half an object; the next run tidies up."""
    base = storage.create(memory / "base", "甲", "370783")
    enter(base, *[FIRST] * entered)
    steps = steps_of(twin(base, memory / "count"), swaps)
    outcomes = set()
    for at in range(1, steps + 1):
        copy = twin(base, memory / f"at{at}")
        child = os.fork()
        if child == 0:
            with failing(at, lambda: os.kill(os.getpid(), signal.SIGKILL), swaps=swaps):
                enter(copy, SECOND)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        if swaps:
            assert_as_before_or_after(copy, entered)
        with storage.held(copy):
            pass
        assert not list((copy.place / "staging").iterdir())
        assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
        outcomes.add(head(copy).size - entered)
        enter(copy, FIRST)
        assert verify.check_copy(copy, Look(trusted=(head(base),))).ok
    assert outcomes == {0, 1}


def assert_as_before_or_after(copy: Copy, entered: int) -> None:
    """A reader who comes at that instant finds a whole object, or none."""
    folder = copy.folder(str(GATE))
    if entered or folder.exists():
        assert ocfl_sound(folder)
    assert ocfl_root_sound(copy)


def test_really_full(memory: Path) -> None:
    """A medium of one megabyte, where this machine lets us mount one."""
    place = memory / "medium"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        copy = storage.create(place / "a", "甲", "370783")
        enter(copy, FIRST)
        with pytest.raises(DiskFull, match="full"):
            enter(copy, version(large_txt=os.urandom(2 << 20)))
        assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
        enter(copy, SECOND)
        assert storage.require_inventory(copy, str(GATE)).head == 2
    finally:
        subprocess.run(["umount", place], check=True)


def test_verifies_itself_with_plain_python(memory: Path) -> None:
    copy = small(memory / "a", objects=3)
    program = [sys.executable, "-I", str(copy.place / "verify.py")]
    assert len((copy.place / "verify.py").read_text().splitlines()) <= 30
    told = subprocess.run(program, capture_output=True, text=True, cwd="/")
    assert told.returncode == 0 and head(copy).root in told.stdout
    published = head(copy)
    assert subprocess.run([*program, str(published.size), published.root]).returncode == 0
    assert subprocess.run([*program, "3", "00" * 32], capture_output=True).returncode == 1
    target = next(copy.root.glob("*/*/*/*/v2/content/levels.csv"))
    target.chmod(0o644)
    target.write_bytes(target.read_bytes().replace(b"2026", b"2027"))
    told = subprocess.run(program, capture_output=True, text=True)
    assert told.returncode == 1 and "v2/content/levels.csv" in told.stderr


def test_proof(memory: Path) -> None:
    copy = small(memory / "a", objects=4)
    state = LogState.read(copy.place)
    proof = state.proof("urn:onemap:370783:river-works/W-2:2025-2029", 2)
    assert proof.index == 7 and proof.holds()
    data = (copy.folder(proof.leaf.object) / "v2/inventory.json").read_bytes()
    assert proof.leaf.sha512 == sha512(data).hexdigest()
    forged = log.Proof(
        log.read_line(log.line(proof.leaf).replace(b'"version":2', b'"version":3')), 7, proof.head, proof.path
    )
    assert not forged.holds()


@pytest.mark.parametrize(
    "path", ["../a.csv", "/a.csv", "a//b", "a/..", "a\\b", "a\nb", "", "con|x", "n" * 201]
)
def test_paths_that_no_object_may_have(copy: Copy, path: str) -> None:
    with pytest.raises(BadArchiveRequest):
        storage.enter(
            copy, GATE, storage.NewVersion("2026-11-27T08:00:00+08:00", "", "张", "urn:x", {path: b"x"})
        )


@pytest.mark.parametrize("work", ["", "..", "a/../b", "a b", "a/b/c/d/e", "x" * 121, "河\n"])
def test_names_that_no_object_may_have(work: str) -> None:
    with pytest.raises(BadArchiveRequest):
        ObjectId("370783", work, 2025)


def test_a_medium_that_is_not_there(memory: Path, copy: Copy) -> None:
    with pytest.raises(ArchiveAway, match="mounted"):
        storage.opened(memory / "nowhere")
    with pytest.raises(WriteOnce):
        storage.create(copy.place, "乙", "370783")
