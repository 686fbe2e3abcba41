"""Processes of this machine, told apart even when a number is used again."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and the instant it began: numbers are reused, pairs are not."""

    pid: int
    started: str
    """Boot of the machine and clock ticks since, as the kernel tells them."""

    @staticmethod
    def of(pid: int) -> Process | None:
        """The process that has this number now; None where there is none (or only a zombie)."""
        try:
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return None if fields[0] in "ZX" else Process(pid, f"{boot}/{fields[19]}")

    @property
    def alive(self) -> bool:
        """It still runs, and is not another one under the same number."""
        return Process.of(self.pid) == self

    @property
    def directory(self) -> Path | None:
        """Its working directory; None where it is gone or belongs to somebody else."""
        try:
            return (PROC / str(self.pid) / "cwd").readlink()
        except OSError:
            return None

    @property
    def command(self) -> str:
        """Its command line, for messages."""
        try:
            return (PROC / str(self.pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            return ""

    def stop(self, patience_s: float) -> bool:
        """Ask it to end, and end it when it has not done so in time; whether it is gone."""
        for signal_number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
            if not self.alive:
                return True
            os.kill(self.pid, signal_number)
            deadline = time.monotonic() + wait_s
            while self.alive and time.monotonic() < deadline:
                time.sleep(0.02)
        return not self.alive


def working_in(directory: Path) -> tuple[Process, ...]:
    """Every visible process whose working directory is this one."""
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())
    candidates = (Process.of(number) for number in numbers)
    return tuple(p for p in candidates if p is not None and p.directory == directory)
