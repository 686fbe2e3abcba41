"""Fences around the process that opens a delivered file. Linux only, no privileges needed.

Four fences, each independent of the others: resource limits; no new network
namespace members (a private, empty one); a system-call filter (no sockets, no
new programs); Landlock (the file system shrinks to the work folder and the
interpreter). The first and one of the two network fences must hold, or the
process refuses to read; which fences stand is reported.

Where a format is read by programs of the system (MDB), the filter lets these be
started and Landlock lets no others; each inherits every fence and is shut up
further, to reading its one file.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_SECCOMP_ALLOW = 0x7FFF0000
_SECCOMP_EACCES = 0x00050000 | 13
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06

# audit architecture; socket, connect, execve, execveat, ptrace, io_uring_setup
_SYSCALLS = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 425)),
}
_EXECVE = {"x86_64": 59, "aarch64": 221}
_LOADERS = (Path("/lib64/ld-linux-x86-64.so.2"), Path("/lib/ld-linux-aarch64.so.1"))

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_ALL_RIGHTS_V1 = (1 << 13) - 1
_O_PATH = 0o10000000
_LIBRARIES = (Path("/usr/lib"), Path("/lib"))


@dataclass(frozen=True, slots=True)
class Fences:
    """Which fences stand around this process."""

    limits: bool
    network_namespace: bool
    system_calls: bool
    file_system: bool

    @property
    def offline(self) -> bool:
        """No outbound connection is possible."""
        return self.network_namespace or self.system_calls


def limit(memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    """Bound memory, processor time, file size and open files; die with the parent."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent() -> None:
    """End this process when the one that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)


def leave_network() -> bool:
    """Move into an empty network namespace; must happen while there is one thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def forbid_calls(*, programs: bool = False) -> bool:
    """Filter system calls: sockets and, unless wanted, new programs are answered with EACCES."""
    known = _SYSCALLS.get(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    if known is None or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    architecture, numbers = known
    allowed = _EXECVE[platform.machine()] if programs else None
    forbidden = [number for number in numbers if number != allowed]
    steps = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _SECCOMP_EACCES)]
    steps += [(_LOAD, 0, 0, 0), (_JUMP_ABOVE, len(forbidden) + 1, 0, 0x40000000)]
    for index, number in enumerate(forbidden):
        steps.append((_JUMP_EQUAL, len(forbidden) - index, 0, number))
    steps += [(_RETURN, 0, 0, _SECCOMP_ALLOW), (_RETURN, 0, 0, _SECCOMP_EACCES)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HL", len(steps), ctypes.addressof(buffer))
    holder = ctypes.create_string_buffer(program, len(program))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, holder, 0, 0) == 0)


def shrink_file_system(work: Path, programs: Sequence[Path] = (), readable: Sequence[Path] = ()) -> bool:
    """Landlock: everything but ``work``, the interpreter's own files, ``programs`` and the files that
    are ``readable`` where they lie vanishes."""
    allowed = [(path, _READ_FILE | _READ_DIR) for path in _interpreter_paths()]
    allowed += [(path, _READ_FILE) for path in readable]
    return _restrict([*allowed, *_started(programs), (work, _ALL_RIGHTS_V1 & ~_EXECUTE)])


def read_only(file: Path, folder: Path, programs: Sequence[Path]) -> bool:
    """Landlock for a program: it reads one file, its settings and its libraries, and writes nothing."""
    readable = _READ_FILE | _READ_DIR
    libraries = [(path, readable) for path in (*_LIBRARIES, folder)]
    return _restrict([*libraries, *_started(programs), (file, _READ_FILE)])


def _started(programs: Sequence[Path]) -> list[tuple[Path, int]]:
    """The programs, and what loads them."""
    return [(path, _READ_FILE | _EXECUTE) for path in (*programs, *(_LOADERS if programs else ()))]


def _restrict(allowed: Sequence[tuple[Path, int]]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    rights = ctypes.create_string_buffer(struct.pack("Q", _ALL_RIGHTS_V1), 8)
    ruleset = libc.syscall(_LANDLOCK_CREATE, rights, ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    try:
        for path, granted in allowed:
            _grant(libc, ruleset, path, granted)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _grant(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, _O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, handle), 12)
        libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0)
    finally:
        os.close(handle)


def _interpreter_paths() -> list[Path]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {Path(sysconfig.get_path(name)) for name in names}
    paths |= {Path(__file__).parents[1], *_LIBRARIES, Path("/usr/share/zoneinfo")}
    return sorted(path.resolve() for path in paths)
