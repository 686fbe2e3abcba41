"""Keeping processes 看护进程: what ends is started anew, until the one that keeps is asked to stop."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence

import click

RESPAWN_AFTER_S = 1.0
LOOK_EVERY_S = 0.2


def keep(starts: Sequence[Callable[[], subprocess.Popen[bytes]]], *, ground: int = 0) -> None:
    """Start each and keep them; on SIGTERM and Ctrl-C let them end, and end.

    The first ``ground`` of them are what the others stand on: they are asked to end when the others have.
    """
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    children = [start() for start in starts]
    while not stopping:
        time.sleep(LOOK_EVERY_S)
        for place, child in enumerate(children):
            if child.poll() is not None and not stopping:
                click.echo(
                    f"执行进程中止,重新启动 a process ended ({child.returncode}), started anew", err=True
                )
                time.sleep(RESPAWN_AFTER_S)
                children[place] = starts[place]()
    for group in (children[ground:], children[:ground]):
        for child in group:
            child.terminate()
        for child in group:
            child.wait()
