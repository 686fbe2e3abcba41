"""Ports of this machine: whether one is free, and who has it."""

from __future__ import annotations

import socket
from pathlib import Path

from spatial.errors import PortTaken, shorten
from spatial.process import PROC, Process

LISTENING = "0A"


def require_free(host: str, port: int) -> int:
    """The port to serve on (a free one for 0); PortTaken names the process that has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as failure:
            raise _taken(host, port) from failure
        return int(trial.getsockname()[1])


def _taken(host: str, port: int) -> PortTaken:
    holder = listener(port)
    who_zh = f"进程 {holder.pid}({shorten(holder.command, 60)})占用" if holder else "其他程序占用或不可用"
    who_en = (
        f"process {holder.pid} ({shorten(holder.command, 60)})"
        if holder
        else "another program, or cannot be used"
    )
    return PortTaken(
        f"端口已被{who_zh},请停止它或用 --port 另选:{host}:{port}",
        f"the port is taken by {who_en}; stop it or choose another by --port: {host}:{port}",
        value=port,
    )


def listener(port: int) -> Process | None:
    """The process that listens on this port; None where it cannot be seen."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in PROC.glob("[0-9]*/fd") if sockets else ():
        if sockets & _targets(folder):
            return Process.of(int(folder.parent.name))
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _targets(folder: Path) -> set[str]:
    try:
        return {str(link.readlink()) for link in folder.iterdir()}
    except OSError:
        return set()
