"""Verifying 核验: an object against the log, a copy as a whole; whatever is not as entered is named.

Trust comes from outside: from the roots that were published. They make the log sound, the log makes
every inventory sound (one entry a version), and the inventory every file. So a valid earlier state
of an object, which no OCFL validator can tell from the present one, is found as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path, PurePosixPath
from typing import Final

from water.archive import disk, inventory, layout, log
from water.archive.log import LogState
from water.archive.model import DailyRoot, Fault, Finding, Head, Verdict
from water.archive.storage import README, ROOT, VERIFIER, Copy, own_files
from water.errors import ArchiveDamaged

BESIDE: Final = frozenset(
    {VERIFIER, README, "copy.json", "events.jsonl", "audit.json", "lock", "seal.lock", log.LEAVES, log.ROOTS}
)
"""Files of a copy beside its storage root."""
_SMALL_BLOCK: Final = 1 << 18
APART: Final = ("staging", "pending", "quarantine")
"""Folders whose content is not entered, or not any more."""


@dataclass(frozen=True, slots=True)
class Look:
    """How it is looked."""

    trusted: tuple[Head, ...] = ()
    """Roots known from outside this copy: published, in the database, or of another copy."""
    days: tuple[DailyRoot, ...] = ()
    """Daily roots that were published: the copy must have them all."""
    threads: int = 1
    spent: Callable[[int], None] | None = None
    """Hears how many bytes were read, and may wait to bound the rate."""


ONCE: Final = Look()


def check_object(folder: Path, object_id: str, entered: Mapping[int, str], look: Look = ONCE) -> Verdict:
    """Compare an object with what the log says was entered (version → SHA-512 of its inventory)."""
    place_of = f"{folder}/"
    held, idle = walk(folder)
    if not held:
        return Verdict(1, 0, 0, (Finding(Fault.MISSING, object_id, "."),))
    newest = max(entered)
    exact = {inventory.DECLARATION[0]: inventory.DECLARATION[1]}
    findings: list[Finding] = []
    sound: bytes | None = None
    for place, version in [*((f"v{n}/", n) for n in sorted(entered)), ("", newest)]:
        data = _read(f"{place_of}{place}{inventory.FILE}")
        exact[f"{place}{inventory.SIDECAR}"] = f"{entered[version]} {inventory.FILE}\n".encode()
        fault = _inventory_fault(data, version, entered)
        if fault is not None:
            findings.append(Finding(fault, object_id, f"{place}{inventory.FILE}"))
        elif version == newest:
            sound = data
    findings += _exactly(place_of, object_id, exact)
    content = {} if sound is None else _content(sound, object_id)
    wanted = exact.keys() | content.keys() | {name.removesuffix(".sha512") for name in exact}
    if sound is not None:
        strange = [path for path in held if path not in wanted]
        findings += [Finding(Fault.UNEXPECTED, object_id, path) for path in (*strange, *idle)]
    findings += _altered(place_of, object_id, content, held, look)
    return Verdict(1, len(held), sum(held.values()), tuple(findings))


def _inventory_fault(data: bytes | None, version: int, entered: Mapping[int, str]) -> Fault | None:
    if data is None:
        return Fault.MISSING
    found = sha512(data).hexdigest()
    if found == entered[version]:
        return None
    return Fault.ROLLED_BACK if found in entered.values() else Fault.ALTERED


def _content(sound: bytes, object_id: str) -> dict[str, str]:
    return {path: digest for digest, path in inventory.read(sound, object_id).manifest.items()}


def _exactly(place: str, object_id: str | None, wanted: Mapping[str, bytes]) -> Iterator[Finding]:
    """Small files of which every byte is known."""
    for path, content in wanted.items():
        data = _read(place + path)
        if data != content:
            yield Finding(Fault.MISSING if data is None else Fault.ALTERED, object_id, path)


def _altered(
    place: str, object_id: str, content: Mapping[str, str], held: Mapping[str, int], look: Look
) -> Iterable[Finding]:
    """Hash every file of content; side by side where asked: the hash runs outside the interpreter."""
    if look.threads <= 1 or len(content) < 2:
        largest = max((held.get(path, 0) for path in content), default=0)
        buffer = bytearray(min(disk.BLOCK, max(4096, largest)))
        checked = [_one(place, object_id, path, digest, buffer, look) for path, digest in content.items()]
    else:
        with ThreadPoolExecutor(look.threads) as pool:
            tasks = [
                pool.submit(_one, place, object_id, path, digest, bytearray(disk.BLOCK), look)
                for path, digest in content.items()
            ]
            checked = [task.result() for task in tasks]
    return [each for each in checked if each is not None]


def _one(place: str, object_id: str, path: str, digest: str, buffer: bytearray, look: Look) -> Finding | None:
    try:
        found = disk.sha512_of(place + path, buffer, look.spent)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return Finding(Fault.MISSING, object_id, path)
    except OSError as failure:  # the medium itself: EIO; or a link where a file should be
        return Finding(Fault.UNREADABLE, object_id, path, str(failure.strerror))
    return None if found == digest else Finding(Fault.ALTERED, object_id, path)


def walk(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Every file of a tree with its length, and folders with nothing in them; links are no folders here."""
    held: dict[str, int] = {}
    idle: list[str] = []
    _walk(str(folder), "", held, idle)
    return held, idle


def _walk(place: str, below: str, held: dict[str, int], idle: list[str]) -> None:
    try:
        with os.scandir(place) as opened:
            entries = list(opened)
    except (FileNotFoundError, NotADirectoryError):
        return
    if not entries and below:
        idle.append(below)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _walk(entry.path, f"{below}{entry.name}/", held, idle)
        else:
            held[f"{below}{entry.name}"] = entry.stat(follow_symlinks=False).st_size


def _read(path: str) -> bytes | None:
    """A small file whole; None where it is missing, unreadable or a link."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        blocks = []
        while block := os.read(handle, _SMALL_BLOCK):
            blocks.append(block)
        return b"".join(blocks)
    except OSError:
        return None
    finally:
        os.close(handle)


def check_copy(copy: Copy, look: Look = ONCE) -> Verdict:
    """Look at everything a copy holds."""
    state = LogState.read(copy.place)
    findings = [*check_log(copy, state, look.trusted, look.days), *check_surroundings(copy, state)]
    count = size = 0
    for object_id, entered in versions(state).items():
        verdict = check_object(copy.folder(object_id), object_id, entered, look)
        count, size = count + verdict.files, size + verdict.bytes
        findings += verdict.findings
    return Verdict(len(versions(state)), count, size, tuple(findings))


def check_log(
    copy: Copy, state: LogState, trusted: Iterable[Head] = (), days: Iterable[DailyRoot] = ()
) -> Iterator[Finding]:
    """The log against its own daily roots and those from outside."""
    roots, faults = log.daily_roots(copy.place)
    yield from faults
    for one in days:
        if one not in roots:
            yield Finding(Fault.MISSING, None, f"{log.ROOTS} {one.day}")
    yield from state.faults([*(one.head for one in roots), *trusted])


def check_surroundings(copy: Copy, state: LogState) -> Iterator[Finding]:
    """What stands beside the objects: the root's own files, the verifier, and nothing else."""
    yield from _exactly(f"{copy.place}/", None, own_files())
    known = {str(layout.place(object_id)) for object_id in versions(state)}
    for folder in stray(copy.root, known):
        yield Finding(Fault.UNLOGGED, None, f"{ROOT}/{folder}")
    for entry in sorted(os.scandir(copy.place), key=lambda each: each.name):
        if entry.name not in BESIDE and entry.name not in (ROOT, "log", *APART):
            yield Finding(Fault.UNEXPECTED, None, entry.name)
    for entry in sorted(os.scandir(copy.place / "log"), key=lambda each: each.name):
        if f"log/{entry.name}" not in BESIDE:
            yield Finding(Fault.UNEXPECTED, None, f"log/{entry.name}")


def stray(root: Path, known: Set[str]) -> Iterator[str]:
    """What lies in a storage root and belongs to no object that was entered."""
    above = {str(folder) for path in known for folder in PurePosixPath(path).parents}
    yield from _stray(root, "", known, above)


def _stray(root: Path, below: str, known: Set[str], above: Set[str]) -> Iterator[str]:
    for entry in sorted(os.scandir(root / below), key=lambda each: each.name):
        path = f"{below}{entry.name}"
        if path in layout.ROOT_FILES:
            continue
        folder = entry.is_dir(follow_symlinks=False)
        if path == "extensions" and folder:
            held, idle = walk(root / path)
            inside = (f"{path}/{each}" for each in (*held, *idle))
            yield from (each for each in inside if each not in layout.ROOT_FILES)
        elif not folder or (path not in known and path not in above):
            yield path
        elif path in above:
            yield from _stray(root, f"{path}/", known, above)


def versions(state: LogState) -> Mapping[str, Mapping[int, str]]:
    """What the readable entries say; the others are findings of the log itself."""
    found: dict[str, dict[int, str]] = {}
    for each in state.lines:
        try:
            leaf = log.read_line(each)
        except ArchiveDamaged:
            continue
        found.setdefault(leaf.object, {})[leaf.version] = leaf.sha512
    return found
