"""Processor time of everything that works for a benchmark: its servers and workers, and their database.

On a machine that others use, too, wall time tells how busy they are; processor time does not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

EVERY_S = 0.1
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Spent:
    """Seconds of processor time, by what they were spent on."""

    programs_s: float = 0.0
    """Servers, workers, their computing processes."""
    database_s: float = 0.0
    """Backends of the one database, where its server runs on this machine."""
    _seen: dict[tuple[int, str], tuple[float, float, bool]] = field(default_factory=dict)

    @property
    def whole_s(self) -> float:
        """All of it."""
        return self.programs_s + self.database_s

    def look(self, programs: set[int], backends: set[int], first: bool) -> None:
        """Take down how much each has spent; what ends between two looks is missed by so much."""
        for pids, is_database in ((programs, False), (backends, True)):
            for pid in pids:
                try:
                    spent, begun = of_process(pid)
                except OSError:
                    continue
                key = (pid, begun)
                begin = self._seen[key][0] if key in self._seen else (spent if first else 0.0)
                self._seen[key] = (begin, spent, is_database)
        self.programs_s = sum(now - begin for begin, now, database in self._seen.values() if not database)
        self.database_s = sum(now - begin for begin, now, database in self._seen.values() if database)


def of_process(pid: int) -> tuple[float, str]:
    """Seconds of processor time of a process of this machine, and when it began; OSError where it is none."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S, fields[19]


@contextmanager
def spent(dsn: str) -> Iterator[Spent]:
    """What the processes started by this one, and the backends of a database, spend meanwhile."""
    found, over = Spent(), threading.Event()

    def watch(connection: psycopg.Connection) -> None:
        while not over.wait(EVERY_S):
            found.look(_below(os.getpid()), _backends(connection), first=False)

    with psycopg.connect(dsn, autocommit=True) as connection:
        found.look(_below(os.getpid()), _backends(connection), first=True)
        watching = threading.Thread(target=watch, args=(connection,), daemon=True)
        watching.start()
        try:
            yield found
        finally:
            over.set()
            watching.join()
            found.look(_below(os.getpid()), _backends(connection), first=False)


def _backends(connection: psycopg.Connection) -> set[int]:
    rows = connection.execute(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    ).fetchall()
    return {row[0] for row in rows}


def _below(pid: int) -> set[int]:
    """Processes that a process has started, and theirs."""
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(each) for each in path.read_text().split()]
        except OSError:
            continue
        for child in children:
            found |= {child} | _below(child)
    return found
