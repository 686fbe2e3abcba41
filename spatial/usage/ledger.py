"""The usage ledger 用量台账: filled from the access log exactly once, and compared with a replay of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.usage import store
from spatial.usage.model import Sums, Use, Verification
from spatial.usage.segments import chunks, folded, segments


def ingest(connection: Connection, folder: Path) -> int:
    """Add what the segments hold beyond what is in; how many lines that was.

    The sums and the offset move in one transaction, and one process does it at a
    time: a line is counted once, whatever dies when. Where another process is at
    it, nothing is done.
    """
    with connection.transaction():
        known = store.offsets(connection)
    added = 0
    for path in segments(folder):
        if path.stat().st_size > known.get(path.name, 0):
            added += _ingest(connection, path)
    return added


def _ingest(connection: Connection, path: Path) -> int:
    with connection.transaction():
        if not store.alone(connection):
            return 0
        added = 0
        for chunk in chunks(path, store.offsets(connection).get(path.name, 0)):
            lines = chunk.splitlines()
            store.add(connection, path.name, len(chunk), len(lines), folded(lines))
            added += len(lines)
        return added


def verify(connection: Connection, folder: Path) -> Verification:
    """Replay the log up to what is in, and compare every sum.

    Minutes of segments that were taken away to an archive are left out.
    """
    with connection.transaction():
        store.hold(connection)
        covered = store.covered(connection)
        ledger = store.everything(connection)
    held = {path.name: path for path in segments(folder)}
    replay: dict[Use, Sums] = {}
    for name, (size, _, _) in covered.items():
        if name in held:
            left = size
            for chunk in chunks(held[name], 0):
                folded(chunk[:left].splitlines(), replay)
                left -= min(left, len(chunk))
                if not left:
                    break
    away = [(first, last) for name, (_, first, last) in covered.items() if name not in held]

    def compared(use: Use) -> bool:
        minute = datetime.fromisoformat(use.minute).replace(tzinfo=BEIJING)
        return not any(first and last and first <= minute <= last for first, last in away)

    uses = sorted(use for use in ledger.keys() | replay.keys() if compared(use))
    return Verification(
        minutes=len({use.minute for use in uses}),
        calls=sum(replay[use].calls for use in uses if use in replay),
        differing=tuple(use for use in uses if ledger.get(use) != replay.get(use)),
        archived=len(away),
    )
