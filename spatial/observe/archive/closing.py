"""Closing days 日归档: every Beijing day that is over, as a file; again where its values changed since."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.files import replacing
from spatial.observe.archive import day_file, store
from spatial.observe.archive.store import DayFile

Tell = Callable[[DayFile], None]


def close_days(
    connection: Connection, folder: Path, now: datetime | None = None, tell: Tell = lambda _: None
) -> list[DayFile]:
    """Write what is to be written; the connection commits by itself (autocommit).

    A day that was closed and written to since gets a file of a new version, unless its believed values are
    the same again. Each day is a transaction of its own: what was closed stays closed where another fails.
    """
    today = (now or datetime.now(BEIJING)).astimezone(BEIJING).date()
    made: list[DayFile] = []
    with store.alone(connection):
        started_at = store.clock(connection)
        for day in store.to_close(connection, today):
            file = _closed(connection, folder, day)
            if file is not None:
                made.append(file)
                tell(file)
        store.looked(connection, started_at, len(made))
    return made


def _closed(connection: Connection, folder: Path, day: date) -> DayFile | None:
    with connection.transaction(), tempfile.TemporaryDirectory(prefix="onemap-archive-") as work:
        connection.execute("set transaction isolation level repeatable read")
        held = store.held(connection, day)
        last = store.newest(connection, day, day).get(day)
        stands = (last.rows, last.digest) if last else (0, 0)
        if stands == (held.rows, held.digest):
            return None
        version = last.version + 1 if last else 1
        path = f"{day:%Y}/{day:%m}/{day:%Y-%m-%d}.{version}.parquet"
        rows = Path(work) / "rows.csv"
        store.copy_out(connection, day, rows)
        with replacing(folder / path) as partial:
            day_file.write(rows, partial, day, held.digest, store.known(connection))
        sha256, size = digest_of(folder / path)
        made = DayFile(day, version, path, sha256, size, held.rows, held.digest)
        store.keep(connection, made)
        return made


def digest_of(path: Path) -> tuple[bytes, int]:
    """SHA-256 of a file, and how many bytes it has."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest(), path.stat().st_size
