"""Processes that begin where their imports end: forked off one that has read the platform's code once.

A server or a worker takes seconds of a processor to import what it runs, and a
run of the tests starts hundreds. What is forked is served by granian as in an
installation, in a process of its own with its own environment, files and end.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
POLL_S = 0.02
READ_FIRST = ("api.server", "granian", "granian.server", "api.executions", "spatial.jobs.worker")


class Forked:
    """What of ``subprocess.Popen`` the tests use, of a process that another one forked."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """How it ended, as of ``Popen``; None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(POLL_S)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that has imported everything; it answers a line for a line."""

    def __init__(self) -> None:
        code = (
            f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]; import warm; warm.fork()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._owner = os.getpid()
        atexit.register(self.close)

    def start(self, code: str, environ: Mapping[str, str], log: Path) -> Forked:
        """Run it as ``python -c`` would, with what it says at the end of a log."""
        asked = {"code": code, "environ": dict(environ), "log": str(log)}
        return Forked(self, int(self.ask(asked)))

    def ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks servers has ended"
        return json.loads(answer)

    def close(self) -> None:
        if os.getpid() == self._owner and self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(10)


@cache
def nursery() -> Nursery:
    """That of this run, made when the first one asks."""
    return Nursery()


@contextmanager
def forked(code: str, environ: Mapping[str, str], log: Path, within_s: float) -> Iterator[Forked]:
    """One that runs such code, asked to end afterwards and killed where it does not in time."""
    process = nursery().start(code, environ, log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fork() -> None:
    """The nursery's own life: to import, then fork and tell until nobody asks any more."""
    import gc
    import importlib

    for module in READ_FIRST:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    for line in questions:
        request = json.loads(line)
        answer = _ended(request["ended"]) if "ended" in request else _forked(request, questions, answers)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _forked(request: dict[str, Any], *own: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for each in own:
            os.close(each.fileno())
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(request["environ"])
        sys.argv = ["-c"]
        exec(compile(request["code"], "<forked>", "exec"), {"__name__": "__main__"})
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
