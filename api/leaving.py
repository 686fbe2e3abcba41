"""The server's word to its workers, before it stops them, that answers without an end are to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

LEAVE_SIGNAL = signal.SIGUSR1


def on_leaving(leave: Callable[[], None]) -> None:
    """Listen to the signal; outside a process's main thread there is none to listen to."""
    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, leave)
