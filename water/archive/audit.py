"""The fixity audit 完整性巡检: every byte of a copy, object by object, resumable, at a bounded rate.

Each object's outcome is an event in the copy's journal, so is the whole. What is found is named;
nothing is repaired here: that is :mod:`water.archive.copies`, and it is recorded too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spatial.files import replacing
from water.archive import journal, storage, verify
from water.archive.log import LogState
from water.archive.model import DailyRoot, Finding, Head, Verdict, stamp
from water.archive.premis import Event, EventType, Outcome
from water.archive.storage import Copy
from water.archive.verify import Look

FILE: Final = "audit.json"
NAMED_AT_MOST: Final = 20
"""So many faults are named in one event; all are in the verdict."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit is asked for."""

    trusted: tuple[Head, ...] = ()
    days: tuple[DailyRoot, ...] = ()
    threads: int = 1
    rate_bytes_s: float | None = None
    """No faster than this, so that daily work goes on beside it."""
    limit_bytes: int | None = None
    """Stop after so much; the next one goes on from there."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far an audit came and what it found."""

    verdict: Verdict
    """Of this run alone."""
    done: int
    of: int
    finished: bool
    """Whether the whole copy has been looked at since the round began."""


class Pace:
    """Waits so that on average no more than so many bytes a second are read."""

    def __init__(
        self,
        rate_bytes_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate_bytes_s, clock, sleep
        self._since, self._spent = clock(), 0

    def spent(self, count: int) -> None:
        """So many bytes were read."""
        self._spent += count
        ahead_s = self._spent / self._rate - (self._clock() - self._since)
        if ahead_s > 0:
            self._sleep(ahead_s)


def run(copy: Copy, asked: Audit, now: datetime, step: Callable[[int, int], None] | None = None) -> Report:
    """Go on with the round under way, or begin one; ``step`` hears how many objects are done, of how many."""
    state = LogState.read(copy.place)
    pace = Pace(asked.rate_bytes_s) if asked.rate_bytes_s else None
    look = Look(asked.trusted, asked.days, asked.threads, pace.spent if pace else None)
    after, faults = _resumed(copy)
    findings = [] if after is not None else _of_the_copy(copy, state, asked)
    known = verify.versions(state)
    objects = sorted(known)
    left = [each for each in objects if after is None or each > after]
    files = size = 0
    for number, object_id in enumerate(left):
        if asked.limit_bytes is not None and size >= asked.limit_bytes:
            break
        verdict = _object(copy, object_id, known[object_id], look)
        files, size = files + verdict.files, size + verdict.bytes
        findings += verdict.findings
        _note(copy, _event(copy, object_id, verdict.findings, now))
        _keep(copy, object_id, faults + len(findings))
        if step is not None:
            step(len(objects) - len(left) + number + 1, len(objects))
    else:
        number = len(left)
        _end(copy, len(objects), faults + len(findings), findings, now)
    done = len(objects) - len(left) + number
    return Report(Verdict(number, files, size, tuple(findings)), done, len(objects), number == len(left))


def _object(copy: Copy, object_id: str, entered: Mapping[int, str], look: Look) -> Verdict:
    """One object; looked at again where an ingest came in between."""
    verdict = verify.check_object(copy.folder(object_id), object_id, entered, look)
    again = entered if verdict.ok else verify.versions(LogState.read(copy.place))[object_id]
    return (
        verdict if again == entered else verify.check_object(copy.folder(object_id), object_id, again, look)
    )


def _of_the_copy(copy: Copy, state: LogState, asked: Audit) -> list[Finding]:
    """What is about no object: the log, the journal, the surroundings."""
    return [
        *verify.check_log(copy, state, asked.trusted, asked.days),
        *journal.faults(copy.place),
        *verify.check_surroundings(copy, state),
    ]


def _event(copy: Copy, object_id: str | None, findings: tuple[Finding, ...], now: datetime) -> Event:
    outcome = Outcome.FAILURE if findings else Outcome.SUCCESS
    named = "; ".join(f"{each.path} {each.fault}" for each in findings[:NAMED_AT_MOST])
    more = f" … {len(findings)}" if len(findings) > NAMED_AT_MOST else ""
    return Event(EventType.FIXITY_CHECK, stamp(now), outcome, object_id, f"{named}{more}", copy=copy.name)


def _end(copy: Copy, objects: int, faults: int, findings: list[Finding], now: datetime) -> None:
    about = tuple(each for each in findings if each.object is None)
    event = _event(copy, None, about, now)
    outcome = Outcome.FAILURE if faults else Outcome.SUCCESS
    told = f"{objects} objects, {faults} faults" + (f": {event.detail}" if event.detail else "")
    _note(copy, Event(event.type, event.time, outcome, None, told, copy=copy.name))
    (copy.place / FILE).unlink(missing_ok=True)


def _note(copy: Copy, event: Event) -> None:
    with storage.held(copy):
        journal.write(copy.place, [event])


def _keep(copy: Copy, after: str, faults: int) -> None:
    with replacing(copy.place / FILE) as fresh:
        fresh.write_text(json.dumps({"after": after, "faults": faults}, ensure_ascii=False))


def _resumed(copy: Copy) -> tuple[str | None, int]:
    """Where the round under way stands; at its beginning where nothing readable says so."""
    try:
        told = json.loads((copy.place / FILE).read_bytes())
        return str(told["after"]), int(told["faults"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0
