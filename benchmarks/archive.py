"""Speed and weight of the archive: ``python -m benchmarks.archive [--megabytes N]``.

The audit beside ``sha512sum`` over the same files in the same run, by processor time; what an object
weighs beside its content, in bytes and in blocks of the disk; a thousand edits of one object; the
bare way, a version an edit, beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from spatial.datum import BEIJING
from water.archive import deposit, inventory, storage, verify
from water.archive.deposit import Edit
from water.archive.model import Agent, ObjectId
from water.archive.storage import Copy, NewVersion

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
WHO = Agent("张伟", "水利局")
AUDIT_GOAL_MB_S, OVERHEAD_GOAL, EDITS_GOAL = 400.0, 0.02, 2.0


def spent(work: Callable[[], object], of_children: bool = False) -> float:
    """Seconds of processor time that a piece of work takes, here or in the programs it runs."""
    who = resource.RUSAGE_CHILDREN if of_children else resource.RUSAGE_SELF
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def weigh(folder: Path) -> tuple[int, int]:
    """Bytes of all files, and bytes of the blocks they and their folders take."""
    paths = list(folder.rglob("*"))
    return (
        sum(path.stat().st_size for path in paths if path.is_file()),
        sum(path.stat().st_blocks * 512 for path in paths),
    )


def tiff(size: int) -> bytes:
    """Something that goes as a TIFF of that length; random, so that nothing is alike."""
    return b"II*\0\x08\0\0\0\0\0" + os.urandom(size - 10)


def audit(place: Path, megabytes: int) -> None:
    """Verification of a copy beside sha512sum."""
    copy = storage.create(place / "audit", "a", "370783")
    for n in range(8):
        files: dict[str, Path | bytes] = {f"ortho-{n}.tif": tiff(megabytes * 125_000)}
        deposit.deposit(copy, Edit(f"flights/{n}", "正射影像", "飞行", WHO, NOW, files))
    names = [str(path) for path in copy.root.rglob("*") if path.is_file()]
    size = weigh(copy.root)[0] / 1e6
    check = spent(lambda: verify.check_copy(copy))
    own = min(check, spent(lambda: verify.check_copy(copy)))
    command = ["sha512sum", *names]
    peer = min(
        spent(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True), of_children=True)
        for _ in range(2)
    )
    began = time.monotonic()
    verify.check_copy(copy, verify.Look(threads=2))
    wall = time.monotonic() - began
    print(f"audit           {size / own:8.0f} MB/s a core, {AUDIT_GOAL_MB_S:.0f} wanted")
    print(f"sha512sum       {size / peer:8.0f} MB/s a core; the audit is {peer / own:.2f} × as fast")
    print(f"two threads     {size / wall:8.0f} MB/s by the clock on the wall, with whoever else is at work")


def weight(place: Path) -> None:
    """What is stored beside content, for usual deposits of one to thirty megabytes."""
    for what, files in (
        ("one scan of 3 MB", {"plan.tif": tiff(3_000_000)}),
        ("photographs 40 × 0.4 MB", {f"photo-{n}.tif": tiff(400_000) for n in range(40)}),
        ("snapshots 168 × 60 kB, packed", {f"s-{n}.tif": tiff(60_000) for n in range(168)}),
        ("ortho 30 MB", {"ortho.tif": tiff(30_000_000)}),
    ):
        copy = storage.create(place / f"weight-{what[:4]}-{len(files)}", "a", "370783")
        given: dict[str, Path | bytes] = {**files}
        deposit.deposit(copy, Edit("works/W", what, "归档", WHO, NOW, given))
        content = sum(len(data) for data in files.values())
        _told(copy, content, f"{what} (≤ {100 * OVERHEAD_GOAL:.0f} % wanted)")
    copy = storage.create(place / "weight-versions", "a", "370783")
    content = 0
    for n in range(60):
        data = tiff(3_000_000)
        content += len(data)
        at = NOW + timedelta(days=n)
        deposit.deposit(copy, Edit("works/W", "月报", "归档", WHO, at, {f"scan-{n}.tif": data}))
    _told(copy, content, f"60 versions of 3 MB, in {len(list(copy.root.glob('*/*/*/*/0=*')))} parts")


def _told(copy: Copy, content: int, what: str) -> None:
    """Everything in the storage root but its own few files: objects and the folders above them."""
    size, blocks = (sum(each) for each in zip(*map(weigh, copy.root.glob("[0-9a-f]*/")), strict=True))
    parts = (100 * (size / content - 1), 100 * (blocks / content - 1))
    print(f"overhead        {parts[0]:7.2f} % of bytes, {parts[1]:.2f} % of blocks: {what}")


def edits(place: Path) -> None:
    """An object of 48 KB in twelve files, edited a thousand times."""
    copy = storage.create(place / "edits", "a", "370783")
    content = 0
    for n in range(1000):
        name, data = _edit(n)
        content += len(data)
        at = NOW + timedelta(minutes=n)
        deposit.submit(copy, Edit("works/W", "闸", f"第 {n} 次", WHO, at, {name: data}))
        if n % 50 == 49 and deposit.waiting(copy)[0].ripe:
            deposit.seal(copy, "works/W", at)
    deposit.seal(copy, "works/W", NOW + timedelta(minutes=1000))
    size, blocks = weigh(copy.root)
    told = f"{size / content:8.2f} × the bytes of their content, {blocks / content:.2f} × in blocks"
    print(f"1000 edits      {told} ({content / 1e6:.1f} MB; ≤ {EDITS_GOAL:.0f} × wanted)")


def bare(place: Path) -> None:
    """The same edits, a version each in one object: its inventories, added up without writing them all."""
    copy = storage.create(place / "bare", "a", "370783")
    of, content, size, largest = ObjectId("370783", "works/W", 2025), 0, 0, 0
    manifest: dict[str, str] = {}
    state: dict[str, str] = {}
    second: dict[str, str] = {}
    versions: list[inventory.Version] = []
    for n in range(1000):
        name, data = _edit(n)
        content += len(data)
        digest = f"{n:0128x}"
        path = f"v{n + 1}/content/{name}"
        manifest[digest], second[path], state[name] = path, f"{n:064x}", digest
        versions.append(inventory.Version(NOW.isoformat(), f"第 {n} 次", "张伟", "urn:x", dict(state)))
        if n % 20 == 19:
            largest = len(inventory.Inventory(str(of), tuple(versions), manifest, second).to_bytes())
            size += 20 * largest
    assert _bare_is_what_is_written(copy)
    told = f"{(size + content) / content:8.1f} × their content: {(size + content) / 1e6:.0f} MB"
    print(f"bare            {told}, a version an edit in one object")


def _bare_is_what_is_written(copy: Copy) -> bool:
    of = ObjectId("370783", "works/V", 2025)
    for n in range(3):
        name, data = _edit(n)
        storage.enter(copy, of, NewVersion(NOW.isoformat(), "x", "张伟", "urn:x", {name: data}))
    return (copy.folder(str(of)) / "v3/inventory.json").exists()


def _edit(n: int) -> tuple[str, bytes]:
    return f"part{n % 12}.csv", b"key,value\n" + b"%08d,%020d\n" % (n, n) * 130


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=400, help="how much the audit reads")
    given = parser.parse_args()
    shared = Path("/dev/shm")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        audit(Path(place), given.megabytes)
        edits(Path(place))
        bare(Path(place))
    with tempfile.TemporaryDirectory() as place:  # a disk has blocks
        weight(Path(place))


if __name__ == "__main__":
    main()
