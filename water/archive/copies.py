"""Three copies 三份副本: each follows the log of another, and any intact one repairs the others.

A copy is only ever written from one whose log gives the same roots and whose object is, file by
file, what was entered. What a repair replaces is set aside in quarantine, never deleted; every
replication and repair is an event.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from spatial.files import replacing
from water.archive import disk, inventory, journal, log, storage, verify
from water.archive.log import LogState
from water.archive.model import Finding, Head, stamp
from water.archive.premis import Event, EventType, Outcome
from water.archive.storage import QUARANTINE, STAGING, Copy
from water.errors import ArchiveAway, ArchiveDamaged, ArchiveDiverged


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a copy is."""

    name: str
    place: str
    reachable: bool
    head: Head | None
    last_audit: str | None
    device: int | None
    """The medium it lies on: two copies on one fail together."""


def standing(place: Path, name: str) -> Standing:
    """What can be said of a copy without reading it through."""
    try:
        copy = storage.opened(place)
    except ArchiveAway:
        return Standing(name, str(place), False, None, None, None)
    audits = [each.time for each in journal.read(copy.place) if _whole_audit(each)]
    head = LogState.read(copy.place).head
    return Standing(copy.name, str(place), True, head, audits[-1] if audits else None, place.stat().st_dev)


def _whole_audit(event: Event) -> bool:
    return event.type is EventType.FIXITY_CHECK and event.object is None


def heads(copies: Iterable[Copy]) -> tuple[Head, ...]:
    """What the copies say of the log: each must hold the roots of all."""
    return tuple(LogState.read(copy.place).head for copy in copies)


def follow(source: Copy, target: Copy, now: datetime) -> int:
    """Bring a copy up to another; how many versions it was behind.

    ArchiveDiverged where the one's log is no prefix of the other's; ArchiveDamaged where the source
    is not what was entered: then nothing of that object is copied.
    """
    with storage.held(target), storage.room(target.place):
        leading, behind = LogState.read(source.place), LogState.read(target.place)
        if leading.lines[: len(behind.lines)] != behind.lines:
            raise ArchiveDiverged(
                f"两份副本的日志不是前后关系,请先核对:{source.place}、{target.place}",
                "the logs of the copies do not follow one another; verify both:"
                f" {source.place}, {target.place}",
                value=str(target.place),
            )
        new = leading.leaves[len(behind.lines) :]
        for object_id in dict.fromkeys(leaf.object for leaf in new):
            _bring(source, target, object_id, leading.versions[object_id])
        if new:
            log.append(target.place, new)
        _follow_roots(source, target)
        for object_id in dict.fromkeys(leaf.object for leaf in new):
            journal.write(target.place, [_replicated(object_id, source, target, now)])
    return len(new)


def _replicated(object_id: str, source: Copy, target: Copy, now: datetime) -> Event:
    told = f"{source.name} → {target.name}"
    return Event(EventType.REPLICATION, stamp(now), Outcome.SUCCESS, object_id, told, copy=target.name)


def _bring(source: Copy, target: Copy, object_id: str, entered: Mapping[int, str]) -> None:
    """Give the target an object as the source has it: whole, by one rename, digests checked on the way."""
    place = target.folder(object_id)
    if place.exists() and verify.check_object(place, object_id, entered).ok:
        return  # a run before was killed between the object and the log
    staging = target.place / STAGING / uuid.uuid4().hex
    try:
        tree = staging / "object"
        _copied(source, object_id, entered, tree, place)
        disk.sync_tree(staging)
        if place.exists():
            disk.exchange(tree, place)
        else:
            disk.put(tree, place)
    finally:
        if staging.exists():
            disk.remove(staging)


def _copied(
    source: Copy, object_id: str, entered: Mapping[int, str], tree: Path, held: Path | None = None
) -> None:
    """Copy an object and compare it with the log; what the target holds already is linked."""
    folder = source.folder(object_id)
    if held is not None and held.exists():
        disk.link_tree(held, tree)
        for name in (inventory.FILE, inventory.SIDECAR):
            (tree / name).unlink(missing_ok=True)
    copied = [name for name in verify.walk(folder)[0] if not (tree / name).exists()]
    for name in copied:
        disk.copy_new(folder / name, tree / name)
    findings = verify.check_object(tree, object_id, entered).findings
    if findings:
        own = findings[0].path not in copied and held is not None and held.exists()
        whose = "目标 of the target" if own else f"来源 of {source.name}"
        raise ArchiveDamaged(
            f"案卷与登记不符({whose}),请先核对并修复该副本:{findings[0].zh}",
            f"the object ({whose}) is not what was entered; verify and repair that copy first:"
            f" {findings[0].en}",
            value=object_id,
        )


def _follow_roots(source: Copy, target: Copy) -> None:
    """The daily roots that the source published since."""
    leading, _ = log.daily_roots(source.place)
    held, _ = log.daily_roots(target.place)
    log.add_roots(target.place, [each for each in leading if each not in held])


def intact(copies: Iterable[Copy], object_id: str, entered: Mapping[int, str]) -> Copy:
    """The first copy in which an object is what was entered; ArchiveDamaged where none has it."""
    for copy in copies:
        if verify.check_object(copy.folder(object_id), object_id, entered).ok:
            return copy
    raise ArchiveDamaged(
        f"没有一份副本的案卷完好,请找离线副本:{object_id}",
        f"no copy holds the object intact; look for one that is not connected: {object_id}",
        value=object_id,
    )


@dataclass(frozen=True, slots=True)
class Repair:
    """What was repaired, from where, and where the damaged state lies."""

    what: str
    source: str
    quarantine: str


def repair(
    target: Copy, others: Sequence[Copy], now: datetime, trusted: Sequence[Head] = ()
) -> tuple[Repair, ...]:
    """Put right in a copy whatever is not as entered, from any intact one; all of it recorded.

    The log comes first: it is taken from the copy whose log is longest and gives every root that is
    trusted. Then each damaged object, then what stands where nothing should.
    """
    with ExitStack() as stack:
        stack.enter_context(storage.held(target))
        stack.enter_context(storage.room(target.place))
        done = [*_repair_log(target, others, now, trusted)]
        state = LogState.read(target.place)
        for object_id, entered in state.versions.items():
            verdict = verify.check_object(target.folder(object_id), object_id, entered)
            if not verdict.ok:
                source = intact(others, object_id, entered)
                done.append(_repair_object(target, source, object_id, entered, verdict.findings, now))
        done += _clear_strangers(target, state, now)
    return tuple(done)


def _repair_log(
    target: Copy, others: Sequence[Copy], now: datetime, trusted: Sequence[Head]
) -> Iterator[Repair]:
    candidates = []
    for copy in (target, *others):
        state = LogState.read(copy.place)
        if not list(verify.check_log(copy, state, trusted)):
            candidates.append((len(state.lines), copy is target, copy))
    if not candidates:
        raise ArchiveDamaged(
            f"没有一份副本的日志给出已公布的日根:{target.place}",
            f"no copy's log gives the published roots: {target.place}",
            value=str(target.place),
        )
    _, own, source = max(candidates, key=lambda each: each[:2])
    if own:
        return
    for path in (log.LEAVES, log.ROOTS):
        if (target.place / path).read_bytes() == (source.place / path).read_bytes():
            continue
        aside = _aside(target, path.replace("/", "-"), now)
        (target.place / path).rename(aside)
        with replacing(target.place / path) as fresh:
            fresh.write_bytes((source.place / path).read_bytes())
        yield _told(target, Repair(path, source.name, str(aside.relative_to(target.place))), None, now)


def _repair_object(
    target: Copy,
    source: Copy,
    object_id: str,
    entered: Mapping[int, str],
    findings: Sequence[Finding],
    now: datetime,
) -> Repair:
    staging = target.place / STAGING / uuid.uuid4().hex
    place = target.folder(object_id)
    try:
        tree = staging / "object"
        _copied(source, object_id, entered, tree)
        disk.sync_tree(staging)
        kept = ""
        if place.exists():
            aside = _aside(target, place.name, now)
            disk.exchange(tree, place)
            tree.rename(aside)
            kept = str(aside.relative_to(target.place))
        else:
            disk.put(tree, place)
    finally:
        if staging.exists():
            disk.remove(staging)
    detail = "; ".join(f"{each.path} {each.fault}" for each in findings[:20])
    return _told(target, Repair(object_id, source.name, kept), detail, now)


def _clear_strangers(target: Copy, state: LogState, now: datetime) -> Iterator[Repair]:
    """What was never entered goes to quarantine; the root's own files and the verifier are put back."""
    for path in storage.put_back_own_files(target):
        yield _told(target, Repair(path, "platform", ""), None, now)
    for finding in list(verify.check_surroundings(target, state)):
        aside = _aside(target, finding.path.replace("/", "-"), now)
        place = target.place / finding.path
        place.rename(aside)
        storage.prune(place.parent, target.place)
        yield _told(target, Repair(finding.path, "", str(aside.relative_to(target.place))), None, now)


def _aside(target: Copy, name: str, now: datetime) -> Path:
    place = target.place / QUARANTINE / f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}-{name[-180:]}"
    place.parent.mkdir(exist_ok=True)
    return place


def _told(target: Copy, done: Repair, detail: str | None, now: datetime) -> Repair:
    told = f"{done.what} from {done.source or '-'}, set aside in {done.quarantine or '-'}"
    told += f": {detail}" if detail else ""
    subject = done.what if done.what.startswith("urn:") else None
    event = Event(EventType.RECOVERY, stamp(now), Outcome.SUCCESS, subject, told[:4000], copy=target.name)
    journal.write(target.place, [event])
    return done
