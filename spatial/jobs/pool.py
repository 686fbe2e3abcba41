"""Computing processes of this machine 本机计算进程: each takes one unit of work at a time.

They start in a second and cost nothing but their memory; a scheduler is for several machines.
A process that dies, of whatever, is replaced and its unit given out again. None outlives the
program that made it.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from spatial.errors import WorkersLost

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

ALLOWED_FAILURES = 3
"""Processes that one unit may take down before it is given up."""
LOOK_EVERY_S = 0.05


@dataclass(slots=True)
class _Lane:
    """One process, and the unit it works on."""

    process: ForkServerProcess
    link: Connection
    unit: str | None = None


class Pool:
    """So many processes, made at once, for units of one kind or of several."""

    def __init__(self, count: int, first: Callable[..., Any]) -> None:
        """``first`` is what they will run first: its module is read once, before they part."""
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([first.__module__])
        self._count = count
        self._lanes: list[_Lane] = []
        self._fill()

    def each(
        self,
        function: Callable[..., Any],
        units: Mapping[str, tuple[Any, ...]],
        done: Callable[[int, int], None],
    ) -> Iterator[tuple[str, Any]]:
        """``function(*arguments)`` of every unit with its key, as they come; what a unit raises is raised.

        ``done`` is called all the while, and may raise: then what has not begun is left out.
        """
        waiting, failures, over = deque(units), Counter[str](), 0
        try:
            while over < len(units):
                self._fill()
                for lane in self._lanes:
                    if lane.unit is None and waiting:
                        lane.unit = waiting.popleft()
                        _send(lane.link, (function, units[lane.unit]))
                for lane in self._answered():
                    key = lane.unit
                    assert key is not None
                    try:
                        failure, result = pickle.loads(lane.link.recv_bytes())
                    except (EOFError, OSError):
                        failures[key] += 1
                        if failures[key] > ALLOWED_FAILURES:
                            raise lost(key) from None
                        self._end(lane)
                        waiting.appendleft(key)
                        continue
                    lane.unit = None
                    if failure is not None:
                        raise failure
                    over += 1
                    yield key, result
                done(over, len(units))
        finally:
            for lane in [lane for lane in self._lanes if lane.unit is not None]:
                self._end(lane)

    def close(self) -> None:
        """End them, whatever they are at."""
        for lane in [*self._lanes]:
            self._end(lane)

    def _answered(self) -> list[_Lane]:
        links = {lane.link: lane for lane in self._lanes if lane.unit is not None}
        return [links[link] for link in wait(list(links), LOOK_EVERY_S) if isinstance(link, Connection)]

    def _fill(self) -> None:
        while len(self._lanes) < self._count:
            here, there = self._context.Pipe()
            process = self._context.Process(target=_work, args=(there,), daemon=True)
            process.start()
            there.close()
            self._lanes.append(_Lane(process, here))

    def _end(self, lane: _Lane) -> None:
        self._lanes.remove(lane)
        lane.process.kill()
        lane.process.join()
        lane.link.close()


def lost(key: str) -> WorkersLost:
    """The error for a unit that is given up."""
    return WorkersLost(
        f"一个单元使计算进程反复中止,请查看内存与日志:{key}",
        f"a unit ended its computing processes again and again, see memory and logs: {key}",
        value=key,
    )


def _send(link: Connection, message: object) -> None:
    """A process that died meanwhile is noticed when its answer is read."""
    try:
        link.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
    except OSError:
        return


def _work(link: Connection) -> None:
    """What a process does: units, until nobody hands it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            function, arguments = pickle.loads(link.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            answer: tuple[Exception | None, Any] = (None, function(*arguments))
        except Exception as failure:  # raised where the unit was handed out
            answer = (failure, None)
        try:
            packed = _packed(answer)
        except Exception as failure:  # what a unit raised may hold what cannot be sent
            packed = _packed((RuntimeError(f"{answer[0] or failure!r}"), None))
        link.send_bytes(packed)


def _packed(answer: tuple[Exception | None, Any]) -> bytes:
    packed = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    if answer[0] is not None:
        pickle.loads(packed)
    return packed
