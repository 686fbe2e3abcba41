"""Settings of the private cluster, fitted to the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MIB = 1 << 20
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
SHARED_MEMORY = Path("/dev/shm")

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_compression": "lz4"}
THROWAWAY = {
    # Servers of several test modules stand side by side, each with all its connections.
    "max_connections": "400",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It may lie in memory, and nobody reads this log again.
    "max_wal_size": "1GB",
    "autovacuum_naptime": "10s",
}


def memory_bytes() -> int:
    """What this machine, or the container it is, lets us use."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.exists() else "max"
    return min(physical, int(limit)) if limit.isdecimal() else physical


def settings(memory: int, socket_dir: Path, log_dir: Path, *, durable: bool) -> dict[str, str]:
    """Setting → value for a cluster that shares ``memory`` bytes with the platform.

    >>> settings(8 << 30, Path("/s"), Path("/l"), durable=True)["shared_buffers"]
    '2048MB'
    """
    share = 4 if durable else 16
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": _mib(memory // share, 128, 8192),
        "effective_cache_size": _mib(memory // 2, 256, 65536),
        "work_mem": _mib(memory // 400, 8, 64),
        "maintenance_work_mem": _mib(memory // 16, 64, 1024),
        "dynamic_shared_memory_type": _shared_memory_type(),
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "jit": "off",
        "default_toast_compression": "lz4",
        "timezone": "Asia/Shanghai",
        "log_timezone": "Asia/Shanghai",
        "logging_collector": "on",
        "log_directory": str(log_dir),
        "log_filename": "postgresql-%Y%m%d-%H%M%S.log",
        "log_rotation_size": "8MB",
        "log_rotation_age": "7d",
        # Statements may hold personal data: the log names errors, never the text that met them.
        "log_min_error_statement": "panic",
        **(DURABLE if durable else THROWAWAY),
    }


def text(values: dict[str, str]) -> str:
    """The settings as PostgreSQL reads them."""
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in values.items()]
    return (
        "# Written anew at every start; your own settings belong below in postgresql.conf.\n"
        + "\n".join(lines)
        + "\n"
    )


def _mib(wanted: int, low: int, high: int) -> str:
    return f"{min(max(wanted // MIB, low), high)}MB"


def _shared_memory_type() -> str:
    """Containers often get 64 MiB of /dev/shm, too little for one parallel hash join."""
    roomy = SHARED_MEMORY.exists() and shutil.disk_usage(SHARED_MEMORY).total >= 512 * MIB
    return "posix" if roomy else "sysv"
