"""What the tests of jobs share: a worker as an installation runs it, and jobs handed to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from spatial.access.model import LOCAL, Right
from spatial.access.rules import rights, visible
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.jobs import content, store
from spatial.jobs.model import Answer, Grant, Job, Owner, Request, State, Subscriber
from spatial.jobs.process import Process
from spatial.jobs.processes import GROUND

ROOT = Path(__file__).parents[3]
BY_ID = {process.id: process for process in GROUND}
SCRIPT = """
import sys, time
sys.path[:0] = [{root!r}, {here!r}]
from spatial.jobs.process import Processes
from spatial.jobs.processes import GROUND
from spatial.jobs.worker import Pace, Worker
from spatial.jobs.workplace import Workplace
from trial_processes import TRIALS

def chore(wanted):
    while wanted():
        time.sleep(0.1)

if __name__ == "__main__":
    workplace = Workplace(dsn={dsn!r}, city="370783", **{options!r})
    Worker(workplace, Processes((*GROUND, *TRIALS)), pace=Pace(0.5, 3.0, 0.3, 1.0), chores=[chore]).work()
"""


@contextmanager
def worker(dsn: str, log: Path, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own process group, which hears of the dead quickly."""
    file = log.with_suffix(".py")
    file.write_text(SCRIPT.format(root=str(ROOT), here=str(Path(__file__).parent), dsn=dsn, options=options))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(file)], stdout=output, stderr=output, cwd=ROOT, env=os.environ
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def owner(dsn: str, *layers: str) -> Owner:
    """The operator of this machine, with what they may see of these layers."""
    with connect(dsn) as connection:
        grants = {}
        for name in layers:
            contract = catalogue.get(connection, name).contract
            held = rights(LOCAL, contract)
            grants[name] = Grant(tuple(one.name for one in contract.fields if visible(one, held)), held)
    return Owner.of(LOCAL, grants)


def submit(
    dsn: str,
    process: Process | str,
    inputs: Mapping[str, Any],
    *layers: str,
    answer: Answer | None = None,
    subscriber: Subscriber | None = None,
) -> str:
    """Hand a job in; its id."""
    chosen = BY_ID[process] if isinstance(process, str) else process
    request = Request(chosen.id, chosen.version, inputs, owner(dsn, *layers), answer or Answer(), subscriber)
    with connect(dsn) as connection:
        return store.submit(connection, request).id


def job(dsn: str, job_id: str) -> Job:
    """The job now."""
    with connect(dsn) as connection:
        return store.get(connection, job_id)


def ended(dsn: str, job_id: str, within_s: float = 120.0) -> Job:
    """The job when it is over."""
    return reached(dsn, job_id, lambda found: found.state.final, within_s)


def reached(dsn: str, job_id: str, true: Any, within_s: float = 120.0) -> Job:
    """The job as soon as something is true of it."""
    until = time.monotonic() + within_s
    while not true(found := job(dsn, job_id)):
        if time.monotonic() > until:
            pytest.fail(f"not within {within_s} s: {found}")
        time.sleep(0.03)
    return found


def result(dsn: str, job_id: str, name: str = "result") -> Any:
    """An output of a successful job: JSON as a value, a file as bytes."""
    found = ended(dsn, job_id)
    assert found.state is State.SUCCESSFUL, (found.problem, found.message_en)
    with connect(dsn) as connection:
        kept = {one.name: one for one in store.outputs(connection, job_id)}[name]
        body = content.fetch(connection, kept.sha256)
    return orjson.loads(body) if kept.file_name is None else body


def digest(dsn: str, job_id: str, name: str = "result") -> bytes:
    """The digest of an output."""
    with connect(dsn) as connection:
        return {one.name: one.sha256 for one in store.outputs(connection, job_id)}[name]


__all__ = ["BY_ID", "Right", "digest", "ended", "job", "owner", "reached", "result", "submit", "worker"]
