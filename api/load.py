"""What a worker is busy with, and whether it is about to leave."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass

LEAVE_SIGNAL = signal.SIGUSR1
"""From the server to its workers: be unready, you will be stopped soon."""


@dataclass(slots=True)
class Load:
    """Shared by the layers of one worker; all of them run in its one event loop."""

    in_flight: int = 0
    draining: bool = False
    """The server was asked to stop: it answers on, but nobody should come any more."""


def on_leaving(load: Load) -> None:
    """Listen to the signal; outside a process's main thread there is none to listen to."""

    def leave() -> None:
        load.draining = True

    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, leave)
