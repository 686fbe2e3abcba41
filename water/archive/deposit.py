"""Depositing 入藏: edits wait, checked and safe on disk, and enter together as one version.

Every version costs an inventory that names all files again, in every later version too: a thousand
small edits one by one made an object of 48 KB grow to 908 MB elsewhere. So edits wait until a bundle
is worth it or the day ends. Nothing of them is lost: the last state of each file stands by itself,
the states before it in a pack of the version, with who, when and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from spatial.lock import exclusive
from water.archive import crate, disk, formats, journal, layout, log, pack, premis, reading, storage
from water.archive.inventory import Inventory
from water.archive.model import (
    BUNDLE_BYTES,
    INVENTORY_SHARE,
    PACK_BELOW_BYTES,
    PACK_FROM,
    VERSIONS_AT_LEAST,
    VERSIONS_MAX,
    Agent,
    ObjectId,
    Receipt,
    stamp,
)
from water.archive.premis import Event, EventType, Outcome
from water.archive.storage import Copy, NewVersion
from water.errors import BadArchiveRequest

PENDING: Final = "pending"
LICENCE: Final = "政务数据,按共享类型使用 government data, used by its sharing class"
PREMIS: Final = "premis.xml"
SEALING: Final = "seal.lock"
_SCRATCH: Final = ".scratch"
_RESERVED: Final = ("packs/", "edits/")


@dataclass(frozen=True, slots=True)
class Edit:
    """Files of a work that somebody hands in, in place of or beside those it has."""

    work: str
    title: str
    message: str
    agent: Agent
    time: datetime
    files: Mapping[str, Path | bytes]
    """Logical path → content."""
    without: frozenset[str] = field(default=frozenset())
    """Paths that the newest state no longer shows; they stay in the versions that had them."""
    synthetic: bool = False
    events: tuple[Event, ...] = ()
    """What was done to the files before, as a migration."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a work."""

    work: str
    edits: int
    bytes: int

    @property
    def ripe(self) -> bool:
        """Worth a version by itself."""
        return self.bytes >= BUNDLE_BYTES


@dataclass(frozen=True, slots=True)
class _Held:
    """An edit as it waits on disk."""

    place: Path
    told: Mapping[str, Any]

    def files(self) -> dict[str, Path]:
        return {path: self.place / "files" / str(n) for n, path in enumerate(self.told["files"])}


def submit(copy: Copy, edit: Edit) -> None:
    """Take an edit: formats are checked, files copied and synced; it enters with the next :func:`seal`."""
    ObjectId.of(copy.city, edit.work, edit.time)
    if not edit.files and not edit.without:
        raise BadArchiveRequest(
            f"没有要归档的文件:{edit.work}", f"there is no file to archive: {edit.work}", value=edit.work
        )
    for path in edit.files:
        storage.require_logical(path)
        if path.startswith(_RESERVED) or path in (PREMIS, crate.FILE):
            raise BadArchiveRequest(
                f"此路径由档案自用,请改名:{path}",
                f"the archive keeps that path for itself: {path}",
                value=path,
            )
    with storage.held(copy), storage.room(copy.place):
        _keep(copy, edit)


def _keep(copy: Copy, edit: Edit) -> None:
    waiting = copy.place / PENDING / layout.encode(edit.work)
    number = 1 + max((int(each.name.split("-")[0]) for each in _entries(waiting)), default=0)
    staging = copy.place / storage.STAGING / f"edit-{number:06}"
    disk.remove(staging) if staging.exists() else None
    kinds = {}
    for n, (path, source) in enumerate(edit.files.items()):
        kept = staging / "files" / str(n)
        if isinstance(source, bytes):
            disk.write_new(kept, source)
        else:
            disk.copy_new(source, kept)
        kinds[path] = formats.identify(kept, path).media_type
    told = {
        "work": edit.work,
        "title": edit.title,
        "message": edit.message,
        "author": edit.agent.name,
        "department": edit.agent.department,
        "time": stamp(edit.time),
        "files": kinds,
        "without": sorted(edit.without),
        "synthetic": edit.synthetic,
        "events": [[each.type, each.time, each.outcome, each.detail, each.agent] for each in edit.events],
    }
    disk.write_new(staging / "edit.json", json.dumps(told, ensure_ascii=False).encode())
    disk.sync_tree(staging)
    disk.put(staging, waiting / f"{number:06}")


def waiting(copy: Copy) -> tuple[Waiting, ...]:
    """The works for which edits wait."""
    place = copy.place / PENDING
    found: dict[str, list[_Held]] = {}
    for folder in _entries(place):
        for held in () if folder.name.endswith(_SCRATCH) else _held(folder):
            found.setdefault(held.told["work"], []).append(held)
    return tuple(
        Waiting(work, len(edits), sum(path.stat().st_size for one in edits for path in one.files().values()))
        for work, edits in sorted(found.items())
    )


def seal(copy: Copy, work: str, now: datetime) -> Receipt | None:
    """Enter all that waits for a work as one version; None where nothing waits.

    Killed at any instant, it goes on with the same edits: a version is entered once.
    """
    encoded = layout.encode(work)
    sealing, fresh = (copy.place / PENDING / name for name in (f"{encoded}.sealing", encoded))
    with exclusive(copy.place / SEALING), storage.room(copy.place):
        with storage.held(copy):
            if not sealing.exists() and fresh.exists():
                fresh.rename(sealing)
                disk.sync_folder(sealing.parent)
        edits = _held(sealing)
        if not edits:
            return None
        with _scratch(sealing) as aside:
            receipt = _entered(copy, work, edits, now, aside)
        disk.remove(sealing)
        disk.sync_folder(sealing.parent)
    return receipt


@contextmanager
def _scratch(sealing: Path) -> Iterator[Path]:
    """A folder for what is being packed; what a killed run left there goes first."""
    place = sealing.with_name(f"{sealing.name}{_SCRATCH}")
    if place.exists():
        disk.remove(place)
    place.mkdir()
    try:
        yield place
    finally:
        disk.remove(place)


def deposit(copy: Copy, edit: Edit) -> Receipt:
    """Take one edit and enter it at once, with whatever waits for its work."""
    submit(copy, edit)
    receipt = seal(copy, edit.work, edit.time)
    assert receipt is not None
    return receipt


def open_object(copy: Copy, work: str, day: datetime) -> ObjectId:
    """The object that takes the next version of a work on that day.

    A continuation 续卷 begins where the object is full, or where its inventories weigh more than the
    share of its content that they may: each names every file of every version again. It holds what
    came since; what came before stays in the parts before it.
    """
    found = ObjectId.of(copy.city, work, day)
    while copy.folder(str(found.continued())).exists():
        found = found.continued()
    held = storage.read_inventory(copy, str(found))
    return found.continued() if held is not None and _full(copy.folder(str(found)), held) else found


def _full(folder: Path, held: Inventory) -> bool:
    if held.head < VERSIONS_AT_LEAST:
        return False
    inventories = sum((folder / f"v{n}/inventory.json").stat().st_size for n in range(1, held.head + 1))
    content = sum((folder / path).stat().st_size for path in held.manifest.values())
    return held.head >= VERSIONS_MAX or inventories > INVENTORY_SHARE * content


def _entered(copy: Copy, work: str, edits: Sequence[_Held], now: datetime, aside: Path) -> Receipt:
    newest, key = edits[-1].told, _key(edits)
    handed_in = datetime.fromisoformat(newest["time"])
    known = _already(copy, work, handed_in, key)
    if known is not None:
        return known
    last = open_object(copy, work, handed_in)
    before = storage.read_inventory(copy, str(last))
    contents, without = _last_states(edits)
    shown = {} if before is None else dict(before.state(before.head))
    files: dict[str, Path | bytes] = {}
    kinds = {path: kind for one in edits for path, kind in one.told["files"].items()}
    bundle = f"{before.head + 1 if before else 1:04}-{now:%Y%m%d}-{key[:12]}.zip"
    packed = _packed(contents, without - shown.keys())
    if packed:
        files[f"packs/{bundle}"] = pack.write(aside / "pack.zip", packed)
    files |= {path: source for path, source in contents.items() if path not in packed}
    if len(edits) > 1:
        files[f"edits/{bundle}"] = pack.write(aside / "edits.zip", dict(_earlier(edits)))
    gone = {path for path in shown if path.startswith("edits/")} | ((without | packed.keys()) & shown.keys())
    parts = _parts(copy, last, {path: shown[path] for path in shown.keys() - gone}, files, kinds)
    about = crate.Description(
        str(last),
        newest["title"],
        stamp(now),
        newest["author"],
        newest["department"],
        LICENCE,
        any(one.told["synthetic"] for one in edits),
    )
    files[crate.FILE] = crate.document(about, parts)
    files[PREMIS] = premis.document(str(last), newest["title"], _events(copy, last, edits, files, now))
    new = NewVersion(
        stamp(now),
        f"{newest['message']} [{len(edits)}/{key[:12]}]",
        newest["author"],
        f"urn:onemap:department:{quote(newest['department'])}",
        files,
        frozenset(gone),
    )
    leaf, index = storage.enter(copy, last, new)
    size = sum(part.bytes for part in parts if part.path in files)
    return Receipt(last, leaf.version, leaf, index, size, (copy.name,))


def _packed(contents: Mapping[str, Path], without: set[str]) -> dict[str, Path | bytes]:
    """What goes into the version's pack: small files where there are many, and what packs no longer show."""
    small = {path: source for path, source in contents.items() if source.stat().st_size < PACK_BELOW_BYTES}
    found: dict[str, Path | bytes] = {**small} if len(small) >= PACK_FROM else {}
    if without:
        found[pack.WITHOUT] = "\n".join([*sorted(without), ""]).encode()
    return found


def _key(edits: Sequence[_Held]) -> str:
    """What a batch is known by: its edits, to the byte of their descriptions and their files."""
    found = sha256()
    for one in edits:
        found.update((one.place / "edit.json").read_bytes())
        for path in one.files().values():
            found.update(disk.sha512_of(path, bytearray(disk.BLOCK)).encode())
    return found.hexdigest()


def _already(copy: Copy, work: str, now: datetime, key: str) -> Receipt | None:
    """The version of this very batch, where it was entered just before a kill."""
    found = ObjectId.of(copy.city, work, now)
    while held := storage.read_inventory(copy, str(found)):
        if held.versions[-1].message.endswith(f"/{key[:12]}]"):
            proof = log.LogState.read(copy.place).proof(str(found), held.head)
            return Receipt(found, held.head, proof.leaf, proof.index, 0, (copy.name,))
        found = found.continued()
    return None


def _last_states(edits: Sequence[_Held]) -> tuple[dict[str, Path], set[str]]:
    """The last content of every file, and the paths taken out of the state."""
    contents: dict[str, Path] = {}
    without: set[str] = set()
    for one in edits:
        for path in one.told["without"]:
            contents.pop(path, None)
            without.add(path)
        contents |= one.files()
        without -= one.files().keys()
    return contents, without


def _earlier(edits: Sequence[_Held]) -> Iterator[tuple[str, Path | bytes]]:
    """States that later edits of the batch replaced, and the list of all its edits."""
    last = {path: number for number, one in enumerate(edits) for path in one.files()}
    listed = []
    for number, one in enumerate(edits):
        told = {name: one.told[name] for name in ("time", "author", "department", "message", "without")}
        listed.append(
            json.dumps({"edit": number + 1, **told, "files": list(one.told["files"])}, ensure_ascii=False)
        )
        for path, source in one.files().items():
            if last[path] != number:
                yield f"{number + 1:05}/{path}", source
    yield "edits.jsonl", "\n".join([*listed, ""]).encode()


def _parts(
    copy: Copy,
    of: ObjectId,
    shown: Mapping[str, str],
    files: Mapping[str, Path | bytes],
    kinds: Mapping[str, str],
) -> list[crate.Part]:
    """What the version will hold, for its description."""
    parts = [
        crate.Part(path, size, reading.media_type(path))
        for path, size in reading.sizes(copy, str(of), shown).items()
        if path not in files and path not in (crate.FILE, PREMIS)
    ]
    for path, source in files.items():
        assert isinstance(source, Path)
        packed = path.startswith(("packs/", "edits/"))
        kind = pack.MEDIA_TYPE if packed else kinds[path]
        told = f"{len(pack.members(source))} 个文件 files" if packed else ""
        parts.append(crate.Part(path, source.stat().st_size, kind, told))
    return parts


def _events(
    copy: Copy, of: ObjectId, edits: Sequence[_Held], files: Mapping[str, Path | bytes], now: datetime
) -> list[Event]:
    """The ingestion, what was done to the files before, and what the journal has of the object since."""
    object_id, newest = str(of), edits[-1].told
    since = storage.read_inventory(copy, object_id)
    entered = datetime.fromisoformat(since.versions[-1].created) if since else None
    found = [
        each
        for each in journal.read(copy.place)
        if each.object == object_id and (entered is None or datetime.fromisoformat(each.time) > entered)
    ]
    for one in edits:
        for kind, time, outcome, detail, agent in one.told["events"]:
            found.append(Event(EventType(kind), time, Outcome(outcome), object_id, detail, agent))
    told = f"{len(edits)} edits, {len(files)} files: {newest['message']}"
    found.append(Event(EventType.INGESTION, stamp(now), Outcome.SUCCESS, object_id, told, newest["author"]))
    return found


def _held(folder: Path) -> list[_Held]:
    return [_Held(each, json.loads((each / "edit.json").read_bytes())) for each in _entries(folder)]


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []
