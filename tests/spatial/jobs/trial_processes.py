"""Processes made for tests: one that waits in the database, one that fails a while, one that spreads."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.errors import InvalidInput, Unavailable
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process, Retry

NAMED = Title("试验", "trial")


def _sleep_in_database(context: Context, inputs: Inputs) -> Outputs:
    context.step(10, "等待", "waiting")
    with connect(context.dsn) as connection:
        connection.execute("select pg_sleep(%s)", (inputs["seconds"],))
    return {"result": Document("slept")}


def _count(context: Context, inputs: Inputs) -> Outputs:
    for number in range(inputs["steps"]):
        time.sleep(0.05)
        context.step(100 * number // inputs["steps"], f"第 {number} 步", f"step {number}")
    return {"result": Document(inputs["steps"])}


def _fail_until(context: Context, inputs: Inputs) -> Outputs:
    """Fails as long as a file is there; each run adds a line to another."""
    path = Path(inputs["log"])
    with path.open("a") as log:
        log.write(f"{time.time()}\n")
    runs = len(path.read_text().split())
    if runs <= inputs["failures"]:
        if inputs.get("kind") == "invalid":
            raise InvalidInput("永远不行:1", "never: 1", value=1)
        if inputs.get("kind") == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise Unavailable("暂时不行", "not now")
    return {"result": Document(runs)}


def _spread(context: Context, inputs: Inputs) -> Outputs:
    units = {str(number): (number, inputs.get("seconds", 0.0)) for number in range(inputs["units"])}
    found = dict(context.each(square, units, weight=10**9))
    return {"result": Document(found)}


def square(dsn: str, number: int, seconds: float) -> int:
    """A unit: its own session, and some time in it."""
    with connect(dsn) as connection:
        connection.execute("select pg_sleep(%s)", (seconds,))
        row = connection.execute("select %s::int * %s::int", (number, number)).fetchone()
    assert row is not None
    return int(row[0])


def _deadly(context: Context, inputs: Inputs) -> Outputs:
    dict(context.each(kill_me, {"1": (), "2": ()}, weight=10**9))
    return {}


def kill_me(dsn: str) -> None:
    """A unit that takes its process down every time."""
    os.kill(os.getpid(), signal.SIGKILL)


def _trial(name: str, run: object, retry: Retry | None = None) -> Process:
    return Process(name, "1", NAMED, NAMED, {}, {}, run, retry=retry or Retry(3, 0.2))  # type: ignore[arg-type]


SLEEP = _trial("sleep", _sleep_in_database)
COUNT = _trial("count", _count)
FAIL = _trial("fail", _fail_until)
SPREAD = _trial("spread", _spread)
DEADLY = _trial("deadly", _deadly, Retry(1))
TRIALS = (SLEEP, COUNT, FAIL, SPREAD, DEADLY)


def marked(folder: str, number: int, dies: bool = False) -> int:
    """A unit that leaves a mark, and may take its process down the first time."""
    mark = Path(folder) / str(number)
    first = not mark.exists()
    mark.touch()
    if dies and first:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def slow(folder: str, number: int) -> int:
    """A unit that takes its time and leaves a mark."""
    time.sleep(0.05)
    return marked(folder, number)


def refuses(_: str, number: int) -> int:
    """A unit that cannot be done."""
    raise InvalidInput(f"不行:{number}", f"no: {number}", value=number, details={"pointer": "/n"})
